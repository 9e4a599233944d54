"""The pages of the guest list: those of the staff, and those guests are sent to."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from frontdesk.web.pages.frame import N_
from frontdesk.webpages import WebPages

_HERE: Final = Path(__file__).parents[1]
#: Modules with ``routes``. Guests' pages come first: what is not theirs names a property.
_MODULES: Final = (
    "visitor",
    "listed",
    "handing",
    "adding",
    "subscribers",
    "guest",
    "acting",
    "emails",
    "editing",
    "exclusions",
    "offering",
    "orders",
)


def make() -> WebPages:
    """Return all of them."""
    routes: list[Any] = [Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")]
    for name in _MODULES:
        if find_spec(f"{__name__}.{name}") is not None:
            routes += import_module(f"{__name__}.{name}").routes
    return WebPages(routes=routes, templates=_HERE / "templates", label=N_("Guests"), start="start")
