"""Data reference: to be drawn."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Data reference"), "reference", 50)


@page()
async def reference(request: Request) -> Response:
    """Show them."""
    return await show(request, "reference.html")


routes: Final = [Route("/reference", reference, name="reference")]
