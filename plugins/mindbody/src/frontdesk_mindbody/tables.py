"""What Mindbody becomes, as data: metrics with their properties, and the fields of a profile."""

from __future__ import annotations

from typing import Final

from frontdesk.manifest import Exclusion, Kind, Metric, ProfileField, Property

SCHEDULED: Final = "Scheduled Appointment"
CONFIRMED: Final = "Confirmed Appointment"
ARRIVED: Final = "Arrived for Appointment"
BOOKED: Final = "Booked Class"
SIGNED_IN: Final = "Signed In to Class"
CANCELLED: Final = "Cancelled Class"
WAITLIST: Final = "Joined Waitlist"
MEMBERSHIP: Final = "Activated Membership"
ORDER: Final = "Placed Order"
PRODUCT: Final = "Ordered Product"
CONTRACT: Final = "Created Contract"

_STAFF_ID: Final = Property("Staff ID", "integer", "Id of the staff member or team.")
_PASS: Final = (
    Property("Item ID", "integer", "Id of the pass or membership it was booked with."),
    Property("Item Name", "string", "Name of that pass or membership: Day Pass."),
)
_APPOINTMENT: Final = (
    Property("Location ID", "integer", "Id of the location of the appointment."),
    _STAFF_ID,
    Property("Staff Name", "string", "Name of the staff member or team."),
    Property("Start Time", "datetime", "Start of the appointment, in UTC."),
    Property("End Time", "datetime", "End of the appointment, in UTC."),
    Property("Duration", "integer", "Length of the appointment in minutes."),
    Property("Resources", "list<object>", "Rooms and things it needs, each with id and name."),
    Property("Staff Provider ID", "string", "Id of the staff member as a provider."),
    Property("Name", "string", "Name of the staff provider; else that of the staff member."),
)

METRICS: Final = (
    Metric(SCHEDULED, _APPOINTMENT, "A client schedules an appointment.", live_only=True),
    Metric(CONFIRMED, _APPOINTMENT, "Staff confirm an appointment.", live_only=True),
    Metric(ARRIVED, _APPOINTMENT, "A client arrives, and staff check them in.", live_only=True),
    Metric(
        BOOKED,
        (
            Property("Location ID", "integer", "Id of the location of the class."),
            _STAFF_ID,
            Property("Staff Name", "string", "Name of the staff member or team."),
            *_PASS,
        ),
        "A client books a class.",
        live_only=True,
    ),
    Metric(SIGNED_IN, (_STAFF_ID, *_PASS), "A client signs in to a class.", live_only=True),
    Metric(
        CANCELLED,
        (
            _STAFF_ID,
            *_PASS,
            Property(
                "Cancel Type",
                "string",
                "How late it was.",
                values=("Late Cancelled", "Early Cancelled", "Cancelled"),
            ),
        ),
        "A client cancels a class.",
        live_only=True,
    ),
    Metric(
        WAITLIST,
        (
            Property("Start Time", "datetime", "Start of the class, in UTC."),
            Property("End Time", "datetime", "End of the class, in UTC."),
            Property("Class ID", "integer", "Id of the class."),
            Property("Waitlist Max Size", "integer", "How many people the waitlist takes."),
        ),
        "A client joins the waitlist of a class.",
        live_only=True,
    ),
    Metric(
        MEMBERSHIP,
        (
            Property("Membership ID", "string", "Id of the membership plan, digits."),
            Property("Membership Name", "string", "Name of the membership plan."),
        ),
        "A client activates a membership.",
        live_only=True,
    ),
    Metric(
        ORDER,
        (
            Property("Sold By", "string", "Name of the staff member who sold it."),
            Property("Location", "integer", "Id of the location of the order."),
            Property(
                "Items",
                "list<object>",
                "What was bought: itemId, Type, Name, amountPaid, amountDiscounted, and for whom.",
            ),
            Property("Quantity", "integer", "How many pieces, over all items."),
            Property(
                "recipientClientId",
                "string",
                "Id of the client it is for; absent where items are for several.",
            ),
            Property(
                "paymentReferenceId",
                "integer",
                "Id of the payment event; absent where items have several.",
            ),
            Property(
                "giftCardBarcodeId",
                "string",
                "Id of the gift card; absent where there are several.",
            ),
            Property("$value", "number", "What was paid in all.", of="value"),
        ),
        "A client completes a purchase.",
        live_only=True,
    ),
    Metric(
        PRODUCT,
        (
            Property("Item ID", "integer", "Id of the item."),
            Property("Type", "string", "Kind of item: Product or Service."),
            Property("Name", "string", "Name of the item."),
            Property("Price", "number", "What was paid for the item, less discounts."),
            Property("Discount", "number", "What was taken off."),
            Property("Quantity", "integer", "How many pieces."),
        ),
        "A client buys an item: one event for each.",
        live_only=True,
    ),
    Metric(
        CONTRACT,
        (
            Property("Sales Staff ID", "integer", "Id of the staff member who sold it."),
            Property("Sales Staff Name", "string", "Name of that staff member."),
            Property("Origination Location", "integer", "Id of the location it was made at."),
            Property("Contract ID", "string", "Id of the kind of contract, digits."),
            Property("Contract Start", "datetime", "When it takes effect, in UTC."),
            Property("Contract End", "datetime", "When it ends, in UTC."),
            Property("Auto Renewal", "boolean", "Whether it renews by itself."),
        ),
        "A client enters into a contract.",
        live_only=True,
    ),
)

_CUSTOM: Final = (
    ("Mindbody Account Balance", "number", "What is on the client's account; may be below 0."),
    ("Mindbody Active", "boolean", "The client is active."),
    ("Mindbody ClientID", "string", "Id of the client, which the business may change."),
    ("Mindbody First Appointment Date", "datetime", "First appointment, in UTC."),
    ("Mindbody First Class Date", "datetime", "First class, in UTC."),
    ("Mindbody Home Location (Number)", "integer", "Id of the client's home location."),
    ("Mindbody Home Location Name", "string", "Name of the client's home location."),
    ("Mindbody Liability Released", "boolean", "The client signed the liability waiver."),
    ("Mindbody Number of Visits", "integer", "Visits to the site, as its webhooks count them."),
    ("Mindbody Referral", "string", "Who or what referred the client."),
)

PROFILE: Final = (
    ProfileField("Email", Kind.STANDARD, meaning="E-mail address.", attribute="email"),
    ProfileField("First name", Kind.STANDARD, meaning="First name.", attribute="first_name"),
    ProfileField("Last name", Kind.STANDARD, meaning="Last name.", attribute="last_name"),
    ProfileField(
        "Phone number",
        Kind.STANDARD,
        meaning="Mobile number, else another, in international form, if it is a possible one.",
        attribute="phone_number",
    ),
    *(ProfileField(name, Kind.CUSTOM, type, meaning) for name, type, meaning in _CUSTOM),
    ProfileField(
        "Mindbody Status",
        Kind.CUSTOM,
        "string",
        "What the client is to the business.",
        values=("Declined", "Non-Member", "Active", "Expired", "Suspended", "Terminated"),
    ),
    ProfileField(
        "Email consent",
        Kind.CONSENT,
        "consent",
        "Promotional e-mails are wanted: the client's flag SendPromotionalEmails.",
    ),
)

EXCLUSIONS: Final = (
    Exclusion("return", "Nothing was bought: the sale gives back what was bought before."),
    Exclusion("foreign_site", "It is of a site of the same developer account, not of ours."),
    Exclusion("unknown_event", "The webhook is of a kind this version does not know; it is kept."),
)

#: Payment data, who to call in an emergency, and what staff are warned of.
DISCARDED_OF_CLIENTS: Final = (
    "ClientCreditCard",
    "EmergencyContactInfoName",
    "EmergencyContactInfoEmail",
    "EmergencyContactInfoPhone",
    "EmergencyContactInfoRelationship",
    "RedAlert",
    "YellowAlert",
    "LastFormulaNotes",
    "CustomClientFields",
    "ClientRelationships",
    "PhotoUrl",
)
DISCARDED_OF_APPOINTMENTS: Final = ("IcdCodes", "FormulaNotes")
DISCARDED_OF_SALES: Final = (
    "Payments.LastFour",
    "Payments.Notes",
    "Payments.TransactionId",
)
#: The same in webhooks, which carry more of it.
DISCARDED_OF_WEBHOOKS: Final = tuple(
    f"eventData.{field}"
    for field in (
        "creditCardLastFour",
        "creditCardExpDate",
        "directDebitLastFour",
        "photoUrl",
        "icdCodes",
        "formulaNotes",
        "payments.paymentLastFour",
        "payments.paymentNotes",
    )
)
