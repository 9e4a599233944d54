"""Profiles: to be drawn."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Profiles"), "profiles", 20)


@page()
async def profiles(request: Request) -> Response:
    """Show them."""
    return await show(request, "profiles.html")


routes: Final = [Route("/profiles", profiles, name="profiles")]
