"""What persons did that has to be answered for: for admins."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.people import Role
from frontdesk.web.pages.frame import N_, page, show

nav: Final = (N_("Audit"), "audit", 90, Role.ADMIN)
#: Lines on a page.
_LINES: Final = 50


@page(Role.ADMIN)
async def trail(request: Request) -> Response:
    """Show it, latest first."""
    asked = request.query_params.get("before", "")
    # Longer than that it is the number of no line.
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else None  # noqa: PLR2004
    rows = await request.app.state.desk.audit_trail(before, _LINES + 1)
    older = rows[_LINES - 1].id if len(rows) > _LINES else None
    return await show(request, "audit.html", rows=rows[:_LINES], older=older, first=before is None)


routes: Final = [Route("/audit", trail, name="audit")]
