"""One guest: what is known, the reservations of the same address, and what was done and is due."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Final

import attrs
from babel import Locale
from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk.annex import Annex
from frontdesk.web.pages import asking
from frontdesk.web.pages.frame import N_, page, translator
from frontdesk.web.pages.wording import language_of
from frontdesk_guestlist import activities, concierge, emails, forms, guests, schedule, stopping
from frontdesk_guestlist.activities import Activity, Kind
from frontdesk_guestlist.concierge import Order
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.forms import Answer
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.pages import knowing, within
from frontdesk_guestlist.pages.acting import PREVIEWS
from frontdesk_guestlist.pages.knowing import Origin
from frontdesk_guestlist.schedule import Mailed, Planned
from frontdesk_guestlist.stopping import Standing
from frontdesk_guestlist.wording import texts

#: The parts of the page below the reservations; the last four are there once there is something.
TABS: Final = {
    "emails": N_("E-mails"),
    "activities": N_("Activities"),
    "check-in": N_("Check-in form"),
    "in-stay": N_("In-stay feedback"),
    "post-stay": N_("Post-stay feedback"),
    "orders": N_("Orders"),
}
ACTIVITIES: Final = {
    Kind.GUEST_CREATED: N_("Guest created"),
    Kind.EMAIL_SENT: N_("E-mail sent"),
    Kind.CONCIERGE_OPENED: N_("Concierge opened"),
    Kind.FORM_SUBMITTED: N_("Check-in form submitted"),
    Kind.FEEDBACK_SUBMITTED: N_("Feedback submitted"),
    Kind.OFFER_ORDERED: N_("Offer ordered"),
    Kind.UNSUBSCRIBED: N_("Unsubscribed by the guest"),
    Kind.STOPPED: N_("Unsubscribed by staff"),
    Kind.RESTORED: N_("Unsubscription undone by staff"),
    Kind.SUBSCRIBED: N_("Put on the subscriber list"),
}
#: Of e-mails: what their state is called, and how it looks.
MAIL_STATES: Final = {
    "waiting": (N_("waiting"), "wait"),
    "sending": (N_("being sent"), "wait"),
    "sent": (N_("sent"), "good"),
    "refused": (N_("refused by the server"), "bad"),
    "failed": (N_("failed"), "bad"),
    "uncertain": (N_("uncertain"), "bad"),
    "held": (N_("held back"), "wait"),
    "skipped": (N_("skipped"), ""),
}
ORDER_STATES: Final = {
    "unconfirmed": (N_("unconfirmed"), "wait"),
    "confirmed": (N_("confirmed"), "good"),
    "cancelled": (N_("cancelled"), "bad"),
}


@attrs.frozen(kw_only=True)
class Found:
    """All that the page shows, from one moment."""

    guest: Guest
    origin: Origin
    associated: Sequence[Guest]
    standing: Standing
    timeline: Sequence[Activity]
    answers: Sequence[Answer]
    orders: Sequence[Order]
    planned: Sequence[Planned]
    sent: Sequence[Mailed]
    emails: Sequence[Email]


@page()
async def guest(request: Request) -> Response:
    """Show one guest."""
    annex, uid = within.annex_of(request), request.path_params["uid"]
    found = await annex.read(lambda db: find(db, annex, uid))
    if found is None:
        raise asking.lost()
    tabs, language, _ = _tabs(found), language_of(request), translator(request)
    tab = request.query_params.get("tab", "")
    return await within.show(
        request,
        "guest.html",
        section="guests",
        found=found,
        guest=found.guest,
        facts=knowing.facts(found.guest, found.origin, Locale.parse(language)),
        tabs=tabs,
        tab=tab if tab in tabs else "emails",
        answered=_answered(found.answers, tab, language),
        happened=[(one, ACTIVITIES[one.kind], _detail(one, _)) for one in found.timeline],
        previews=PREVIEWS,
        fate=_(guests.fate(found.guest).why),
        mail_states=MAIL_STATES,
        order_states=ORDER_STATES,
        once=uuid.uuid4().hex,
    )


def find(db: Db, annex: Annex, uid: str) -> Found | None:
    """Return all there is of a guest; None if there is none."""
    one = guests.get(db, annex, uid)
    if one is None:
        return None
    stands = stopping.standing(db, annex, [one.address] if one.address else [])
    return Found(
        guest=one,
        origin=knowing.origin(db, annex, one),
        associated=guests.associated(db, annex, one),
        standing=stands.get(one.address, Standing()),
        timeline=activities.timeline(db, one.id)[::-1],
        answers=forms.answers(db, annex, one),
        orders=concierge.orders(db, annex, one),
        planned=schedule.planned(db, annex, one),
        sent=schedule.sent(db, annex, one),
        emails=emails.all_(db, annex),
    )


def _tabs(found: Found) -> dict[str, str]:
    """Return the parts of the page by what leads to them: more of them as guests act."""
    there = {"emails", "activities", *(one.form.value for one in found.answers)}
    if found.orders:
        there.add("orders")
    return {name: label for name, label in TABS.items() if name in there}


def _answered(
    answers: Sequence[Answer], tab: str, language: str
) -> list[tuple[Answer, list[tuple[str, str]]]]:
    """Return the answers to a form, with what they say."""
    translate = texts(language).gettext
    of_form = [one for one in answers if one.form.value == tab]
    return [(one, forms.shown(one, translate, language)) for one in of_form]


def _detail(one: Activity, _: Callable[[str], str]) -> str:
    """Return what tells an activity from others of its kind."""
    said = one.details
    if one.kind is Kind.EMAIL_SENT:
        return str(said.get("email") or "")
    if one.kind is Kind.FEEDBACK_SUBMITTED:
        return f"{_(TABS.get(str(said.get('form')), ''))}: {said.get('rating')} / 5"
    if one.kind is Kind.OFFER_ORDERED:
        return f"{said.get('offer')}, {said.get('quantity')}"
    return str(said.get("who") or "")


routes: Final = [Route("/{property}/guests/{uid}", guest, name="guest")]
