"""What a connector's set-up page says about it: the sender in its first line, the evidence in its last."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

Confidence = Literal[
    "verified against the vendor's documentation or test vectors",
    "from public captures",
    "best effort",
]
LAST_LINE: Final = "Documentation: ADDRESS (confidence: verified | from public captures | best effort …)"

_LABEL = re.compile(r"([^\n:]{1,60}): ")
_EVIDENCE = re.compile(
    r"Documentation: (\S+) \(confidence: (verified|from public captures|best effort)\b.*\)", re.DOTALL
)
_GRADES: Final[dict[str, Confidence]] = {
    "verified": "verified against the vendor's documentation or test vectors",
    "from public captures": "from public captures",
    "best effort": "best effort",
}


class Page(NamedTuple):
    """Empty where the page does not say it. `docs` is the address of the vendor's documentation."""

    label: str = ""
    docs: str = ""
    confidence: Confidence | Literal[""] = ""


def read_page(text: str) -> Page:
    """`Square: payments, …` in the first line; a last paragraph of the form `LAST_LINE`."""
    named = _LABEL.match(text)
    last = " ".join(text.strip().rpartition("\n\n")[2].split())
    told = _EVIDENCE.fullmatch(last)
    return Page(named[1] if named else "", *((told[1], _GRADES[told[2]]) if told else ()))
