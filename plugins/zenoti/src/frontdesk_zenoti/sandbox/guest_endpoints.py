"""What is asked about guests, and what belongs to one."""

from __future__ import annotations

from typing import Any, Final

from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.guest_rows import guest_row, merge_row
from frontdesk_zenoti.sandbox.member_rows import membership_row
from frontdesk_zenoti.sandbox.package_rows import card_row, package_row, service_rows, sold_at
from frontdesk_zenoti.sandbox.queries import Call, Page, days, one, paged
from frontdesk_zenoti.sandbox.refusal import bad, business
from frontdesk_zenoti.sandbox.rows import Center, Guest
from frontdesk_zenoti.sandbox.times import midnight
from frontdesk_zenoti.sandbox.visit_rows import group_row

_GUEST_INFO: Final = "page_Info"


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
    low, high = days(call, found)
    merged = [m for m in call.world.merges if m.center == found.number and low <= m.at < high]
    return paged(call, "guests", merged, lambda merge: merge_row(call.world, merge))


def guest_appointments(call: Call) -> Page:
    """List the groups of a guest, the latest first."""
    number, found = call.guest()
    low, high = days(call, call.world.centers[found.center])
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
