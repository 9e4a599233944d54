"""How pages for guests are rendered: in a frame of their own, and kept nowhere."""

from __future__ import annotations

from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from frontdesk.web.pages import frame
from frontdesk_guestlist import wording
from frontdesk_guestlist.settings import Settings

_FOLDER: Final = Path(__file__).parents[1] / "templates"
#: The address of the page is the guest's key to it: no other site is told it, and no cache,
#: proxy or search engine keeps what it shows. The templates say the same of referrers, as
#: frontdesk has a header of its own for all pages.
_HEADERS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}


def render(
    request: Request,
    template: str,
    settings: Settings | None,
    *,
    language: str,
    status: int,
    **values: Any,
) -> HTMLResponse:
    """Render a template of the guests' pages.

    Args:
        settings: Of the property, unless nobody may be told which it is.
    """
    text = (
        _environment(language)
        .get_template(f"visitor/{template}")
        .render(
            language=language,
            property=settings.title if settings else "",
            address=_address(settings),
            style=frame.url(request, "guestlist:static", path="visitor.css"),
            **values,
        )
    )
    return HTMLResponse(text, status, headers=_HEADERS)


def _address(settings: Settings | None) -> str:
    """Return where guests can write to."""
    mail = settings.mail if settings else None
    return parseaddr(mail.reply_to or mail.sender)[1] if mail else ""


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    extended: Any = made
    extended.install_gettext_translations(wording.texts(language), newstyle=True)
    return made
