"""The pages that guests are sent to by links: concierge, forms, feedback, and leaving.

To open a page changes nothing, except that the first time the concierge is opened is noted.
Everything that is sent can be sent twice and is done once.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import Connection, select
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import activities, answering, changes, concierge, forms, stopping
from frontdesk_guestlist.activities import Kind
from frontdesk_guestlist.forms import FIELDS, Form
from frontdesk_guestlist.links import Purpose
from frontdesk_guestlist.pages.facing import here, show, sibling
from frontdesk_guestlist.pages.visiting import (
    OVER,
    NoEntryError,
    Visit,
    by_link,
    is_looking,
    posted,
)
from frontdesk_guestlist.schema import activities as activity_rows
from frontdesk_guestlist.schema import mails
from frontdesk_guestlist.wording import N_

#: Bytes of what a guest can send: anybody who has a link can send it.
_BODY_MOST: Final = 64 * 1024
#: What was sent cannot be used as it is, and was not.
_UNUSABLE: Final = 422
_REFUSED: Final = 403
_FORMS: Final = (Purpose.CHECK_IN, Purpose.IN_STAY, Purpose.POST_STAY)


@by_link(Purpose.CONCIERGE, *_FORMS)
async def enter(request: Request, visit: Visit) -> Response:
    """Show the page a link is for, or take what was sent from it."""
    if request.method == "POST" and visit.pass_.preview:
        return _refuse_preview(request, visit)
    if visit.pass_.purpose is Purpose.CONCIERGE:
        return await _concierge(request, visit)
    return await _form(request, visit, Form(visit.pass_.purpose.value))


def _refuse_preview(request: Request, visit: Visit) -> Response:
    return show(request, visit, "preview.html", status=_REFUSED)


async def _concierge(request: Request, visit: Visit) -> Response:
    if request.method == "POST":
        return await _order(request, visit)
    if is_looking(request) and not visit.pass_.preview:
        await _note_opening(visit)
    return await _show_concierge(request, visit)


async def _note_opening(visit: Visit) -> None:
    """Note that the concierge was opened, the first time; later ones need no writing."""
    annex, guest = visit.annex, visit.guest
    if await annex.read(lambda db: _is_noted(db, guest.id)):
        return
    now = annex.clock.now()
    await annex.write(lambda db: activities.record(db, annex, guest.id, Kind.CONCIERGE_OPENED, now))
    annex.call()


def _is_noted(db: Connection, guest_id: int) -> bool:
    rows = activity_rows.c
    mine = (rows.guest_id == guest_id) & (rows.kind == Kind.CONCIERGE_OPENED.value)
    return db.execute(select(rows.id).where(mine).limit(1)).scalar() is not None


async def _show_concierge(
    request: Request, visit: Visit, *, status: int = 200, **values: Any
) -> Response:
    annex, guest, language = visit.annex, visit.guest, visit.language

    def question(db: Connection) -> dict[str, Any]:
        return {
            "sections": concierge.information(db, annex, language),
            "offers": concierge.offers(db, annex, language),
            "orders": concierge.orders(db, annex, guest, language=language, limit=50),
            "checked_in": forms.newest(db, annex, guest, Form.CHECK_IN) is not None,
        }

    given = {
        "ordered": "ordered" in request.query_params,
        "wrong": None,
        "filled": {},
        # Of a form that is sent twice, one order is made.
        "asked": secrets.token_urlsafe(12),
        "states": _STATES,
        "places": await _places(request, visit),
        **await annex.read(question),
    }
    return show(request, visit, "concierge.html", status=status, **{**given, **values})


_STATES: Final = {
    concierge.State.UNCONFIRMED: N_("not confirmed yet"),
    concierge.State.CONFIRMED: N_("confirmed"),
    concierge.State.CANCELLED: N_("cancelled"),
}


async def _places(request: Request, visit: Visit) -> dict[str, str]:
    """Return where the forms are that are of use now, by purpose."""
    guest, today = visit.guest, changes.today(visit.annex)
    arrival, departure = guest.arrival or today, guest.departure or today
    wanted = [Purpose.CHECK_IN] if today <= departure and not guest.checked_in else []
    if arrival <= today:
        wanted.append(Purpose.POST_STAY if departure <= today else Purpose.IN_STAY)
    key = await visit.annex.key()
    return {one.value: sibling(request, visit, one, key) for one in wanted}


async def _order(request: Request, visit: Visit) -> Response:
    annex, sent = visit.annex, await posted(request)
    filled = {name: answering.clean(values[0]) for name, values in sent.items() if values}
    offer, quantity = _whole(filled.get("offer")), _whole(filled.get("quantity"))
    note, asked = filled.get("note", ""), filled.get("asked", "")[:100]
    try:
        await annex.write(
            lambda db: concierge.order(
                db, annex, visit.guest, offer, quantity, note=note, asked=asked
            )
        )
    except ConfigurationError as error:
        return await _show_concierge(
            request, visit, status=_UNUSABLE, wrong=(offer, str(error)), filled=filled
        )
    annex.call()
    return RedirectResponse(here(request, visit, ordered="1") + "#orders", 303)


def _whole(text: str | None) -> int:
    """Return a number that was filled in; 0 is none that could be meant."""
    return int(text) if text and answering.NUMBER.fullmatch(text) else 0


async def _form(request: Request, visit: Visit, form: Form) -> Response:
    annex, guest = visit.annex, visit.guest
    if request.method == "POST":
        return await _submit(request, visit, form)
    answer = await annex.read(lambda db: forms.newest(db, annex, guest, form))
    if answer is None or "again" in request.query_params:
        filled = {} if answer is None else _filled(answer)
        return await _show_form(request, visit, form, filled)
    return show(
        request,
        visit,
        "thanks.html",
        form=form,
        answer=answer,
        shown=forms.shown(answer, visit.translate, visit.language),
        low=forms.is_low(visit.settings, answer.rating),
        review=_review(visit, answer),
        again=here(request, visit, again="1"),
    )


def _review(visit: Visit, answer: forms.Answer) -> str:
    """Return where a guest who was content can say so to everybody, if anywhere."""
    url = visit.settings.review_url or ""
    low = answer.rating is None or forms.is_low(visit.settings, answer.rating)
    return "" if low or not url.startswith(("https://", "http://")) else url


def _filled(answer: forms.Answer) -> dict[str, list[str]]:
    """Return an answer as it was filled in."""
    return {name: _texts(value) for name, value in answer.fields.items()}


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return ["yes" if value is True else str(value)]


async def _submit(request: Request, visit: Visit, form: Form) -> Response:
    annex, sent = visit.annex, await posted(request)
    read = forms.read(visit.settings, form, sent)
    if read.problems:
        return await _show_form(request, visit, form, sent, read.problems, status=_UNUSABLE)
    try:
        await annex.write(lambda db: forms.submit(db, annex, visit.guest, form, read.fields))
    except ConfigurationError as error:
        problems = {FIELDS[form][0].name: str(error)}
        return await _show_form(request, visit, form, sent, problems, status=_UNUSABLE)
    annex.call()
    return RedirectResponse(here(request, visit), 303)


async def _show_form(
    request: Request,
    visit: Visit,
    form: Form,
    filled: dict[str, list[str]],
    problems: Any = None,
    *,
    status: int = 200,
) -> Response:
    return show(
        request,
        visit,
        "form.html",
        status=status,
        form=form,
        fields=FIELDS[form],
        filled=filled,
        chosen=lambda field: filled.get(field.name, ()),
        problems=problems or {},
        threshold=visit.settings.feedback_threshold,
        concierge=sibling(request, visit, Purpose.CONCIERGE, await visit.annex.key()),
    )


@by_link(Purpose.UNSUBSCRIBE)
async def leave(request: Request, visit: Visit) -> Response:
    """Show what unsubscribing means, and do it once the button is pressed.

    Programs that scan mail open links, so that to open it does nothing. Mail programs that
    have a button of their own send a form by themselves (RFC 8058), and follow no redirect.
    """
    annex = visit.annex
    address = await annex.read(lambda db: _address(db, visit))
    if not address:
        raise NoEntryError(OVER, visit.settings)
    if request.method == "POST":
        if visit.pass_.preview:
            return _refuse_preview(request, visit)
        await annex.write(
            lambda db: stopping.stop(db, annex, address, "guest", guest_id=visit.guest.id),
            durable=True,
        )
        annex.call()
        if "List-Unsubscribe" not in await posted(request):
            return RedirectResponse(here(request, visit), 303)
    standing = await annex.read(lambda db: stopping.standing(db, annex, [address]))
    # What staff stopped they can undo; what a guest stops stays, so that the button is there.
    done = standing[address].stopped == "guest"
    return show(request, visit, "leave.html", done=done, masked=_masked(address))


def _address(db: Connection, visit: Visit) -> str:
    """Return which address leaves: the one the e-mail went to.

    The guest's may be another by now, and whoever got the e-mail has no say in that.
    """
    rows, guest = mails.c, visit.guest
    asked = select(rows.address).where(rows.guest_id == guest.id, rows.uid == visit.pass_.mail)
    found: str = (db.execute(asked).scalar() or "") if visit.pass_.mail else ""
    return found or guest.address


def _masked(address: str) -> str:
    """Return an address so that its owner knows it, and nobody else does."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"


_small: Final = [Middleware(RequestBodyLimitMiddleware, max_body_size=_BODY_MOST)]
_both: Final = ["GET", "POST"]
routes: Final = [
    Route("/g/{token}", enter, methods=_both, name="visit", middleware=_small),
    Route("/u/{token}", leave, methods=_both, name="leave", middleware=_small),
]
