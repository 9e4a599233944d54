"""The endpoints that list and find, one function each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.center_rows import (
    category_row,
    center_row,
    country_row,
    employee_row,
    service_row,
    state_row,
)
from frontdesk_zenoti.sandbox.chance import DAY
from frontdesk_zenoti.sandbox.guest_rows import guest_row, merge_row
from frontdesk_zenoti.sandbox.invoice_rows import (
    booked_rows,
    invoice_row,
    item_row,
    transaction_rows,
)
from frontdesk_zenoti.sandbox.member_rows import change_row, member_row, membership_row
from frontdesk_zenoti.sandbox.package_rows import card_row, package_row, service_rows, sold_at
from frontdesk_zenoti.sandbox.queries import Call, Page, paged
from frontdesk_zenoti.sandbox.refusal import Refusal, bad, business
from frontdesk_zenoti.sandbox.rows import Center, Group, Guest, Invoice, Visit
from frontdesk_zenoti.sandbox.times import local_day, midnight
from frontdesk_zenoti.sandbox.visit_rows import blockout_row, group_row, visit_row

_WEEK: Final = timedelta(days=7)
_GUEST_INFO: Final = "page_Info"
_DAY: Final = int(DAY)


def one(row: dict[str, Any], key: str | None = None) -> Page:
    """Answer one thing, with the null error that says that all is well."""
    return Page(key, [row], {"error": None}, single=True)


# --- centers -----------------------------------------------------------------------------------


def centers(call: Call) -> Page:
    """List all centers."""
    hours = [{"day_of_week": day, "start_time": "09:00", "end_time": "20:00"} for day in range(7)]
    extra = {"working_hours": hours} if call.expands("working_hours") else {}
    rows = call.world.centers
    return paged(call, "centers", rows, lambda center: center_row(center, call.options) | extra)


def center(call: Call) -> Page:
    """Show a center."""
    row = center_row(call.center(call.path["center"]), call.options)
    return one(row, "center" if call.options.center_wrapped else None)


def employees(call: Call) -> Page:
    """List who works at a center."""
    staff = [w for w in call.center(call.path["center"]).staff if not w.deleted]
    return paged(call, "employees", staff, employee_row)


def therapists(call: Call) -> Page:
    """List who treats guests at a center."""
    staff = [w for w in call.center(call.path["center"]).staff if not w.deleted]
    return paged(call, "therapists", staff, employee_row)


def services(call: Call) -> Page:
    """List what a center offers."""
    call.center(call.path["center"])
    wanted = call.text("category_id").lower()
    offered = [s for s in call.world.catalog.services if not wanted or s.category[0] == wanted]
    whole = call.expands("additional_info")
    return paged(call, "services", offered, lambda service: service_row(service, whole=whole))


def service(call: Call) -> Page:
    """Show a service."""
    call.center(call.path["center"])
    wanted = call.path["service"].lower()
    for offered in call.world.catalog.services:
        if offered.id == wanted:
            return one(service_row(offered, whole=True))
    raise business(504, "invalid service_id.")


def categories(call: Call) -> Page:
    """List the categories of a center."""
    call.center(call.path["center"])
    return paged(call, "categories", call.world.catalog.categories, category_row)


def category(call: Call) -> Page:
    """Show a category."""
    call.center(call.path["center"])
    for found in call.world.catalog.categories:
        if found[0] == call.path["category"].lower():
            return one(category_row(found))
    raise business(503, "invalid category_id.")


def countries(_call: Call) -> Page:
    """List all countries."""
    rows: list[Any] = [country_row(country) for country in names.COUNTRIES]
    return Page("countries", rows, {"error": None})


def states(call: Call) -> Page:
    """List the states of a country."""
    rows: list[Any] = [
        state_row(state) for state in names.STATES if str(state[1]) == call.path["country"]
    ]
    return Page("states", rows, {"error": None})


# --- guests ------------------------------------------------------------------------------------


def guests(call: Call) -> Page:
    """List the guests of a center, perhaps only those who changed lately."""
    found = call.center(call.text("center_id"))
    since = _changed_since(call, found)
    index, rows = call.world.index, call.world.guests.rows
    if since is None:
        numbers = index.guests[found.number]
    else:
        numbers = sorted(index.updates[found.number].between(since, float("inf")))
    kept = [number for number in numbers if not rows[number].deleted]
    return paged(call, "guests", kept, lambda n: guest_row(call.world, rows[n]), info=_GUEST_INFO)


def _changed_since(call: Call, center: Center) -> int | None:
    given, wanted = call.text("last_updated"), call.options.last_updated
    if not given:
        return None
    form = "datetime" if ":" in given else "date"
    if wanted not in {"any", form}:
        raise bad("invalid last_updated.")
    day = call.day("last_updated")
    return None if day is None else midnight(day, center.zone)


def search(call: Call) -> Page:
    """Find guests by what is known of them."""
    world, center_id = call.world, call.text("center_id")
    if not center_id and not call.options.search_across:
        raise business(502, "invalid center_id.")
    wanted = None if not center_id else call.center(center_id).number
    email, phone = call.text("email").lower(), call.text("phone")
    numbers = world.index.emails[email] if email else world.index.phones[phone] if phone else []
    everywhere = call.flag("search_across_zone") or wanted is None
    found = [
        guest
        for guest in (world.guests.rows[number] for number in numbers)
        if not guest.deleted and (everywhere or guest.center == wanted) and _matches(call, guest)
    ]
    return paged(call, "guests", found, lambda g: guest_row(world, g), info=_GUEST_INFO)


def _matches(call: Call, guest: Guest) -> bool:
    known = {"first_name": guest.first, "last_name": guest.last, "user_code": guest.code}
    return all(call.text(n).lower() in {"", value.lower()} for n, value in known.items())


def guest(call: Call) -> Page:
    """Show a guest."""
    _, found = call.guest()
    return one(guest_row(call.world, found))


def merges(call: Call) -> Page:
    """List which guests were merged."""
    found = call.center(call.text("center_id"))
    low, high = _days(call, found)
    merged = [m for m in call.world.merges if m.center == found.number and low <= m.at < high]
    return paged(call, "guests", merged, lambda merge: merge_row(call.world, merge))


def _days(call: Call, center: Center) -> tuple[float, float]:
    """Read two dates that both belong to the interval; either may be left out."""
    start, end = call.day("start_date"), call.day("end_date")
    low = float("-inf") if start is None else midnight(start, center.zone)
    high = float("inf") if end is None else midnight(end, center.zone) + _DAY
    return low, high


def guest_appointments(call: Call) -> Page:
    """List the groups of a guest, the latest first."""
    number, found = call.guest()
    low, high = _days(call, call.world.centers[found.center])
    rows = call.world.groups.rows
    some = [rows[n] for n in call.world.index.groups[number]]
    kept = [g for g in some if low <= g.visits[0].start < high and not g.deleted]
    kept.sort(key=lambda group: -group.visits[0].start)
    return paged(call, "appointments", kept, lambda group: group_row(call.world, group))


def guest_memberships(call: Call) -> Page:
    """List the memberships of a guest; with an API key a center must be named."""
    number, _ = call.guest()
    call.center(call.text("center_id"))
    some = [call.world.memberships.rows[n] for n in call.world.index.memberships[number]]
    if call.text("is_active"):
        active = call.flag("is_active")
        some = [held for held in some if (held.status == statuses.ACTIVE) == active]
    rows: list[Any] = [membership_row(call.world, held) for held in some]
    reasons = {"freeze_reasons": [], "cancel_reasons": list(names.REASONS), "error": None}
    return Page("guest_memberships", rows, reasons)


def guest_packages(call: Call) -> Page:
    """List the packages of a guest."""
    number, _ = call.guest()
    if call.text("center_id"):
        call.center(call.text("center_id"))
    some = [call.world.packages.rows[n] for n in call.world.index.packages[number]]
    return paged(
        call,
        call.options.packages_key,
        some,
        lambda package: package_row(call.world, package),
        names=("page_num", "page_size"),
        first=call.options.first_page,
    )


def package_benefits(call: Call) -> Page:
    """List what is left of a package."""
    call.guest()
    package = call.world.packages.find(call.path["package"])
    if package is None:
        raise business(437, "package not found.")
    return Page("benefits", list(service_rows(call.world, package)), {"error": None})


def guest_cards(call: Call) -> Page:
    """List the gift cards of a guest."""
    number, _ = call.guest()
    cards = [call.world.cards.rows[n] for n in call.world.index.cards[number]]
    page = paged(call, "gift_cards", cards, lambda card: card_row(call.world, card))
    if call.options.cards_flat and cards:
        page.extras |= sold_at(call.world, cards[0])
    return page


# --- appointments and invoices -----------------------------------------------------------------


def appointments(call: Call) -> Page:
    """List the appointments of a center in at most seven days, the last one excluded."""
    world, center_ = call.world, call.center(call.text("center_id"))
    start, end = call.day("start_date"), call.day("end_date")
    if start is None or end is None:
        raise bad("start_date and end_date are required.")
    if end - start > _WEEK:
        message = "You cannot request appointments of more than 7 days."
        raise Refusal(call.options.window_status, message)
    low, high = midnight(start, center_.zone), midnight(end, center_.zone)
    hidden = frozenset[int]() if call.flag("include_no_show_cancel") else statuses.HIDDEN
    shown = [
        (visit.start, visit_row(world, group, visit))
        for group, visit in world.visits_between(center_.number, low, high)
        if group.status not in hidden and not group.deleted
    ]
    blocks = world.index.blockouts[center_.number].between(low, high)
    shown += [(world.blockouts[n].start, blockout_row(world, world.blockouts[n])) for n in blocks]
    shown.sort(key=lambda pair: pair[0])
    rows: list[Any] = [row for _, row in shown if _wanted(call, row)]
    return Page(None, rows)


def _wanted(call: Call, row: dict[str, Any]) -> bool:
    therapist = call.text("therapist_id").lower()
    return not therapist or row["therapist"]["id"] == therapist


def _visit(call: Call) -> tuple[Group, Visit]:
    found = call.world.index.visits.get(call.path["appointment"].lower())
    if found is None or call.world.groups.rows[found[0]].deleted:
        raise business(506, "invalid appointment_id.")
    group = call.world.groups.rows[found[0]]
    return group, group.visits[found[1]]


def appointment(call: Call) -> Page:
    """Show an appointment, as an object or as a list of one."""
    row = visit_row(call.world, *_visit(call))
    return Page(None, [row], single=call.options.appointment_answer == "object")


#: Parts of an invoice that come only when they are asked for.
_PARTS: Final[dict[str, tuple[str, Callable[[Call, Invoice], list[dict[str, Any]]]]]] = {
    "InvoiceItems": (
        "invoice_items",
        lambda call, invoice: [item_row(call.world, invoice, item) for item in invoice.items],
    ),
    "Appointments": (
        "appointments",
        lambda call, invoice: booked_rows(
            call.world, invoice, wall=call.options.invoice_times == "local"
        ),
    ),
    "Transactions": (
        "transactions",
        lambda call, invoice: transaction_rows(call.world, invoice),
    ),
}


def invoice(call: Call) -> Page:
    """Show an invoice; its parts come only when they are asked for."""
    found = call.world.invoices.find(call.path["invoice"])
    if found is None:
        raise business(507, "invalid invoice_id.")
    row = invoice_row(call.world, found)
    for name, (key, part) in _PARTS.items():
        if call.expands(name):
            row[key] = part(call, found)
    return one(row, "invoice")


def open_invoices(call: Call) -> Page:
    """List the invoices of today that are still open."""
    world, center_ = call.world, call.center(call.path["center"])
    today = midnight(local_day(world.clock.seconds, center_.zone), center_.zone)
    numbers = world.index.sales[center_.number].between(today, today + _DAY)
    some = [world.invoices.rows[n] for n in numbers]
    rows: list[Any] = [invoice_row(world, i) for i in some if i.closed is None]
    return Page("todays_invoices", rows, {"error": None})


# --- memberships of a center -------------------------------------------------------------------


def members(call: Call) -> Page:
    """List the members of a center, perhaps only those who joined or changed lately."""
    world, center_ = call.world, call.center(call.path["center"])
    some = [world.memberships.rows[n] for n in world.index.members[center_.number]]
    if status := call.text("status").lower():
        some = [held for held in some if status == statuses.MEMBERSHIP[held.status].lower()]
    if (day := call.day("created_date")) is not None:
        some = [held for held in some if held.sold >= midnight(day, center_.zone)]
    if (day := call.day("last_updated_date")) is not None:
        some = [held for held in some if held.updated >= midnight(day, center_.zone)]
    return paged(call, call.options.members_key, some, lambda held: member_row(world, held))


def change_log(call: Call) -> Page:
    """List the changes of memberships' status."""
    world, center_ = call.world, call.center(call.text("center_id"))
    low, high = _days(call, center_)
    wanted = world.guests.numbers.get(call.text("guest_id").lower())
    found = [
        change
        for change in world.changes
        if low <= change.at < high
        and (held := world.memberships.rows[change.membership]).center == center_.number
        and (wanted is None or held.guest == wanted)
    ]
    return paged(call, "change_log", found, lambda change: change_row(world, change))
