"""What can be asked of clients."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from frontdesk_mindbody.sandbox import faces
from frontdesk_mindbody.sandbox.calls import Call, Page
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.refusal import Refusal, missing
from frontdesk_mindbody.sandbox.rows import Appointment, Client, Contract, Membership, Visit
from frontdesk_mindbody.sandbox.studios import Studio

MOST_IDS: Final = 20
_EVER: Final = datetime(1, 1, 2, tzinfo=UTC)
_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)
_REMEMBERED: Final = 16


class Finder:
    """Finds clients, and remembers what it found: a reader comes back for every page of it."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], list[Client]] = OrderedDict()

    def find(self, call: Call) -> Sequence[Client]:
        """Find the clients that a call asks for."""
        ask = call.ask
        name = (
            call.studio.id,
            call.studio.clients.version,
            ask.text("LastModifiedDate"),
            ask.text("IncludeInactive"),
            ask.text("IsProspect"),
            ask.text("SearchText"),
            tuple(ask.texts("ClientIds")),
            tuple(ask.texts("UniqueIds")),
        )
        if name not in self._found:
            self._found[name] = list(_search(call))
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return self._found[name]


def _search(call: Call) -> list[Client]:
    ask, studio = call.ask, call.studio
    rows = _named(call)
    if rows is None:
        rows = _modified(call)
    if not ask.flag("IncludeInactive"):
        rows = [row for row in rows if row.active]
    prospect = ask.flag("IsProspect", default=None if call.options.prospects == "all" else False)
    if prospect is not None:
        rows = [row for row in rows if row.prospect is prospect]
    if text := (ask.text("SearchText") or "").lower():
        rows = [row for row in rows if text in f"{row.name} {row.email}".lower()]
    order = call.options.order
    if order == "id":
        return sorted(rows, key=lambda row: studio.clients.numbers[row.id])
    return sorted(rows, key=lambda row: row.modified, reverse=order == "-modified")


def _named(call: Call) -> list[Client] | None:
    ask, studio = call.ask, call.studio
    numbers, uniques = ask.texts("ClientIds"), ask.numbers("UniqueIds")
    if len(numbers) > MOST_IDS and call.options.beyond_ids == "refuse":
        message = f"ClientIds takes at most {MOST_IDS} values."
        raise Refusal(400, message, code="InvalidParameter")
    numbers = numbers[:MOST_IDS]
    if uniques and (numbers or ask.text("SearchText")):
        message = "UniqueIds cannot be combined with ClientIDs or SearchText."
        raise Refusal(400, message, code="InvalidParameter")
    if not numbers and not uniques:
        return None
    if numbers:
        uniques = [studio.numbers[one] for one in numbers if one in studio.numbers]
    found = (studio.clients.find(one) for one in dict.fromkeys(uniques))
    return [row for row in found if row is not None]


def _modified(call: Call) -> list[Client]:
    since = call.ask.time("LastModifiedDate")
    if since is None:
        return list(call.studio.clients)
    if call.options.filter_zone == "site":
        since = call.studio.instant(since.replace(tzinfo=None))
    elif since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return call.studio.clients.between("modified", since, _FUTURE)


@attrs.frozen
class Clients:
    """Answers ``client/clients``."""

    finder: Finder = attrs.field(factory=Finder)

    def __call__(self, call: Call) -> Page:
        """Find clients, active ones unless all are asked for."""
        _drift(call)
        found = self.finder.find(call)
        return call.page("Clients", found, lambda row: faces.client(call.studio, row, call.options))


def _drift(call: Call) -> None:
    """Let some clients change between two pages, as they do at a busy site."""
    if not call.options.drift or not call.ask.number("offset"):
        return
    for _ in range(call.options.drift):
        row = call.studio.clients.sample(call.world.rng.random, lambda row: row.active)
        if row is not None:
            call.studio.clients.change(row, modified=call.now)


def visits_of(
    studio: Studio, client: Client, start: datetime = _EVER, end: datetime = _FUTURE
) -> list[Visit | Appointment]:
    """List a client's visits, the latest first; an appointment is one unless it was cancelled."""
    found: list[Visit | Appointment] = list(studio.visits.having("client", client.id))
    found += [a for a in studio.appointments.having("client", client.id) if not a.cancelled]
    within = [row for row in found if start <= row.starts < end]
    return sorted(within, key=lambda row: row.starts, reverse=True)


def number_of_visits(studio: Studio, client: Client, now: datetime) -> int:
    """Count a client's visits until today."""
    tomorrow = studio.midnight(studio.today(now) + timedelta(days=1))
    return len(visits_of(studio, client, end=tomorrow))


def client_visits(call: Call) -> Page:
    """List a client's visits, of today unless it says when."""
    if call.ask.text("UniqueClientId") is None:
        call.ask.required("ClientId")
    studio, options = call.studio, call.options
    start, end = call.days("StartDate", "EndDate", back=True)
    client = call.client()
    found = visits_of(studio, client, start, end) if client else []
    if (call.ask.text("Order") or "").lower().startswith("asc"):
        found.reverse()
    if call.ask.flag("UnpaidsOnly"):
        found = [row for row in found if row.paid_by is None]
    return call.page("Visits", found, lambda row: _visit(studio, row, options))


def _visit(studio: Studio, row: Visit | Appointment, options: Options) -> dict[str, Any]:
    if isinstance(row, Visit):
        return faces.visit(studio, row, options)
    return faces.appointment_visit(studio, row, options)


def complete_info(call: Call) -> dict[str, Any]:
    """Tell all of one client."""
    studio, client = call.studio, call.client()
    if client is None:
        raise Refusal(404, "The client was not found.", code="ClientNotFound")
    return {
        "Client": faces.client(studio, client, call.options),
        "ClientServices": [
            faces.paid(studio, row) for row in studio.passes.having("client", client.id)
        ],
        "ClientContracts": [faces.contract(studio, row) for row in _contracts(call)],
        "ClientMemberships": [faces.membership(studio, row) for row in _memberships(call)],
        "ClientArrivals": [],
    }


def _contracts(call: Call) -> list[Contract]:
    client = call.client()
    return call.studio.agreed.having("client", client.id) if client else []


def _memberships(call: Call) -> list[Membership]:
    client = call.client()
    held = call.studio.held.having("client", client.id) if client else []
    return [row for row in held if row.starts <= call.today <= row.ends]


def client_contracts(call: Call) -> Page:
    """List a client's contracts."""
    return call.page("Contracts", _contracts(call), lambda row: faces.contract(call.studio, row))


def active_memberships(call: Call) -> Page:
    """List the memberships a client has today."""
    found = _memberships(call)
    return call.page("ClientMemberships", found, lambda row: faces.membership(call.studio, row))


def balances(call: Call) -> Page:
    """List clients with what they owe or are owed."""
    studio, numbers = call.studio, call.ask.texts("ClientIds")
    if not numbers:
        raise missing("ClientIds")
    found = [studio.clients.find(studio.numbers.get(one)) for one in numbers]
    rows = [row for row in found if row is not None]
    return call.page("Clients", rows, lambda row: faces.plain(studio, row, call.options))
