"""The guest list itself."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import page
from frontdesk_guestlist.pages import within


@page()
async def start(request: Request) -> Response:
    """Lead to the guests of the first property."""
    first = min(within.annexes(request), default=None)
    if first is None:
        raise asking.lost()
    return RedirectResponse(within.path(request, "guests", property=first), 303)


@page()
async def guests(request: Request) -> Response:
    """Show the list."""
    return await within.show(request, "list.html", section="guests")


routes: Final = [
    Route("/", start, name="start"),
    Route("/{property}/guests", guests, name="guests"),
]
