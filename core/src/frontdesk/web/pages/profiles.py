"""Guests: found by what is known of them, and each with all the store knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import attrs
from sqlalchemy import Connection as Db
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontdesk import jsons
from frontdesk.columns import from_micros, to_micros
from frontdesk.store import dossiers, searching, timelines
from frontdesk.store.dossiers import Booking, Dossier
from frontdesk.store.sites import Home, homes
from frontdesk.web.pages.asking import (
    ask,
    desk_of,
    link,
    lost,
    manifests,
    number,
    place,
    placed,
    title,
)
from frontdesk.web.pages.frame import N_, Role, audit, back, change, page, show, translator, url
from frontdesk.web.pages.metrics import sensitive_of

nav: Final = (N_("Profiles"), "profiles", 20)
#: Guests, events and reservations on a page.
_ROWS: Final = 50
_EVENTS: Final = 25
_BOOKINGS: Final = 20
#: What a profile says besides its properties, in this order.
FIELDS: Final = {
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "title": N_("Title"),
    "organization": N_("Organization"),
    "email": N_("E-mail"),
    "phone_number": N_("Phone"),
    "locale": N_("Locale"),
}
#: The parts of an address.
PARTS: Final = {
    "address1": N_("Address"),
    "address2": N_("Address, second line"),
    "zip": N_("Postcode"),
    "city": N_("City"),
    "region": N_("Region"),
    "country": N_("Country"),
}
CHANNELS: Final = {"email": N_("E-mail"), "sms": N_("SMS"), "push": N_("Push")}
STATES: Final = {"subscribed": N_("subscribed"), "unsubscribed": N_("unsubscribed")}
STATUSES: Final = {
    "requested": N_("requested"),
    "confirmed": N_("confirmed"),
    "arrived": N_("arrived"),
    "departed": N_("departed"),
    "cancelled": N_("cancelled"),
    "no_show": N_("no show"),
}

_WORDS: Final[dict[str, Any]] = {
    "fields": FIELDS,
    "parts": PARTS,
    "channels": CHANNELS,
    "states": STATES,
    "statuses": STATUSES,
}


@page()
async def profiles(request: Request) -> Response:
    """Show the guests that were met last."""
    before = number(request.query_params.get("before"))

    def question(db: Db) -> tuple[list[dossiers.Listed], Mapping[int, Home]]:
        return dossiers.newest(db, before=before, limit=_ROWS + 1), homes(db)

    rows, known = await ask(request, question)
    older = rows[_ROWS - 1].id if len(rows) > _ROWS else None
    return await show(
        request,
        "profiles.html",
        rows=rows[:_ROWS],
        **_named(request, known),
        sought="",
        more=None,
        newer=url(request, "profiles") if before else "",
        older=link(request, "profiles", {"before": older}) if older else "",
    )


@change(Role.VIEWER)
async def search(request: Request) -> Response:
    """Show the guests that were asked for; no address of a page says who that was."""
    form = await request.form()
    text, after = str(form.get("q", "")).strip()[:200], number(str(form.get("after", ""))) or 0

    def question(db: Db) -> tuple[list[dossiers.Listed], Mapping[int, Home]]:
        ids = searching.search(db, text, after=after, limit=_ROWS + 1)
        return dossiers.listed(db, ids), homes(db)

    rows, known = await ask(request, question)
    return await show(
        request,
        "profiles.html",
        rows=rows[:_ROWS],
        **_named(request, known),
        sought=text,
        more=rows[_ROWS - 1].id if len(rows) > _ROWS else None,
        newer="",
        older="",
    )


def _named(request: Request, known: Mapping[int, Home]) -> dict[str, Any]:
    """Return what integrations are called, and the zone of each connection."""
    return {
        "titles": {one.integration: title(request, one.integration) for one in known.values()},
        "zones": {home.name: home.zone() for home in known.values()},
    }


@attrs.frozen
class _Found:
    known: Mapping[int, Home]
    dossier: Dossier
    events: timelines.Part
    bookings: list[Booking]


@page()
async def profile(request: Request) -> Response:
    """Show one guest."""
    return await _profile(request)


@change(Role.STAFF)
async def reveal(request: Request) -> Response:
    """Show one guest, sensitive fields included."""
    await audit(request, "profile reveal", guest=request.path_params["id"])
    return await _profile(request, revealed=True)


async def _profile(request: Request, *, revealed: bool = False) -> Response:
    id, asked = int(request.path_params["id"]), request.query_params
    before, booked = place(asked.get("before")), _booked(asked.get("booked"))

    def question(db: Db) -> _Found | None:
        dossier = dossiers.read(db, id)
        if dossier is None:
            return None
        known = homes(db)
        events = timelines.of_guests(db, known, dossier.rows, before=before, limit=_EVENTS)
        bookings = dossiers.bookings(db, dossier.rows, before=booked, limit=_BOOKINGS + 1)
        return _Found(known, dossier, events, bookings)

    found = await ask(request, question)
    if found is None:
        raise lost()
    dossier, entries = found.dossier, found.events.entries
    last = found.bookings[_BOOKINGS - 1] if len(found.bookings) > _BOOKINGS else None
    return await show(
        request,
        "profile.html",
        id=id,
        dossier=dossier,
        known=found.known,
        name=_called(dossier),
        **_named(request, found.known),
        erased=all(source.forgotten for source in dossier.sources),
        **_WORDS,
        revealed=revealed,
        hidden={} if revealed else _hidden(request, dossier),
        entries=[(entry, () if revealed else _sensitive(request, entry)) for entry in entries],
        bookings=[_shown(one, found.known) for one in found.bookings[:_BOOKINGS]],
        newer=url(request, "profile", id=id) if before or booked else "",
        older=link(request, "profile", {"before": placed(found.events.older)}, id=id) if found.events.older else "",
        earlier=link(request, "profile", {"booked": f"{to_micros(last.start)}-{last.record}"}, id=id) if last else "",
    )  # fmt: skip


def _called(dossier: Dossier) -> str:
    """Return how the page calls a guest."""
    for source in dossier.sources:
        said = source.profile or {}
        names = [str(said[part]) for part in ("first_name", "last_name") if said.get(part)]
        if names or said.get("email"):
            return " ".join(names) or str(said["email"])
    return dossier.sources[0].key


def _hidden(request: Request, dossier: Dossier) -> dict[str, Collection[str]]:
    """Return the fields of profiles that are not shown unless asked for, by integration."""
    declared = manifests(request)
    return {
        name: frozenset(field.name for field in declared[name].profile if field.sensitive)
        for name in {source.integration for source in dossier.sources} & declared.keys()
    }


def _sensitive(request: Request, entry: timelines.TimelineEntry) -> Collection[str]:
    manifest = manifests(request).get(entry.integration)
    return () if manifest is None else sensitive_of(manifest, entry.metric)


def _shown(booking: Booking, known: Mapping[int, Home]) -> dict[str, Any]:
    """Return a reservation with its times as times, and the zone of its site."""
    said, home = booking.reservation, known[booking.connection]
    site = said.get("site")
    times = {name: _time(said.get(name)) for name in ("from", "to")}
    there = home.site(site if isinstance(site, str) else None)
    return {
        **said,
        "zone": home.zone(there.id if there else None),
        "starts": times["from"],
        "ends": times["to"],
        "where": there.name if there else home.name,
    }


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _booked(text: str | None) -> tuple[datetime, int] | None:
    start, _, record = (text or "").partition("-")
    begins, row = number(start), number(record)
    if begins is None or row is None:
        return None
    try:
        return from_micros(begins), row
    except OverflowError:
        return None


@change(Role.STAFF)
async def export(request: Request) -> Response:
    """Hand over all that is stored of a guest, as a file."""
    dossier, rows = await _chosen(request)
    await audit(request, "profile export", guests=rows)
    document = await desk_of(request).export_guest(rows)
    body = jsons.pretty(document)
    name = f'attachment; filename="guest-{dossier.id}.json"'
    headers = {"content-disposition": name}
    return Response(body, media_type="application/json", headers=headers)


@change(Role.STAFF)
async def forget(request: Request) -> Response:
    """Erase a guest, here and at every destination."""
    dossier, rows = await _chosen(request)
    receipts = await desk_of(request).forget(rows)
    await audit(request, "profile forget", guests=rows, receipts=[one.hash for one in receipts])
    _ = translator(request)
    answers = {name: said for one in receipts for name, said in one.destinations.items()}
    told = _("The guest is forgotten. What is left is a keyed hash and a time.")
    for name, said in sorted(answers.items()):
        told += f" {name}: {said}."
    return back(request, told, to=url(request, "profile", id=dossier.id))


async def _chosen(request: Request) -> tuple[Dossier, list[int]]:
    """Return whom a form means: the guest, and those with the same address if it says so."""
    id, form = int(request.path_params["id"]), await request.form()
    dossier = await ask(request, lambda db: dossiers.read(db, id))
    if dossier is None:
        raise lost()
    offered = {row for row, _ in dossier.others}
    ticked = {number(str(value)) for value in form.getlist("other")}
    return dossier, sorted({*dossier.rows, *(offered & ticked)})


routes: Final = [
    Route("/profiles", profiles, name="profiles"),
    Route("/profiles/search", search, methods=["POST"], name="profiles_search"),
    Route("/profiles/{id:int}", profile, name="profile"),
    Route("/profiles/{id:int}/reveal", reveal, methods=["POST"], name="profile_reveal"),
    Route("/profiles/{id:int}/export", export, methods=["POST"], name="profile_export"),
    Route("/profiles/{id:int}/forget", forget, methods=["POST"], name="profile_forget"),
]
