"""What Mews becomes, as data: metrics with their properties, and the fields of a profile."""

from __future__ import annotations

from typing import Final

from frontdesk.manifest import Kind, Metric, ProfileField, Property

REQUESTED: Final = "Requested Reservation"
INQUIRED: Final = "Inquired about Reservation"
CONFIRMED: Final = "Confirmed Reservation"
CHECKED_IN: Final = "Checked In to Reservation"
CHECKED_OUT: Final = "Checked Out of Reservation"
CANCELLED: Final = "Cancelled Reservation"

# Mews adds members to its enumerations without notice: *values* are those known today.
PROPERTIES: Final = (
    Property("Value", "number", "What the stay is worth.", of="value"),
    Property("Value Currency", "string", "Currency of Value, ISO 4217.", of="currency"),
    Property("Reservation ID", "string", "Id of the reservation in Mews."),
    Property("Reservation Number", "string", "Number the property and the guest call it by."),
    Property("Service Name", "string", "Name of the bookable service, mostly the stay."),
    Property(
        "Account Type",
        "string",
        "Who owns the reservation: a guest or a company.",
        values=("Customer", "Company"),
    ),
    Property(
        "Service Sender Origin",
        "string",
        "Where the reservation came from.",
        values=(
            "Distributor",
            "ChannelManager",
            "Commander",
            "Import",
            "Connector",
            "Navigator",
        ),
    ),
    Property(
        "Commander Origin",
        "string",
        "How it reached the staff member who entered it; empty unless staff did.",
        values=(
            "InPerson",
            "Channel",
            "Phone",
            "Email",
            "Website",
            "Message",
            "CallCenter",
            "RoomingList",
        ),
    ),
    Property("Used Voucher", "boolean", "A voucher was used."),
    Property(
        "Check In Status",
        "string",
        "Who of the party has checked in.",
        values=("All Checked In", "Owner Checked In", "Companion Checked In", "Not Checked In"),
    ),
    Property("Reservation Group Name", "string", "Name of the group it belongs to."),
    Property("Partner Company Name", "string", "Company on whose behalf it was made."),
    Property("Voucher Names", "list<string>", "Name of the voucher used; at most one."),
    Property(
        "Cancellation Reason",
        "string",
        "Why it was cancelled; empty unless it was.",
        values=(
            "Other",
            "ConfirmationMissed",
            "BookedElsewhere",
            "ForceMajeure",
            "GuestComplaint",
            "NoShow",
            "PriceTooHigh",
            "ServiceNotAvailable",
            "InputError",
            "InvalidPayment",
            "TravelAgency",
            "RequestedByGuest",
            "Update",
            "BookingAbandoned",
            "RequestedByBooker",
        ),
    ),
    Property("Release Date", "datetime", "When an optional reservation is let go, in UTC."),
    Property("Scheduled Start Time", "datetime", "Planned arrival, in UTC."),
    Property("Scheduled End Time", "datetime", "Planned departure, in UTC."),
    Property("Actual Start Time", "datetime", "Check-in, in UTC; empty before it."),
    Property("Actual End Time", "datetime", "Check-out, in UTC; empty before it."),
    Property(
        "Reservation Purpose",
        "string",
        "Why the guest travels.",
        values=("Leisure", "Business", "Student"),
    ),
    Property("Reservation Person Counts", "integer", "Persons booked, of every age."),
    Property("Reservation Adult Counts", "integer", "Adults booked."),
    Property("Reservation Child Counts", "integer", "Children booked."),
)

METRICS: Final = (
    Metric(REQUESTED, PROPERTIES, "A guest asks; the property has not said yes yet."),
    Metric(INQUIRED, PROPERTIES, "A guest inquires; nobody has committed to anything."),
    Metric(CONFIRMED, PROPERTIES, "Guest and property have both confirmed."),
    Metric(CHECKED_IN, PROPERTIES, "The stay has begun."),
    Metric(CHECKED_OUT, PROPERTIES, "The stay is over."),
    Metric(CANCELLED, PROPERTIES, "The reservation was cancelled."),
)

_STANDARD: Final = (
    ("First Name", "first_name", "First name."),
    ("Last Name", "last_name", "Last name."),
    ("Locale", "locale", "Language the guest prefers, else the one Mews assumes."),
    ("Title", "title", "Occupation."),
    ("Email", "email", "E-mail address."),
    ("Phone Number", "phone_number", "Phone number in international form, if it is a valid one."),
    ("Address1", "location.address1", "First line of the main address."),
    ("Address2", "location.address2", "Second line of the main address."),
    ("City", "location.city", "City of the main address."),
    ("Country", "location.country", "Country of the main address: its English name."),
    ("ZIP", "location.zip", "Postal code of the main address."),
    ("Organization", "organization", "Name of the company the guest belongs to."),
)

PROFILE: Final = (
    *(
        ProfileField(name, Kind.STANDARD, meaning=meaning, attribute=attribute)
        for name, attribute, meaning in _STANDARD
    ),
    ProfileField("Mews Customer ID", Kind.CUSTOM, "string", "Id of the guest in Mews."),
    ProfileField(
        "Mews Title",
        Kind.CUSTOM,
        "string",
        "Form of address.",
        values=("Mister", "Miss", "Misses"),
    ),
    ProfileField("Mews Sex", Kind.CUSTOM, "string", "Sex.", values=("Male", "Female")),
    ProfileField("Mews Birthday", Kind.CUSTOM, "date", "Date of birth."),
    ProfileField("Mews Notes", Kind.CUSTOM, "string", "What staff wrote down.", sensitive=True),
    ProfileField(
        "Mews Dietary Requirements",
        Kind.CUSTOM,
        "string",
        "What the guest does not eat; it may tell of health or religion.",
        sensitive=True,
    ),
    ProfileField(
        "Mews Classifications",
        Kind.CUSTOM,
        "list<string>",
        "Labels staff gave the guest, some about health or trust. Blacklist is read as Blocklist.",
        values=(
            "PaymasterAccount",
            "Blocklist",
            "Media",
            "LoyaltyProgram",
            "PreviousComplaint",
            "Returning",
            "Staff",
            "FriendOrFamily",
            "TopManagement",
            "Important",
            "VeryImportant",
            "Problematic",
            "Cashlist",
            "DisabledPerson",
            "Military",
            "Airline",
            "HealthCompliant",
            "InRoom",
            "WaitingForRoom",
            "Student",
        ),
        sensitive=True,
    ),
    ProfileField("Mews Company ID", Kind.CUSTOM, "string", "Id of the guest's company in Mews."),
    ProfileField("Mews Is Active", Kind.CUSTOM, "boolean", "The guest has not been deleted."),
    ProfileField(
        "Mews Preferred Space Features",
        Kind.CUSTOM,
        "list<string>",
        "What the guest likes in a room.",
        values=(
            "SeaView",
            "RiverView",
            "OceanView",
            "TwinBeds",
            "DoubleBed",
            "RollawayBed",
            "UpperBed",
            "LowerBed",
            "Balcony",
            "AccessibleBathroom",
            "AccessibleRoom",
            "ElevatorAccess",
            "HighFloor",
            "Kitchenette",
            "AirConditioning",
            "PrivateJacuzzi",
            "PrivateSauna",
            "EnsuiteRoom",
            "PrivateBathroom",
            "SharedBathroom",
        ),
    ),
    ProfileField(
        "Email consent",
        Kind.CONSENT,
        "consent",
        "Marketing e-mails are wanted: the guest's option SendMarketingEmails.",
    ),
)

#: Identity documents, tax and fiscal numbers, and what else of a person nobody here reads.
DISCARDED_OF_CUSTOMERS: Final = (
    "Passport",
    "IdentityCard",
    "Visa",
    "DriversLicense",
    "TaxIdentificationNumber",
    "ItalianDestinationCode",
    "ItalianFiscalCode",
    "ItalianLotteryCode",
    "AccountingCode",
    "BillingCode",
    "BirthPlace",
    "BirthCountryCode",
    "BirthCountrySubdivisionCode",
    "CarRegistrationNumber",
    "LoyaltyCode",
)
#: Tax numbers, credit and the persons behind a company: only its name is of use.
DISCARDED_OF_COMPANIES: Final = (
    "TaxIdentifier",
    "AdditionalTaxIdentifier",
    "ElectronicInvoiceIdentifier",
    "Identifier",
    "AccountingCode",
    "BillingCode",
    "Telephone",
    "InvoicingEmail",
    "Contact",
    "ContactPerson",
    "ContacPerson",
    "Notes",
    "CreditRating",
    "DunsNumber",
)
