"""Set-up pages as HTML. A connector may be anybody's: no HTML of its own, and no script in its links."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def rendered(text: str) -> Markup:
    return Markup(_MARKDOWN.render(text))  # noqa: S704  # HTML in the text is escaped, addresses are checked
