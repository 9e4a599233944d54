"""What is done with the guests of the list: transferred, or handed over as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Final

from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk.web.pages.frame import N_, Role, audit, change, translator
from frontdesk_guestlist import changes, subscribing, workbook
from frontdesk_guestlist import guests as guest_rows
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.pages import filtering, within
from frontdesk_guestlist.pages.listed import ROWS, caveat, texts
from frontdesk_guestlist.subscribing import Refusal

_PIECE: Final = 64 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Why a guest is not put on the subscriber list.
REFUSALS: Final = {
    Refusal.UNKNOWN: N_("deleted from the list"),
    Refusal.NO_ADDRESS: N_("no valid e-mail address"),
    Refusal.OPTED_OUT: N_("the address has unsubscribed, here or elsewhere"),
    Refusal.EXCLUDED: N_("the source keeps the guest back from marketing"),
    Refusal.ALREADY: N_("the address is on the subscriber list already"),
}


@change(Role.STAFF)
async def transfer(request: Request) -> Response:
    """Put the chosen guests on the subscriber list, and show who was refused."""
    annex, form, _ = within.annex_of(request), await request.form(), translator(request)
    if not form.get("accepted"):
        raise ConfigurationError(_("Nobody was transferred: the caveat was not accepted."))
    uids = [str(one) for one in form.getlist("guest")][:ROWS]
    who, accepted = request.state.user.name, caveat(request)

    def work(db: Db) -> tuple[subscribing.Transfer, dict[int, Guest]]:
        chosen = {one.id: one for uid in uids if (one := guest_rows.get(db, annex, uid))}
        return subscribing.transfer(db, annex, list(chosen), who, accepted), chosen

    if not uids:
        raise ConfigurationError(_("Nobody was transferred: choose guests first."))
    done, chosen = await annex.write(work)
    annex.call()
    refused = [(chosen[id], _(REFUSALS[why])) for id, why in done.refused if id in chosen]
    return await within.show(
        request, "transferred.html", section="guests", added=done.added, refused=refused
    )


@change(Role.STAFF)
async def export(request: Request) -> Response:
    """Hand over what the filters choose, as a workbook."""
    annex = within.annex_of(request)
    asked = filtering.read(texts(await request.form()), annex)
    if asked.problems:
        _ = translator(request)
        raise ConfigurationError(_("Nothing was exported: a filter has a day that is none."))
    with ExitStack() as kept:
        target = kept.enter_context(tempfile.TemporaryFile())
        count = await annex.read(
            lambda db: workbook.write(db, annex, asked.filters, asked.sort, target)
        )
        # From now on it is closed once all of it was sent.
        kept.pop_all()
    chosen = sorted(name for name, value in asked.fields.items() if value)
    await audit(request, "guestlist export", property=annex.settings.property, guests=count, filters=chosen)  # fmt: skip
    name = f"guests-{changes.today(annex).isoformat()}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(target), media_type=XLSX, headers=headers)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


routes: Final = [
    Route("/{property}/guests/transfer", transfer, methods=["POST"], name="guests_transfer"),
    Route("/{property}/guests/export", export, methods=["POST"], name="guest_export"),
]
