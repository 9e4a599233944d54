"""The property's e-mails: a list, each with how it looks, and what switches it on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.annex import Annex
from frontdesk.errors import ConfigurationError
from frontdesk.people import Role
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import N_, back, change, page, translator
from frontdesk_guestlist import emails as emailing
from frontdesk_guestlist import exclusions, guests, listing, schedule, starters, templating
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.pages import emailform, tallies, within
from frontdesk_guestlist.pages.emailwords import segments, when
from frontdesk_guestlist.pages.filled import languages_of, who
from frontdesk_guestlist.pages.looking import within_page
from frontdesk_guestlist.templating import Rendered

_SECTION: Final = "emails"
#: Guests to choose from for a preview.
_GUESTS: Final = 25
#: How far ahead is counted whom an e-mail would go to.
DAYS: Final = 90
#: How it is with an e-mail to a guest.
_STATES: Final = {
    "sent": N_("sent"),
    "waiting": N_("waiting"),
    "sending": N_("being sent"),
    "held": N_("held back in test mode"),
    "refused": N_("refused by the mail server"),
    "failed": N_("failed"),
    "uncertain": N_("uncertain, and not sent again"),
    "skipped": N_("skipped"),
}


@page()
async def emails(request: Request) -> Response:
    """List them by the part of a stay they belong to."""
    annex = within.annex_of(request)

    def ask(db: Connection) -> Any:
        return emailing.all_(db, annex), tallies.tallies(db, annex), tallies.post(db, annex)

    found, sent, post = await annex.read(ask)
    rows = {
        phase: [
            {
                "email": one,
                "when": when(request, one),
                "languages": list(languages_of(request, one.texts).values()),
                "sent": sent.get(one.id, {}).get("sent", 0),
            }
            for one in found
            if one.phase is phase
        ]
        for phase in emailform.PHASES
    }
    return await within.show(
        request,
        "emails.html",
        section=_SECTION,
        phases=[(phase, label, rows[phase]) for phase, label in emailform.PHASES.items()],
        kinds=emailform.KINDS_SAID,
        post=post,
    )


@page()
async def email(request: Request) -> Response:
    """Show one: when it goes to whom, how many went out, and how it looks."""
    annex = within.annex_of(request)

    def ask(db: Connection) -> dict[str, Any]:
        found = found_in(db, request)
        return {
            "email": found,
            "excluded": exclusions.listed(db, annex, found.id),
            "tally": tallies.tallies(db, annex).get(found.id, {}),
            "post": tallies.post(db, annex),
            "some": listing.page(db, annex, listing.default(annex), _soonest(), limit=_GUESTS).rows,
            "guest": _asked_guest(db, request, annex),
        }

    known = await annex.read(ask)
    found: Email = known["email"]
    language = request.query_params.get("language", "")
    rendered, fault = await _rendered(request, found, known["guest"], language)
    return await within.show(
        request,
        "email.html",
        section=_SECTION,
        **known,
        rendered=rendered,
        fault=fault,
        when=when(request, found),
        segments=segments(request, found),
        kinds=emailform.KINDS_SAID,
        phases=emailform.PHASES,
        states=_STATES,
        languages=languages_of(request, found.texts),
    )


@page(Role.STAFF)
async def activation(request: Request) -> Response:
    """Ask whether to switch one on, and say whom it would go to."""
    annex = within.annex_of(request)

    def ask(db: Connection) -> dict[str, Any]:
        found = found_in(db, request)
        count = schedule.count(db, annex, found, DAYS)
        return {"email": found, "count": count, "post": tallies.post(db, annex)}

    known = await annex.read(ask)
    return await within.show(
        request,
        "activation.html",
        section=_SECTION,
        **known,
        days=DAYS,
        when=when(request, known["email"]),
        segments=segments(request, known["email"]),
    )


@change(Role.STAFF)
async def activate(request: Request) -> Response:
    """Switch one on, for new reservations or for all."""
    _, annex, form = translator(request), within.annex_of(request), await request.form()
    id, existing = request.path_params["id"], form.get("existing") == "yes"

    def switch(db: Connection) -> None:
        found_in(db, request)
        emailing.activate(db, annex, id, who(request), existing=existing)

    await annex.write(switch)
    annex.call()
    said = _("It is on, also for reservations that exist already.")
    new = _("It is on, for reservations that are made from now on.")
    return back(request, said if existing else new, to=within.path(request, "email", id=id))


@change(Role.STAFF)
async def deactivate(request: Request) -> Response:
    """Switch one off."""
    _, annex, id = translator(request), within.annex_of(request), request.path_params["id"]

    def switch(db: Connection) -> None:
        found_in(db, request)
        emailing.deactivate(db, annex, id, who(request))

    await annex.write(switch)
    return back(request, _("It is off: it goes to nobody."))


@change(Role.STAFF)
async def remove(request: Request) -> Response:
    """Remove one that never went out; others are what guests' histories speak of."""
    _, annex, id = translator(request), within.annex_of(request), request.path_params["id"]

    def gone(db: Connection) -> None:
        found_in(db, request)
        if tallies.tallies(db, annex).get(id):
            raise ConfigurationError(
                "this e-mail was sent to guests, whose pages show it: it cannot be removed, "
                "switch it off instead"
            )
        emailing.remove(db, annex, id, who(request))

    await annex.write(gone)
    return back(request, _("The e-mail is removed."), to=within.path(request, "emails"))


@change(Role.STAFF)
async def start(request: Request) -> Response:
    """Add the e-mails to start from."""
    _, annex = translator(request), within.annex_of(request)
    made = await annex.write(lambda db: starters.add(db, annex, who(request)))
    nothing = _("They are all there already.")
    return back(request, _("They are added, and off.") if made else nothing)


def found_in(db: Connection, request: Request) -> Email:
    """Return the e-mail a page is about.

    Raises:
        HTTPException: The property has none of that id.
    """
    found = emailing.get(db, within.annex_of(request), request.path_params["id"])
    if found is None:
        raise asking.lost()
    return found


def _soonest() -> listing.Sort:
    return listing.Sort(listing.By.ARRIVAL)


def _asked_guest(db: Connection, request: Request, annex: Annex) -> Guest | None:
    """Return the guest to show the e-mail for; None: a made-up one."""
    uid = request.query_params.get("guest", "")
    if not uid:
        return None
    found = guests.get(db, annex, uid)
    if found is None:
        raise asking.lost()
    return found


async def _rendered(
    request: Request, email: Email, guest: Guest | None, language: str
) -> tuple[Rendered | None, str]:
    """Return an e-mail as it looks, or why it does not."""
    annex = within.annex_of(request)
    asked = language if language in email.texts else ""
    meant = guest or templating.sample(annex, asked)
    try:
        key = await annex.key()
        made = templating.render(annex, key, email, meant, asked, preview=True)
    except ConfigurationError as error:
        return None, str(error)
    return within_page(made), ""


def _routes() -> list[Route]:
    one: Mapping[str, Any] = {
        "activate": activate,
        "deactivate": deactivate,
        "remove": remove,
    }
    return [
        Route("/{property}/emails", emails, name="emails"),
        Route("/{property}/emails/start", start, methods=["POST"], name="emails_start"),
        Route("/{property}/emails/{id:int}", email, name="email"),
        Route("/{property}/emails/{id:int}/activation", activation, name="email_activation"),
        *(
            Route(
                f"/{{property}}/emails/{{id:int}}/{name}",
                endpoint,
                methods=["POST"],
                name=f"email_{name}",
            )
            for name, endpoint in one.items()
        ),
    ]


routes: Final = _routes()
