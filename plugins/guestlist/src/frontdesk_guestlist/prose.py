"""What properties write in Markdown, as HTML that can do no harm."""

from __future__ import annotations

from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

# HTML stays text, and of links only those are left that a browser may follow. Pictures would
# come from elsewhere: guests' browsers ask nobody but us.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


def html(text: str, *, heading: str = "h3") -> Markup:
    """Return Markdown as HTML.

    Args:
        heading: What all headings become: those below the title that the text stands under.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        _fit(token, heading)
    # What the renderer makes is escaped by it.
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704


def _fit(token: Token, heading: str) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = heading
    for child in token.children or ():
        if child.type == "link_open":
            child.attrs["rel"] = "noopener noreferrer"
