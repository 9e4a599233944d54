"""The subscriber list: who was transferred to it, by whom, and on what grounds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection as Db
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import page
from frontdesk_guestlist import schema, subscribing
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.subscribing import Subscriber

_ROWS: Final = 50


@page()
async def subscribers(request: Request) -> Response:
    """Show them, the newest first."""
    annex, after = within.annex_of(request), asking.number(request.query_params.get("after"))
    if not annex.settings.campaigns:
        raise asking.lost()

    def question(db: Db) -> tuple[list[Subscriber], dict[int, str]]:
        rows = subscribing.page(db, annex, after=after, limit=_ROWS + 1)
        return rows, _uids(db, [row.guest_id for row in rows])

    rows, uids = await annex.read(question)
    last = rows[_ROWS - 1].id if len(rows) > _ROWS else None
    here = within.path(request, "subscribers")
    return await within.show(
        request,
        "subscribers.html",
        section="subscribers",
        rows=rows[:_ROWS],
        uids=uids,
        newer=here if after else "",
        older=f"{here}?after={last}" if last else "",
    )


def _uids(db: Db, ids: list[int]) -> dict[int, str]:
    """Return what leads to guests, by their ids."""
    asked = select(schema.guests.c.id, schema.guests.c.uid).where(schema.guests.c.id.in_(ids))
    return {row.id: row.uid for row in db.execute(asked)}


routes: Final = [Route("/{property}/subscribers", subscribers, name="subscribers")]
