"""What properties write in Markdown, as HTML that can do no harm."""

from __future__ import annotations

from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# HTML stays text, and of links only those are left that a browser may follow. Pictures would
# come from elsewhere: guests' browsers ask nobody but us.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
#: Below the titles of a page's parts.
_HEADING: Final = "h4"


def html(text: str) -> Markup:
    """Return Markdown as HTML."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        _fit(token)
    # What the renderer makes is escaped by it.
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704


def _fit(token: Token) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = _HEADING
    for child in token.children or ():
        if child.type == "link_open":
            child.attrs["rel"] = "noopener noreferrer"
