"""What a guest list becomes, as data: metrics with their properties, and fields of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from frontdesk.manifest import Exclusion, Kind, Metric, ProfileField, Property
from frontdesk_guestlist.activities import Kind as Activity

CREATED: Final = "Guest Created"
SENT: Final = "Email Sent"
OPENED: Final = "Concierge Opened"
CHECK_IN: Final = "Check-in Form Submitted"
FEEDBACK: Final = "Feedback Submitted"
ORDERED: Final = "Offer Ordered"
UNSUBSCRIBED: Final = "Unsubscribed from All Emails"

BY_KIND: Final[Mapping[str, str]] = {
    Activity.GUEST_CREATED: CREATED,
    Activity.EMAIL_SENT: SENT,
    Activity.CONCIERGE_OPENED: OPENED,
    Activity.FORM_SUBMITTED: CHECK_IN,
    Activity.FEEDBACK_SUBMITTED: FEEDBACK,
    Activity.OFFER_ORDERED: ORDERED,
    Activity.UNSUBSCRIBED: UNSUBSCRIBED,
    Activity.STOPPED: UNSUBSCRIBED,
}
"""The metric of each kind of activity that has one."""

#: Rules that keep guests or records back.
KEPT_BACK: Final = "kept_back"
MADE_INSIDE: Final = "made_inside"
OTHER_SOURCE: Final = "other_source"

_STAY: Final = (
    Property("Reservation ID", "string", "Number of the reservation.", addition=True),
    Property("Arrival Date", "date", "Day of arrival at the property.", addition=True),
    Property("Departure Date", "date", "Day of departure.", addition=True),
    Property("Nights", "integer", "How many nights the guest stays.", addition=True),
    Property("Property Name", "string", "Name of the property.", addition=True),
    Property("Channel", "string", "How it was sold, in the source's word.", addition=True),
    Property("Room Type", "string", "Kind of room, in the source's word.", addition=True),
)


def _metric(name: str, meaning: str, *more: Property) -> Metric:
    return Metric(name, (*_STAY, *more), meaning, addition=True)


def _own(name: str, type: str, meaning: str, **more: tuple[str, ...]) -> Property:
    return Property(name, type, meaning, addition=True, values=more.get("values", ()))


METRICS: Final = (
    _metric(
        CREATED,
        "A reservation came into the guest list.",
        Property("Value", "number", "What the stay costs.", of="value", addition=True),
        Property("Value Currency", "string", "ISO 4217.", of="currency", addition=True),
    ),
    _metric(
        SENT,
        "An e-mail of the property was sent to the guest.",
        _own("Email Name", "string", "What the property calls the e-mail."),
        _own("Email Kind", "string", "Such as upsell, confirmation, information or feedback."),
        _own(
            "Phase",
            "string",
            "Before, during or after the stay.",
            values=("pre-stay", "during", "post-stay"),
        ),
        _own("Sent by Hand", "boolean", "A member of staff sent it."),
    ),
    _metric(OPENED, "The guest opened the concierge; counted once a stay."),
    _metric(CHECK_IN, "The guest filled in the check-in form."),
    _metric(
        FEEDBACK,
        "The guest gave feedback, during the stay or after it.",
        _own("Form", "string", "Which form it was.", values=("in-stay", "post-stay")),
        _own("Rating", "integer", "1 to 5."),
    ),
    _metric(
        ORDERED,
        "The guest asked for an offer of the concierge.",
        _own("Offer", "string", "What the offer is called."),
        _own("Quantity", "integer", "How many."),
        Property("Value", "number", "What all of them cost.", of="value", addition=True),
        Property("Value Currency", "string", "ISO 4217.", of="currency", addition=True),
    ),
    _metric(
        UNSUBSCRIBED,
        "All e-mails to the guest were stopped.",
        _own("Stopped by", "string", "Who did it.", values=("guest", "staff")),
    ),
)

_STANDARD: Final = (
    ("Email", "email", "E-mail address, where it can be one."),
    ("Phone Number", "phone_number", "Phone number, E.164."),
    ("First Name", "first_name", "First name."),
    ("Last Name", "last_name", "Last name."),
    ("Organization", "organization", "Company the guest travels for."),
    ("Locale", "locale", "Language, with the country where it is told: en-GB."),
    ("Country", "location.country", "Country, ISO 3166-1 alpha-2."),
)

PROFILE: Final = (
    *(
        ProfileField(name, Kind.STANDARD, meaning=meaning, attribute=attribute, addition=True)
        for name, attribute, meaning in _STANDARD
    ),
    ProfileField(
        "Room Type",
        Kind.CUSTOM,
        "string",
        "Kind of room of a reservation that a channel sent, in its word.",
        addition=True,
    ),
    ProfileField(
        "Email consent",
        Kind.CONSENT,
        "consent",
        "Consent to e-mail: given on the subscriber list, withdrawn by a stop.",
        values=("subscribed", "unsubscribed"),
        addition=True,
    ),
)

EXCLUSIONS: Final = (
    Exclusion(KEPT_BACK, "The source keeps the guest back, or no longer has the guest."),
    Exclusion(
        MADE_INSIDE,
        "The reservation was made inside an integrated system: channels alone give guests here.",
    ),
    Exclusion(OTHER_SOURCE, "The list reads another connection: channels are not taken in."),
)
