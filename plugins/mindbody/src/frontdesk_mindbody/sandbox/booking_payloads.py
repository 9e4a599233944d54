"""The data of events about appointments and classes; see *payloads* for how times are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontdesk_mindbody.sandbox.client_calls import number_of_visits
from frontdesk_mindbody.sandbox.faces import number
from frontdesk_mindbody.sandbox.names import CANARY
from frontdesk_mindbody.sandbox.options import Options
from frontdesk_mindbody.sandbox.payloads import person, phone, who
from frontdesk_mindbody.sandbox.rows import Appointment, Course, Visit, Waiting
from frontdesk_mindbody.sandbox.studios import Studio


def appointment(studio: Studio, row: Appointment, options: Options) -> dict[str, Any]:
    """Tell all of an appointment."""
    told = _appointment(studio, row)
    if options.webhook_extras:
        told |= {"clientUniqueId": row.client, "paymentReferenceId": row.paid_by}
    return told


def arrival(studio: Studio, row: Appointment, now: datetime) -> dict[str, Any]:
    """Tell that somebody came; what is really told of it, nobody has written down."""
    who_ = person(studio, row.client)
    return {
        "siteId": studio.id,
        "locationId": row.location.id,
        **who(who_),
        "arrivalDateTime": now,
    }


def _appointment(studio: Studio, row: Appointment) -> dict[str, Any]:
    noted = row.id % 5 == 0
    client_ = person(studio, row.client)
    return {
        "siteId": studio.id,
        "appointmentId": row.id,
        "status": "Cancelled" if row.cancelled else "Scheduled",
        "isConfirmed": row.confirmed,
        "hasArrived": row.arrived,
        "locationId": row.location.id,
        **who(client_, unique=False),
        "clientPhone": phone(client_),
        "staffId": row.staff.id,
        "staffFirstName": row.staff.first_name,
        "staffLastName": row.staff.last_name,
        "startDateTime": row.starts,
        "endDateTime": row.ends,
        "durationMinutes": row.session.minutes,
        "genderRequested": row.requested_gender,
        "resources": [{"id": one, "name": name} for one, name in row.resources],
        "notes": f"{CANARY} notes of an appointment" if noted else None,
        "formulaNotes": f"{CANARY} formula" if noted else None,
        "icdCodes": [{"code": f"{CANARY}-M54", "description": f"{CANARY} back pain"}]
        if noted
        else [],
        "providerId": row.provider,
        "sessionTypeId": row.session.id,
        "appointmentName": row.session.name,
    }


def appointment_gone(studio: Studio, row: Appointment) -> dict[str, Any]:
    """Tell that an appointment was cancelled, and nothing else."""
    return {"siteId": studio.id, "appointmentId": row.id}


def booking(studio: Studio, row: Visit, options: Options, now: datetime) -> dict[str, Any]:
    """Tell all of a place in a class, but the name of the class."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        person(studio, row.client),
    )
    held = studio.passes.find(row.paid_by)
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "classStartDateTime": row.starts,
        "classEndDateTime": course.ends,
        "signedInStatus": "SignedIn" if row.signed_in else options.webhook_absent,
        "staffId": course.staff.id,
        "staffName": course.staff.name,
        **_seats(course),
        **who(client_),
        "clientPhone": phone(client_),
        "clientPassId": str(held.id) if held else None,
        "clientPassSessionsTotal": held.count if held else None,
        "clientPassSessionsDeducted": 1 if held else None,
        "clientPassSessionsRemaining": held.remaining if held else None,
        "clientPassActivationDateTime": held.starts if held else None,
        "clientPassExpirationDateTime": held.ends if held else None,
        "bookingOriginatedFromWaitlist": row.from_waitlist,
        "clientsNumberOfVisitsAtSite": number_of_visits(studio, client_, now),
        **_paid_with(studio, row),
    }


def _seats(row: Course) -> dict[str, Any]:
    return {
        "maxCapacity": row.capacity,
        "webCapacity": row.capacity - 5,
        "totalBooked": row.booked,
        "webBooked": row.web_booked,
        "totalWaitlisted": row.waiting,
    }


def _paid_with(studio: Studio, row: Visit) -> dict[str, Any]:
    held = studio.passes.find(row.paid_by)
    return {
        "itemId": held.offer.id if held else None,
        "itemName": held.offer.name if held else None,
        "itemSiteId": studio.id if held else None,
    }


def status(studio: Studio, row: Visit, word: str) -> dict[str, Any]:
    """Tell how a place in a class stands, which names neither the teacher nor the visits."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        person(studio, row.client),
    )
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "classDateTime": row.starts,
        "signedInStatus": word,
        "staffId": course.staff.id,
        **who(client_),
        "clientPhone": phone(client_),
        **_paid_with(studio, row),
        "clientPassId": str(row.paid_by) if row.paid_by else None,
    }


def booking_gone(studio: Studio, row: Visit) -> dict[str, Any]:
    """Tell that a place in a class is free again, by ids only."""
    course = studio.courses.rows[studio.courses.numbers[row.course]]
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classRosterBookingId": row.id,
        "clientId": number(studio, row.client),
        "clientUniqueId": row.client,
    }


def class_changed(studio: Studio, row: Course) -> dict[str, Any]:
    """Tell how a class stands."""
    return {
        "siteId": studio.id,
        "locationId": row.location.id,
        "classId": row.id,
        "classScheduleId": row.schedule,
        "isCancelled": row.cancelled,
        "isStaffASubstitute": row.substitute,
        "isWaitlistAvailable": row.waitlist != 0,
        "isIntendedForOnlineViewing": False,
        "staffId": row.staff.id,
        "staffName": row.staff.name,
        "startDateTime": row.starts,
        "endDateTime": row.ends,
        "classDescriptionId": 58 + row.session.id,
        **dict.fromkeys(
            ("assistantOneId", "assistantOneName", "assistantTwoId", "assistantTwoName")
        ),
        "resources": [{"id": row.room[0], "name": row.room[1]}],
    }


def waiting(studio: Studio, row: Waiting, now: datetime) -> dict[str, Any]:
    """Tell of a place in a waiting list, without the client's name."""
    course, client_ = (
        studio.courses.rows[studio.courses.numbers[row.course]],
        person(studio, row.client),
    )
    return {
        "siteId": studio.id,
        "locationId": course.location.id,
        "classId": course.id,
        "classScheduleId": row.schedule,
        "waitlistEntryId": row.id,
        "waitlistMaxSize": course.waitlist,
        **who(client_, named=False),
        "clientPhone": phone(client_),
        "classStartDateTime": course.starts,
        "classEndDateTime": course.ends,
        "clientsNumberOfVisitsAtSite": number_of_visits(studio, client_, now),
    }


def waiting_gone(studio: Studio, row: Waiting) -> dict[str, Any]:
    """Tell that nobody waits there any more."""
    return {"siteId": studio.id, "waitlistEntryId": row.id}
