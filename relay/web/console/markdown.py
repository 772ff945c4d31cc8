"""Set-up pages as HTML. A connector may be anybody's: no HTML of its own, and no script in its links."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from markupsafe import Markup


@cache
def _renderer() -> Callable[[str], str]:
    from markdown_it import MarkdownIt  # noqa: PLC0415  # few look at these pages, and every start would wait

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").render


def rendered(text: str) -> Markup:
    return Markup(_renderer()(text))  # noqa: S704  # HTML in the text is escaped, addresses are checked
