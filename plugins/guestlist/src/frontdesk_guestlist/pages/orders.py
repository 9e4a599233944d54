"""What guests asked for, for the staff to confirm or cancel."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages.frame import N_, back, change, page, translator
from frontdesk_guestlist import concierge
from frontdesk_guestlist.concierge import State
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.pages.filled import who

STATES: Final = {
    State.UNCONFIRMED: N_("unconfirmed"),
    State.CONFIRMED: N_("confirmed"),
    State.CANCELLED: N_("cancelled"),
}
#: Orders on the page; older ones are on the page of each guest.
MOST: Final = 200
_SAID: Final = {
    State.CONFIRMED: N_("The order is confirmed."),
    State.CANCELLED: N_("The order is cancelled."),
}


@page()
async def orders(request: Request) -> Response:
    """Show them, the newest first: all, or those in one state."""
    annex, asked = within.annex_of(request), request.query_params.get("state", "")
    state = State(asked) if asked in set(State) else None
    found = await annex.read(lambda db: concierge.orders(db, annex, state=state, limit=MOST + 1))
    return await within.show(
        request,
        "orders.html",
        section="orders",
        orders=found[:MOST],
        more=MOST if len(found) > MOST else 0,
        state=state,
        states=STATES,
    )


@change(Role.STAFF)
async def order(request: Request) -> Response:
    """Confirm or cancel one."""
    _, annex, form = translator(request), within.annex_of(request), await request.form()
    uid, asked = request.path_params["uid"], str(form.get("state", ""))
    if asked not in set(_SAID):
        raise ConfigurationError(f"an order cannot become {asked!r}; confirm or cancel it")
    state = State(asked)
    await annex.write(lambda db: concierge.set_state(db, annex, uid, state, who(request)))
    annex.call()
    return back(request, _(_SAID[state]))


routes: Final = [
    Route("/{property}/orders", orders, name="orders"),
    Route("/{property}/orders/{uid}", order, methods=["POST"], name="order"),
]
