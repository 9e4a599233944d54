"""Metrics: to be drawn."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Metrics"), "metrics", 10)


@page()
async def metrics(request: Request) -> Response:
    """Show them."""
    return await show(request, "metrics.html")


routes: Final = [Route("/metrics", metrics, name="metrics")]
