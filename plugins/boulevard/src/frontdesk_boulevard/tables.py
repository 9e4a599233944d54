"""What Boulevard becomes, as data: metrics with their properties, and the fields of a profile."""

from __future__ import annotations

from typing import Final

from frontdesk.manifest import Kind, Metric, ProfileField, Property

BOOKED: Final = "Booked Appointments"
CANCELLED: Final = "Cancelled Appointments"
ARRIVED: Final = "Arrived for Appointments"
COMPLETED: Final = "Completed Appointments"
CONFIRMED: Final = "Confirmed Appointments"
RESCHEDULED: Final = "Rescheduled Appointments"
ACTIVATED: Final = "Activated Membership"
ENDED: Final = "Cancelled Membership"
REACTIVATED: Final = "Reactivated Membership"
PAUSED: Final = "Paused Membership"
UNPAUSED: Final = "Unpaused Membership"
ORDERED: Final = "Placed Order"

#: Said of a metric whose time may be a guess.
ESTIMATED: Final = Property(
    "Time Estimated",
    "boolean",
    "Boulevard told no time of it: the event's is the nearest that is known.",
    addition=True,
)
_LOCATION: Final = (
    Property("Location Name", "string", "Name of the location."),
    Property("Location ID", "string", "Id of that location."),
)
# Boulevard adds members to its enumerations without notice: *values* are those known today.
APPOINTMENT: Final = (
    Property("Staff Names", "list<string>", "Names of the staff members on the appointment."),
    Property("Service Names", "list<string>", "Names of the services on the appointment."),
    Property("Start At", "datetime", "Start of the appointment, UTC."),
    Property("End At", "datetime", "End of the appointment, UTC."),
    Property(
        "Order ID",
        "string",
        "Id of the purchase the appointment was checked out with; null before check-out.",
    ),
    *_LOCATION,
    Property("Duration", "integer", "Length of the appointment in minutes."),
    Property("Booked By", "string", "Who booked the appointment.", values=("CLIENT", "STAFF")),
    Property("Appointment ID", "string", "Id of the appointment.", addition=True),
    Property(
        "State",
        "string",
        "State of the appointment when the event was seen.",
        values=("ACTIVE", "ARRIVED", "BOOKED", "CANCELLED", "CONFIRMED", "FINAL"),
        addition=True,
    ),
    Property(
        "Cancellation Reason",
        "string",
        "Why it was cancelled: not every reason is the client's. Null unless it was.",
        values=(
            "CLIENT_CANCEL",
            "CLIENT_LATE_CANCEL",
            "MERGED",
            "MISTAKE",
            "NO_SHOW",
            "OFFBOARDED",
            "STAFF_CANCEL",
            "VOIDED",
        ),
        addition=True,
    ),
    Property(
        "Appointment Tags",
        "list<string>",
        "Tags given to the appointment.",
        sensitive=True,
        addition=True,
    ),
)
MEMBERSHIP: Final = (
    Property("Start On", "datetime", "When the membership takes effect: that day's midnight, UTC."),
    Property("End On", "datetime", "When the membership ends: that day's midnight, UTC."),
    Property("Cancel On", "datetime", "When it is due to be cancelled, if at all, UTC."),
    Property(
        "Status",
        "string",
        "Status of the client's membership in Boulevard.",
        values=("ACTIVE", "CANCELLED", "PAST_DUE", "PAUSED"),
    ),
    *_LOCATION,
    Property("Price", "number", "What the membership costs per interval."),
    Property("Membership Names", "list<string>", "Name of the membership plan."),
    Property("Vouchers", "list<object>", "Vouchers included with the membership."),
    Property("Membership ID", "string", "Id of the membership.", addition=True),
)
ORDER: Final = (
    Property("Applied Vouchers", "list<object>", "Vouchers applied to the purchase."),
    Property("Closed By", "string", "Name of the staff member who closed the purchase."),
    Property("Order ID", "string", "Id of the order."),
    *_LOCATION,
    Property("Order Number", "string", "Number of the order, unique in the business."),
    Property(
        "Summary",
        "object",
        "Subtotal, discount, tax, tip, fee and total, before any refund.",
    ),
    Property("Line Groups", "list<object>", "Items of the order."),
    Property("Note", "string", "What was noted on the order.", sensitive=True),
    Property("Refunds", "list<object>", "Refunds of the order, if it had any when it was seen."),
    Property("Total", "number", "Total of the order before any refund.", of="value"),
    Property("Currency", "string", "Currency of Total, ISO 4217.", of="currency", addition=True),
)


def _appointment(name: str, meaning: str, *, guessed: bool = False, live: bool = False) -> Metric:
    return Metric(
        name, (*APPOINTMENT, ESTIMATED) if guessed else APPOINTMENT, meaning, live_only=live
    )


def _membership(name: str, meaning: str, *, live: bool = False) -> Metric:
    return Metric(name, (*MEMBERSHIP, ESTIMATED) if live else MEMBERSHIP, meaning, live_only=live)


METRICS: Final = (
    _appointment(BOOKED, "An appointment was booked; history has all of them."),
    _appointment(
        CANCELLED, "An appointment was cancelled, whoever's doing it was; history has them."
    ),
    _appointment(
        ARRIVED,
        "The client turned up. Live only: history shows no arrivals, and guesses those of "
        "clients who are there just now if estimate_history is set.",
        guessed=True,
        live=True,
    ),
    _appointment(
        COMPLETED,
        "An appointment came to its end. Live at the time Boulevard tells; history takes the "
        "time its order was closed, else its planned end.",
        guessed=True,
    ),
    _appointment(
        CONFIRMED,
        "The client confirmed the appointment. Live only: history knows no time, and guesses "
        "those confirmed just now if estimate_history is set.",
        guessed=True,
        live=True,
    ),
    _appointment(
        RESCHEDULED,
        "An appointment was moved to another time. Live only: history shows the last time only.",
        guessed=True,
        live=True,
    ),
    _membership(ACTIVATED, "A membership took effect; history has all of them."),
    _membership(
        ENDED, "A membership was cancelled, or its cancellation scheduled; history has them."
    ),
    _membership(REACTIVATED, "A cancelled membership was taken up again. Live only.", live=True),
    _membership(
        PAUSED,
        "A membership was paused. Live only: history knows no time, and guesses those paused "
        "just now if estimate_history is set.",
        live=True,
    ),
    _membership(UNPAUSED, "A paused membership was resumed. Live only.", live=True),
    Metric(ORDERED, ORDER, "An order was paid and closed; history has all of them."),
)

PROFILE: Final = (
    ProfileField("Email", Kind.STANDARD, meaning="E-mail address.", attribute="email"),
    ProfileField("First Name", Kind.STANDARD, meaning="First name.", attribute="first_name"),
    ProfileField("Last Name", Kind.STANDARD, meaning="Last name.", attribute="last_name"),
    ProfileField(
        "Phone Number", Kind.STANDARD, meaning="Mobile phone, E.164.", attribute="phone_number"
    ),
    ProfileField(
        "Appointment Count", Kind.CUSTOM, "integer", "Appointments, without cancelled ones."
    ),
    ProfileField("Boulevard ID", Kind.CUSTOM, "string", "Id of the client in Boulevard."),
    ProfileField(
        "Email Marketing", Kind.CUSTOM, "boolean", "Whether marketing e-mails are agreed to."
    ),
    ProfileField("SMS Marketing", Kind.CUSTOM, "boolean", "Whether marketing SMS are agreed to."),
    ProfileField(
        "Push Marketing", Kind.CUSTOM, "boolean", "Whether marketing push messages are allowed."
    ),
    ProfileField(
        "Email Reminder", Kind.CUSTOM, "boolean", "Whether transactional e-mails are allowed."
    ),
    ProfileField("SMS Reminder", Kind.CUSTOM, "boolean", "Whether transactional SMS are allowed."),
    ProfileField("Push Reminder", Kind.CUSTOM, "boolean", "Whether transactional push is allowed."),
    ProfileField(
        "Boulevard Tags",
        Kind.CUSTOM,
        "list<string>",
        "All tags given to the client; staff may note health in them.",
        sensitive=True,
    ),
    ProfileField("Date of Birth", Kind.CUSTOM, "date", "Date of birth."),
    ProfileField(
        "Primary Location Name",
        Kind.CUSTOM,
        "string",
        "Main location, which Boulevard derives from the last three appointments.",
    ),
    ProfileField("Primary Location ID", Kind.CUSTOM, "string", "Id of the main location."),
)

#: Never asked for; dropped all the same from what others hand in: how orders were paid, what
#: is on account and on card, and what staff wrote of a client.
DISCARDED_OF_CLIENTS: Final = (
    "hasCardOnFile",
    "currentAccountBalance",
    "currentAccountUpdatedAt",
    "notes",
    "schedulingAlert",
    "customFields",
)
DISCARDED_OF_APPOINTMENTS: Final = (
    "client",
    "notes",
    "clientMessage",
    "manageUrl",
    "cancellation.notes",
)
DISCARDED_OF_MEMBERSHIPS: Final = ("client", "planAgreementSignature", "statusReasonCustom")
DISCARDED_OF_ORDERS: Final = ("client", "paymentGroups", "refunds.payments")
