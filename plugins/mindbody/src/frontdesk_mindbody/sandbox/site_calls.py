"""What can be asked of sites, staff, appointments, classes and sales."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from frontdesk_mindbody.sandbox import faces, shapes
from frontdesk_mindbody.sandbox.calls import Call, Page
from frontdesk_mindbody.sandbox.refusal import missing, unknown
from frontdesk_mindbody.sandbox.rows import Appointment, Course, Sale, Waiting
from frontdesk_mindbody.sandbox.studios import Studio


def sites(call: Call) -> Page:
    """List sites; only one that is asked for alone is told whole."""
    wanted = call.ask.numbers("SiteIds")
    known = call.world.studios
    found = [known[one] for one in wanted if one in known] if wanted else list(known.values())
    alone = len(wanted) == 1
    return call.page("Sites", found, lambda one: shapes.site(one, call.options, alone=alone))


def activation(call: Call) -> dict[str, Any]:
    """Give the link by which a site's owner lets the developer in."""
    code = f"{call.studio.id}-AAAA-BBBB"
    return {"ActivationCode": code, "ActivationLink": f"https://example.com/launch?code={code}"}


def locations(call: Call) -> Page:
    """List a site's locations."""
    studio = call.studio
    return call.page("Locations", studio.locations, lambda row: shapes.location(studio, row))


def memberships(call: Call) -> dict[str, Any]:
    """List the memberships a site offers, in one answer without pages."""
    wanted = call.ask.numbers("MembershipIds")
    rows = [row for row in call.studio.memberships if not wanted or row.id in wanted]
    return {"Memberships": [shapes.membership(row) for row in rows]}


def staff(call: Call) -> Page:
    """List staff; a token without rights gets less and is not told so."""
    wanted, studio = call.ask.numbers("StaffIds"), call.studio
    rows = [row for row in studio.staff if not wanted or row.id in wanted]
    return call.page("StaffMembers", rows, lambda row: shapes.employee(studio, row, full=call.full))


def appointments(call: Call) -> Page:
    """List appointments, today's unless it says which."""
    ask, studio = call.ask, call.studio
    rows = _appointments(call)
    if by := ask.numbers("StaffIds"):
        rows = [row for row in rows if row.staff.id in by]
    if at := ask.numbers("LocationIds"):
        rows = [row for row in rows if row.location.id in at]
    if number := ask.text("ClientId"):
        client = studio.numbers.get(number)
        rows = [row for row in rows if row.client == client]
    return call.page("Appointments", rows, lambda row: shapes.appointment(studio, row))


def _appointments(call: Call) -> list[Appointment]:
    wanted, table = call.ask.numbers("AppointmentIds"), call.studio.appointments
    if wanted:
        found = (table.find(one) for one in dict.fromkeys(wanted))
        return [row for row in found if row is not None]
    start, end = call.days("StartDate", "EndDate")
    return table.between("starts", start, end)


def classes(call: Call) -> Page:
    """List classes, today's unless it says which; the time of day is ignored."""
    studio, options = call.studio, call.options
    rows = _courses(call)
    if call.ask.flag("HideCanceledClasses"):
        rows = [row for row in rows if not row.cancelled]
    for name, of in (("StaffIds", _teacher), ("LocationIds", _place), ("ClassScheduleIds", _slot)):
        if wanted := call.ask.numbers(name):
            rows = [row for row in rows if of(row) in wanted]
    return call.page("Classes", rows, lambda row: shapes.course(studio, row, options))


def _teacher(row: Course) -> int:
    return row.staff.id


def _place(row: Course) -> int:
    return row.location.id


def _slot(row: Course) -> int:
    return row.schedule


def _courses(call: Call) -> list[Course]:
    ask, table = call.ask, call.studio.courses
    if wanted := ask.numbers("ClassIds"):
        found = (table.find(one) for one in dict.fromkeys(wanted))
        return [row for row in found if row is not None]
    since = ask.time("LastModifiedDate")
    start, end = call.days("StartDateTime", "EndDateTime")
    rows = table.between("starts", start, end)
    return rows if since is None else [row for row in rows if row.modified >= _utc(since)]


def class_visits(call: Call) -> dict[str, Any]:
    """Tell who comes to one class."""
    studio, options = call.studio, call.options
    found = studio.courses.find(call.ask.number("ClassID"))
    if call.ask.number("ClassID") is None:
        raise missing("ClassID")
    if found is None:
        raise unknown("class")
    since = call.ask.time("LastModifiedDate")
    rows = studio.visits.having("course", found.id)
    if since is not None:
        rows = [row for row in rows if row.modified >= _utc(since)]
    shown = [faces.visit(studio, row, options) for row in rows]
    return {"Class": {**shapes.course(studio, found, options), "Visits": shown}}


def waitlist(call: Call) -> Page:
    """List who waits for a place, by one of four kinds of ids."""
    studio, options = call.studio, call.options
    rows = _waiting(call)
    if call.ask.flag("HidePastEntries"):
        rows = [row for row in rows if _starts(studio, row) >= call.now]
    return call.page("WaitlistEntries", rows, lambda row: faces.waiting(studio, row, options))


def _starts(studio: Studio, row: Waiting) -> datetime:
    return studio.courses.rows[studio.courses.numbers[row.course]].starts


def _waiting(call: Call) -> list[Waiting]:
    ask, studio, table = call.ask, call.studio, call.studio.waitings
    if ids := ask.numbers("WaitlistEntryIds"):
        found = (table.find(one) for one in ids)
        return [row for row in found if row is not None]
    if ids := ask.numbers("ClassIds"):
        return [row for one in ids for row in table.having("course", one)]
    if ids := ask.numbers("ClassScheduleIds"):
        return [row for one in ids for row in table.having("schedule", one)]
    if numbers := ask.texts("ClientIds"):
        clients = [studio.numbers.get(one) for one in numbers]
        return [row for one in clients for row in table.having("client", one)]
    raise missing("ClassIds, ClassScheduleIds, ClientIds or WaitlistEntryIds")


def sales(call: Call) -> Page:
    """List sales, today's unless it says which."""
    studio, options = call.studio, call.options
    identity = call.ask.number("SaleId")
    if identity is not None:
        found = studio.sales.find(identity)
        rows = [found] if found else []
    else:
        rows = studio.sales.between("at", *_sold_between(call))
    if (method := call.ask.number("PaymentMethodId")) is not None:
        rows = [row for row in rows if row.method[0] == method]
    if options.sale_days is not None:
        oldest = call.now - timedelta(days=options.sale_days)
        rows = [row for row in rows if row.at >= oldest]
    return call.page("Sales", rows, lambda row: _sale(call, row))


def _sale(call: Call, row: Sale) -> dict[str, Any]:
    return shapes.sale(call.studio, row, call.options)


def _sold_between(call: Call) -> tuple[datetime, datetime]:
    """Read the span: a wall clock's, to the second, and to a day's end where it names a day."""
    studio = call.studio
    today = studio.midnight(call.today)
    start, end = call.ask.time("StartSaleDateTime"), call.ask.time("EndSaleDateTime")
    last = call.ask.text("EndSaleDateTime") or ""
    begin = studio.instant(start.replace(tzinfo=None)) if start else today
    if end is None:
        return begin, max(begin, today + timedelta(days=1))
    until = studio.instant(end.replace(tzinfo=None))
    whole_day = "T" not in last and " " not in last
    return begin, until + (timedelta(days=1) if whole_day else timedelta(seconds=1))


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
