"""CloudEvents over HTTP: binary, structured and batched, all as the same objects.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md, section 3
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from relay.core.errors import Unreadable
from relay.core.keys import decode_base64
from relay.core.parsing import parse_by_content_type, parse_json
from relay.core.payload import Node
from relay.core.request import Request

_PREFIX: Final = "ce-"
_ENCODED: Final = "data_base64"
_LONGEST_TYPE: Final = 100


def parse_cloud_events(request: Request) -> Node:
    """An event `{"id", "source", "type", "data", …}`; a batch is a list of them, split by `Node.each`.

    In binary mode the attributes are headers and `data` is the body, read by its content type. `data_base64`
    becomes `data`; where it cannot, it is left for `refuse_undecoded`, so that it hides no other event.
    """
    if "application/cloudevents" in (request.header("content-type") or "").lower():
        root = parse_json(request).raw
        return Node([_with_data(event) for event in root] if isinstance(root, list) else _with_data(root))
    event: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in request.headers.items()
        if name.startswith(_PREFIX)
    }
    return Node({**event, "data": parse_by_content_type(request).raw if request.body else None})


def refuse_undecoded(event: Node) -> None:
    """Raise `Unreadable` for an event whose `data_base64` could not be decoded, with the reason."""
    if _is_encoded(event.raw):
        _decoded(event)


def _is_encoded(event: Any) -> bool:
    return isinstance(event, dict) and event.get(_ENCODED) not in (None, "") and event.get("data") is None


def _with_data(event: Any) -> Any:
    if not _is_encoded(event):
        return event
    try:
        data = _decoded(Node(event))
    except Unreadable:
        return event
    return {name: value for name, value in event.items() if name != _ENCODED} | {"data": data}


def _decoded(event: Node) -> Any:
    """The data, read by the event's `datacontenttype`. No larger than the request was."""
    encoded = event[_ENCODED]
    content = decode_base64(encoded.text())
    if content is None:
        raise Unreadable("is not base64", encoded.path)
    kind = event.get("datacontenttype").text_or_none() or "application/json"
    try:
        return parse_by_content_type(Request("POST", "", {"content-type": kind}, content)).raw
    except Unreadable as error:
        problem = f"holds what {error.problem}; datacontenttype is {kind[:_LONGEST_TYPE]}"
        raise Unreadable(problem, encoded.path) from None
