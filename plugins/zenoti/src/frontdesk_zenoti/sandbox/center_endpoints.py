"""What is asked about centers, and what belongs to one."""

from __future__ import annotations

from typing import Any

from frontdesk_zenoti.sandbox import names, statuses
from frontdesk_zenoti.sandbox.center_rows import (
    category_row,
    center_row,
    country_row,
    employee_row,
    service_row,
    state_row,
)
from frontdesk_zenoti.sandbox.member_rows import change_row, member_row
from frontdesk_zenoti.sandbox.queries import Call, Page, days, one, paged
from frontdesk_zenoti.sandbox.refusal import business
from frontdesk_zenoti.sandbox.times import midnight


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
    low, high = days(call, center_)
    wanted = world.guests.numbers.get(call.text("guest_id").lower())
    found = [
        change
        for change in world.changes
        if low <= change.at < high
        and (held := world.memberships.rows[change.membership]).center == center_.number
        and (wanted is None or held.guest == wanted)
    ]
    return paged(call, "change_log", found, lambda change: change_row(world, change))
