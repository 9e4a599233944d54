"""What staff do with one guest: delete, stop and undo, send an e-mail, look as the guest would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.web.pages import asking, frame
from frontdesk.web.pages.frame import N_, Role, audit, back, change, page, translator
from frontdesk_guestlist import guests, links, sending, stopping
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.links import Pass, Purpose
from frontdesk_guestlist.pages import within
from frontdesk_guestlist.schedule import Mailed

#: How long the link of a preview works.
_PREVIEW: Final = timedelta(hours=1)
#: What staff can look at, in the order of a stay, and what it is called.
PREVIEWS: Final = {
    Purpose.CONCIERGE: N_("Preview the concierge"),
    Purpose.CHECK_IN: N_("Preview the check-in form"),
    Purpose.IN_STAY: N_("Preview the in-stay feedback"),
    Purpose.POST_STAY: N_("Preview the post-stay feedback"),
}


@change(Role.STAFF)
async def delete(request: Request) -> Response:
    """Delete the guest from the list."""
    annex, uid, who = _asked(request)
    hidden = await annex.write(lambda db: guests.hide(db, annex, uid, who))
    annex.call()
    _ = translator(request)
    told = _("The guest was deleted from the list.") + " " + _(hidden.why)
    return back(request, told, to=within.path(request, "guests"))


@change(Role.STAFF)
async def stop(request: Request) -> Response:
    """Unsubscribe the guest from all e-mails."""
    annex, _uid, who = _asked(request)

    def work(db: Db, guest: Guest) -> None:
        stopping.stop(db, annex, guest.address, "staff", who, guest_id=guest.id)

    await _write(request, work)
    return _done(request, N_("No e-mail goes to this address any more."))


@change(Role.STAFF)
async def undo(request: Request) -> Response:
    """Undo that staff unsubscribed the guest."""
    annex, _uid, who = _asked(request)

    def work(db: Db, guest: Guest) -> None:
        stopping.undo(db, annex, guest.address, who, guest_id=guest.id)

    await _write(request, work)
    return _done(request, N_("The property's e-mails go to this address again."))


async def _write(request: Request, work: Callable[[Db, Guest], None]) -> None:
    """Do something with the guest of the page, who must have an address."""
    annex, uid, _who = _asked(request)

    def within_one(db: Db) -> bool:
        guest = guests.get(db, annex, uid)
        if guest is not None and guest.address:
            work(db, guest)
        return guest is not None and bool(guest.address)

    if not await annex.write(within_one):
        _ = translator(request)
        raise ConfigurationError(_("There is no such guest, or none with a valid e-mail address."))
    annex.call()


@change(Role.STAFF)
async def send(request: Request) -> Response:
    """Send one of the property's e-mails to the guest, now."""
    annex, uid, who = _asked(request)
    form, _ = await request.form(), translator(request)
    email = asking.number(str(form.get("email", "")))
    if email is None:
        raise ConfigurationError(_("Nothing was sent: choose an e-mail first."))
    once = str(form.get("once", ""))[:64]
    mailed = await sending.send_manually(annex, uid, email, who, once=once)
    await audit(request, "guestlist send", guest=uid, email=email, mail=mailed.uid)
    annex.call()
    return back(request, _told(request, mailed), bad=mailed.state in _BAD, to=_emails(request))


_BAD: Final = {"refused", "failed", "uncertain", "skipped"}
_OUTCOMES: Final = {
    "sent": N_("The e-mail was sent."),
    "waiting": N_("The e-mail could not be sent yet, and is tried again."),
    "sending": N_("The e-mail is being sent."),
    "refused": N_("The mail server refused the e-mail."),
    "failed": N_("The e-mail could not be sent."),
    "uncertain": N_("Nobody knows whether the mail server took the e-mail. It is not sent again."),
    "held": N_("The e-mail was held back."),
    "skipped": N_("The e-mail was not sent."),
}


def _told(request: Request, mailed: Mailed) -> str:
    _ = translator(request)
    outcome = _(_OUTCOMES[mailed.state])
    return f"{outcome} {_(mailed.reason)}" if mailed.reason else outcome


@page()
async def preview(request: Request) -> Response:
    """Lead to a page as the guest sees it, where nothing that is done has an effect."""
    annex, uid, _who = _asked(request)
    guest = await annex.read(lambda db: guests.get(db, annex, uid))
    purpose = next((one for one in PREVIEWS if one.value == request.path_params["purpose"]), None)
    if guest is None or purpose is None:
        raise asking.lost()
    key, until = await annex.key(), annex.clock.now() + _PREVIEW
    shown = Pass(purpose, guest.uid, preview=True)
    token = links.make(key, annex.settings.property, shown, until)
    return RedirectResponse(f"{frame.url(request, 'guestlist:start')}g/{token}", 303)


def _asked(request: Request) -> tuple[Annex, str, str]:
    """Return the guest list, the guest's uid, and who asks."""
    return within.annex_of(request), request.path_params["uid"], request.state.user.name


def _done(request: Request, told: str) -> Response:
    _ = translator(request)
    return back(request, _(told), to=_emails(request))


def _emails(request: Request) -> str:
    uid = request.path_params["uid"]
    return within.path(request, "guest", uid=uid) + "?tab=emails#tab"


routes: Final = [
    Route("/{property}/guests/{uid}/delete", delete, methods=["POST"], name="guest_delete"),
    Route("/{property}/guests/{uid}/stop", stop, methods=["POST"], name="guest_stop"),
    Route("/{property}/guests/{uid}/undo", undo, methods=["POST"], name="guest_undo"),
    Route("/{property}/guests/{uid}/send", send, methods=["POST"], name="guest_send"),
    Route("/{property}/guests/{uid}/preview/{purpose}", preview, name="guest_preview"),
]
