"""The pages of the guest list: those of the staff, and those guests are sent to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from frontdesk.web.pages.frame import N_
from frontdesk.webpages import WebPages
from frontdesk_guestlist.pages import (
    acting,
    adding,
    editing,
    emails,
    exclusions,
    guest,
    handing,
    listed,
    offering,
    orders,
    subscribers,
    visitor,
)

_HERE: Final = Path(__file__).parents[1]
#: Guests' pages come first, as what is not theirs names a property; and the page of a guest
#: comes after those whose names could be a guest's uid.
_MODULES: Final[tuple[Any, ...]] = (
    visitor,
    listed,
    handing,
    adding,
    subscribers,
    guest,
    acting,
    emails,
    editing,
    exclusions,
    offering,
    orders,
)


def make() -> WebPages:
    """Return all of them."""
    files = Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    routes = [files, *(route for module in _MODULES for route in module.routes)]
    return WebPages(routes=routes, templates=_HERE / "templates", label=N_("Guests"), start="start")
