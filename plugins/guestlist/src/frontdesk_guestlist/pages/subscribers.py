"""The subscriber list: who was transferred to it, by whom, and on what grounds."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import page
from frontdesk_guestlist import subscribing
from frontdesk_guestlist.pages import within

_ROWS: Final = 50


@page()
async def subscribers(request: Request) -> Response:
    """Show them, the newest first."""
    annex, after = within.annex_of(request), asking.number(request.query_params.get("after"))
    if not annex.settings.campaigns:
        raise asking.lost()

    rows = await annex.read(lambda db: subscribing.page(db, annex, after=after, limit=_ROWS + 1))
    last = rows[_ROWS - 1].id if len(rows) > _ROWS else None
    here = within.path(request, "subscribers")
    return await within.show(
        request,
        "subscribers.html",
        section="subscribers",
        rows=rows[:_ROWS],
        newer=here if after else "",
        older=f"{here}?after={last}" if last else "",
    )


routes: Final = [Route("/{property}/subscribers", subscribers, name="subscribers")]
