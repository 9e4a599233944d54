"""What Zenoti becomes, as data: metrics with their properties, and the fields of a profile."""

from __future__ import annotations

from typing import Final

from frontdesk.manifest import Kind, Metric, ProfileField, Property

BOOKED: Final = "Booked Appointments"
CANCELLED: Final = "Cancelled Appointments"
CHECKED_IN: Final = "Checked In to Appointments"
CLOSED: Final = "Closed Appointments"
COMPLETED: Final = "Completed Appointment"
CONFIRMED: Final = "Confirmed Appointments"
MISSED: Final = "Missed Appointments"
STARTED: Final = "Started Appointment"
ACTIVATED: Final = "Activated Membership"
ENDED: Final = "Canceled Membership"
FROZE: Final = "Froze Membership"
UNFROZE: Final = "Unfroze Membership"
INVOICED: Final = "Closed Invoice"
GIFTCARD: Final = "Ordered Giftcard"
FEEDBACK: Final = "Submitted Feedback"
CREATED: Final = "Created Package"
REDEEMED: Final = "Redeemed Package"
RAW: Final = "Raw data"

_YES_NO: Final = ("Yes", "No")

_CENTER_ID: Final = Property("Center ID", "string", "Id of the centre.")
_CENTER_NAME: Final = Property("Center Name", "string", "Name of the centre.")
_CENTER: Final = (
    _CENTER_ID,
    _CENTER_NAME,
    Property("Center Address", "string", "Street address of the centre."),
    Property("Center City", "string", "City of the centre."),
    Property("Center State", "string", "State of the centre."),
    Property("Center Zip", "string", "Postal code of the centre."),
    Property("Center Email", "string", "E-mail address of the centre."),
    Property("Center Phone", "string", "Phone number of the centre."),
)
_GROUP_ID: Final = Property(
    "Appointment Group ID", "string", "Id of the group the appointments belong to."
)
_NAMES: Final = Property("Appointment Names", "list<string>", "A name for each appointment.")
_APPOINTMENTS: Final = Property(
    "Appointments", "list<object>", "Each appointment: start, end, service, therapist, room."
)
_CATEGORIES: Final = Property("Categories", "list<string>", "Categories of the services booked.")
_THERAPISTS: Final = Property("Therapist Names", "list<string>", "Who carries them out.")
_INVOICE_ID: Final = Property("Invoice ID", "string", "Id of the invoice.")
_INVOICE_NUMBER: Final = Property("Invoice Number", "string", "Number of the invoice.")
_PREFIX: Final = Property(
    "Invoice Number Prefix", "string", "What is shown before the number: BEL1."
)
_CURRENCY: Final = Property(
    "Value Currency", "string", "Currency of Value, ISO 4217.", of="currency", addition=True
)


def _value(meaning: str) -> Property:
    return Property("Value", "number", meaning, of="value")


_BOOKED: Final = (
    _value("Price of the appointments."),
    _GROUP_ID,
    _NAMES,
    _APPOINTMENTS,
    _CATEGORIES,
    *_CENTER,
    _INVOICE_ID,
    _INVOICE_NUMBER,
    _PREFIX,
    _THERAPISTS,
    Property("UTM Source", "string", "The source the booking widget names.", addition=True),
    Property(
        "UTM Medium", "string", "The medium; the widget puts the real source here.", addition=True
    ),
    _CURRENCY,
)
_STATUS: Final = (
    _GROUP_ID,
    Property("Appointment Group Status", "integer", "Zenoti's number of the status."),
    Property("Appointment Group Status Name", "string", "Zenoti's word for the status."),
    _NAMES,
    _CATEGORIES,
    _THERAPISTS,
    *_CENTER,
    Property("Cancellation Fee Required", "string", "A cancellation fee is due.", values=_YES_NO),
    Property("No Show Fee Required", "string", "A no-show fee is due.", values=_YES_NO),
)
_PROGRESS: Final = (
    _value("Price of the appointment."),
    _GROUP_ID,
    _NAMES,
    _APPOINTMENTS,
    _CENTER_ID,
    _CENTER_NAME,
    _INVOICE_ID,
    _INVOICE_NUMBER,
    _CURRENCY,
)

_EXPIRY: Final = Property("Expiry Date", "datetime", "When the membership expires, in UTC.")
_GRACE_DATE: Final = Property("Grace Period Date", "datetime", "When the grace period starts.")
_GRACE_DAYS: Final = Property("Grace Period Days", "integer", "Length of the grace period.")
_GROUP_MEMBERSHIP: Final = Property(
    "Group User Membership ID", "string", "Id of the group of memberships."
)
_MEMBER_CODE: Final = Property("Member Code", "string", "Code of the membership.")
_NEXT: Final = Property("Next Collection Date", "datetime", "When the next payment is due.")
_RECURRENCE: Final = (
    Property("Recurrence Status", "integer", "Zenoti's number of the recurrence."),
    Property("Recurrence Status Name", "string", "Zenoti's word for the recurrence."),
)
_STANDING: Final = (
    Property("Status", "integer", "Zenoti's number of the status."),
    Property("Status Name", "string", "Zenoti's word for the status."),
)
_MEMBERSHIP_ID: Final = Property("User Membership ID", "string", "Id of the guest's membership.")

_ACTIVATED: Final = (
    _value("Price of the membership."),
    Property("Auto Renewal", "object", "How it renews itself."),
    _CENTER_ID,
    _CENTER_NAME,
    Property("Credit Balance", "number", "Credit on the membership, all kinds together."),
    _EXPIRY,
    _GRACE_DATE,
    _GRACE_DAYS,
    _GROUP_MEMBERSHIP,
    Property("Has Digital Form", "boolean", "There is a digital form."),
    Property("Invoice", "object", "The invoice it was sold with."),
    _MEMBER_CODE,
    Property("Members", "list<string>", "Names of the members."),
    Property("Membership", "object", "What was sold."),
    Property("Membership Name", "string", "Name of what was sold."),
    _NEXT,
    Property("Payments", "object", "How it is paid."),
    Property("Pending Waive Collections", "number", "Payments that will be waived."),
    Property("Purchase", "number", "Price paid."),
    *_RECURRENCE,
    Property("Recurring Details", "object", "More of the recurrence."),
    Property("Refunded", "boolean", "It was refunded."),
    Property("Service Balance", "number", "Services left, all kinds together."),
    *_STANDING,
    _MEMBERSHIP_ID,
    Property("Credit Balance Details", "object", "Credit by kind.", addition=True),
    Property("Purchase Details", "object", "Price and date of the sale.", addition=True),
    Property("Service Balance Details", "list<object>", "Services by kind.", addition=True),
    _CURRENCY,
)
_ENDED: Final = (
    Property("Cancel Date", "datetime", "When the cancellation takes effect."),
    Property("Cancel Initiated Date", "datetime", "When it was asked for."),
    Property("Cancel Reason", "string", "The reason that was chosen."),
    Property("Canceled By", "string", "Who entered it, mostly staff."),
    _CENTER_ID,
    _CENTER_NAME,
    _EXPIRY,
    _GRACE_DATE,
    _GRACE_DAYS,
    _MEMBER_CODE,
    *_RECURRENCE,
    *_STANDING,
    Property("Termination Date", "datetime", "When the membership ends."),
)
_FROZE: Final = (
    _CENTER_ID,
    _CENTER_NAME,
    Property("Comments", "string", "What was noted at the freeze.", sensitive=True),
    _EXPIRY,
    Property("Freeze Fee", "number", "What the freeze costs."),
    Property("Freeze Fee Type", "integer", "Zenoti's number of the kind of fee."),
    Property("Freeze Start Date", "datetime", "When the freeze starts."),
    Property("Freeze End Date", "datetime", "When it ends."),
    Property("Freeze Type", "integer", "Zenoti's number of the kind of freeze."),
    Property("Froze By", "string", "Who entered it, mostly staff."),
    _GROUP_MEMBERSHIP,
    _MEMBER_CODE,
    _NEXT,
    *_RECURRENCE,
    *_STANDING,
    _MEMBERSHIP_ID,
)
_UNFROZE: Final = (
    _CENTER_ID,
    _CENTER_NAME,
    _EXPIRY,
    _MEMBER_CODE,
    _NEXT,
    *_RECURRENCE,
    *_STANDING,
)
_INVOICED: Final = (
    _value("Total of the invoice, taxes included; below zero for a refund."),
    _GROUP_ID,
    _NAMES,
    _APPOINTMENTS,
    _CENTER_ID,
    _CENTER_NAME,
    Property("Closed", "boolean", "Zenoti calls it closed."),
    Property("Invoice Date", "datetime", "When it was made, in UTC."),
    _INVOICE_ID,
    Property("Invoice Items", "list<object>", "What was sold."),
    _INVOICE_NUMBER,
    _PREFIX,
    Property("Lock", "boolean", "It is locked."),
    Property("Receipt Number", "string", "Number on the receipt: R2650."),
    Property("Refund", "boolean", "It is a refund."),
    Property("Total Price", "number", "Total, taxes included."),
    Property("Transactions", "list<object>", "How it was paid."),
    Property("Total Price Details", "object", "Net price, tax and rounding.", addition=True),
    _CURRENCY,
)
_GIFTCARD: Final = (
    _value("What the card was worth when it was bought."),
    _CENTER_ID,
    _CENTER_NAME,
    Property("Code", "string", "Code of the card: whoever has it can pay. Masked.", sensitive=True),
    Property("Comments", "string", "Comments of the buyer."),
    Property("Current Balance", "number", "Money left on it."),
    Property("Expiration Date", "datetime", "When it expires."),
    Property("Expiration Days", "integer", "Days from its sale until it expires."),
    _INVOICE_ID,
    _INVOICE_NUMBER,
    Property("Notes", "string", "Notes on the sale."),
    Property("One time Use", "boolean", "It can be used only once."),
    Property("Restrict Usage to Sale Center", "boolean", "Only the centre that sold it takes it."),
    _CURRENCY,
)
_FEEDBACK: Final = (
    _GROUP_ID,
    _CENTER_ID,
    _CENTER_NAME,
    Property("Comments", "string", "What the guest wrote.", sensitive=True),
    Property("Guest Feedback Tags", "list<string>", "Labels of the feedback."),
    Property("Rating Value", "number", "Of five; the mean where several things were rated."),
    Property("Source", "integer", "Zenoti's number of where it came from."),
    Property("Version", "integer", "1 or 2: the form of feedback in use."),
    Property("Rating Details", "object", "The ratings one by one.", addition=True),
)
_PACKAGE: Final = {
    "Can Transfer Benefits": Property(
        "Can Transfer Benefits", "string", "Benefits may go to others.", values=_YES_NO
    ),
    "Discounts": Property("Discounts", "list<object>", "Discounts."),
    "Expiration Days": Property("Expiration Days", "integer", "Days until it expires."),
    "Has First Redemption": Property("Has First Redemption", "boolean", "It was used already."),
    "Invoice": Property("Invoice", "object", "The invoice."),
    "Never Expires": Property("Never Expires", "boolean", "It never expires."),
    "Package": Property("Package", "object", "What was sold."),
    "Package Name": Property("Package Name", "string", "Name of what was sold."),
}
_PACKAGE_LAST: Final = (
    Property("Start Validity at First Redemption", "boolean", "It is valid from its first use."),
    Property("Status", "integer", "Zenoti's number of the status."),
    Property("User Package ID", "string", "Id of the guest's package."),
    Property("User Package State", "integer", "Zenoti's number of the state."),
)
_RETURNS: Final = (
    Property("Purchase", "object", "Price and date of the sale."),
    Property("Refunded", "boolean", "It was refunded."),
    Property("Returned", "boolean", "It was returned."),
    Property("Sale Invoice", "object", "The invoice of the sale."),
    Property("Schedule", "object", "What is scheduled."),
)
_CREATED: Final = (
    _value("Price of the package."),
    _PACKAGE["Can Transfer Benefits"],
    _CENTER_ID,
    _CENTER_NAME,
    Property("Date", "datetime", "When it was sold, in UTC."),
    *tuple(_PACKAGE.values())[1:],
    Property("Products", "list<object>", "Products in it."),
    *_RETURNS,
    Property("Services", "list<object>", "Services in it."),
    *_PACKAGE_LAST,
    Property("Date Details", "object", "Start and end of its validity.", addition=True),
    _CURRENCY,
)
_REDEEMED: Final = (
    _value("Price of the package."),
    _PACKAGE["Can Transfer Benefits"],
    _CENTER_ID,
    _CENTER_NAME,
    Property("Date", "object", "Start and end of its validity."),
    *tuple(_PACKAGE.values())[1:],
    Property("Product Redemptions", "list<object>", "Products that were used."),
    *_RETURNS,
    Property("Service Redemptions", "list<object>", "Services that were used."),
    *_PACKAGE_LAST,
    _CURRENCY,
)
_RAW: Final = (
    Property("Event Type", "string", "Zenoti's name of what happened.", addition=True),
    Property("Event ID", "string", "Zenoti's id of the delivery's event.", addition=True),
    Property("Event Resource", "string", "What it happened to.", addition=True),
    Property("Event Timestamp", "datetime", "When it happened, in UTC.", addition=True),
    Property("Data", "object", "All that Zenoti sent.", sensitive=True, addition=True),
)

METRICS: Final = (
    Metric(BOOKED, _BOOKED, "A group of appointments was booked."),
    Metric(CANCELLED, _STATUS, "A group of appointments was cancelled."),
    Metric(CHECKED_IN, _STATUS, "The guest has checked in."),
    Metric(CLOSED, _STATUS, "The appointments are paid for and over."),
    Metric(COMPLETED, _PROGRESS, "One appointment is completed."),
    Metric(CONFIRMED, _STATUS, "The appointments were confirmed."),
    Metric(MISSED, _STATUS, "The guest did not come."),
    Metric(STARTED, _PROGRESS, "One appointment has begun."),
    Metric(ACTIVATED, _ACTIVATED, "A membership begins."),
    Metric(ENDED, _ENDED, "A membership was cancelled."),
    Metric(FROZE, _FROZE, "A membership rests for a while."),
    Metric(UNFROZE, _UNFROZE, "A resting membership goes on.", live_only=True),
    Metric(INVOICED, _INVOICED, "An invoice was closed."),
    Metric(GIFTCARD, _GIFTCARD, "A gift card was bought."),
    Metric(FEEDBACK, _FEEDBACK, "A guest gave feedback.", live_only=True),
    Metric(CREATED, _CREATED, "A package was bought."),
    Metric(REDEEMED, _REDEEMED, "Something of a package was used.", live_only=True),
    Metric(RAW, _RAW, "Whatever else Zenoti sends.", live_only=True),
)

PROFILE: Final = (
    ProfileField("Email", Kind.STANDARD, meaning="E-mail address.", attribute="email"),
    ProfileField("First Name", Kind.STANDARD, meaning="First name.", attribute="first_name"),
    ProfileField("Last Name", Kind.STANDARD, meaning="Last name.", attribute="last_name"),
    ProfileField(
        "Phone Number",
        Kind.STANDARD,
        meaning="Mobile number in international form, if it can be one.",
        attribute="phone_number",
    ),
    ProfileField("Zenoti ID", Kind.CUSTOM, "string", "Id of the guest in Zenoti."),
    *(
        ProfileField(f"Receive {name}", Kind.CUSTOM, "boolean", f"{name} is wanted.")
        for name in (
            "Marketing Email",
            "Marketing SMS",
            "Transactional Email",
            "Transactional SMS",
        )
    ),
    ProfileField(
        "Zenoti Guest Tags", Kind.CUSTOM, "list<string>", "Labels staff gave.", sensitive=True
    ),
    ProfileField("Birthday", Kind.CUSTOM, "date", "Date of birth."),
)

#: What of a person nobody here reads: tax numbers, log-ins, relations, likes.
DISCARDED_OF_GUESTS: Final = (
    "personal_info.pan",
    "personal_info.user_name",
    "personal_info.nationality_id",
    "personal_info.anniversary_date",
    "referral",
    "login_info",
    "notes",
)
#: What an appointment says of persons beyond their names: mail addresses, notes, links.
DISCARDED_OF_GROUPS: Final = (
    "appointments.notes",
    "appointments.email_link",
    "appointments.sms_link",
    "appointments.therapist.email",
    "appointments.form_id",
)
#: How somebody paid, and tax numbers.
DISCARDED_OF_INVOICES: Final = ("invoice.gstin", "invoice.transactions")
