"""Quarantine: to be drawn."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Quarantine"), "quarantine", 40)


@page()
async def quarantine(request: Request) -> Response:
    """Show them."""
    return await show(request, "quarantine.html")


routes: Final = [Route("/quarantine", quarantine, name="quarantine")]
