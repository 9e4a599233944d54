"""Connections: to be drawn."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Connections"), "connections", 30)


@page()
async def connections(request: Request) -> Response:
    """Show them."""
    return await show(request, "connections.html")


routes: Final = [Route("/connections", connections, name="connections")]
