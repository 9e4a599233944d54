"""What can be chosen about the webhooks of an emulated Zenoti."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from frontdesk.sandbox import options


def _option(default: Any, help: str, *checks: Any) -> Any:
    return attrs.field(default=default, validator=list(checks), metadata={"help": help})


def _choice(default: str, help: str, *others: str) -> Any:
    return _option(default, help, attrs.validators.in_((default, *others)))


def _type(default: str) -> Any:
    """Declare the event_type of an event whose documentation does not show it."""
    return _option(default, "The event_type of this event, which no official page shows.")


@attrs.frozen(kw_only=True)
class EventTypes(options.Options):
    """What events are called whose names nobody has confirmed."""

    type_appointment_started: str = _type("Appointment.Started")
    type_appointment_completed: str = _type("Appointment.Completed")
    type_group_updated: str = _type("AppointmentGroup.Updated")
    type_group_deleted: str = _type("AppointmentGroup.Delete")
    type_membership_freeze: str = _type("Guest.Membership.Freeze")
    type_membership_unfreeze: str = _type("Guest.Membership.Unfreeze")
    type_membership_cancelled: str = _type("Guest.Membership.Cancelled")
    type_membership_reinstate: str = _type("Guest.Membership.Reinstate")
    type_package_created: str = _type("Guest.Package.Created")
    type_package_redemption: str = _type("Guest.Package.Redemption")
    type_package_reversal: str = _type("Guest.Package.RedemptionReversal")
    type_package_status: str = _type("Guest.Package.StatusUpdate")
    type_package_validity: str = _type("Guest.Package.ValidityUpdate")
    type_feedback: str = _type("Appointment.Feedback.Created")
    type_gift_card: str = _type("GiftCard.Created")
    type_guest_merged: str = _type("Guest.Merged")
    type_guestpass: str = _type("Guestpass.redeemed")
    type_booking_approved: str = _type("Class.Booking.Approved")
    type_booking_rejected: str = _type("Class.Booking.Rejected")


@attrs.frozen(kw_only=True)
class Sending(EventTypes):
    """Where webhooks go, what they look like, and what becomes of some on the way."""

    webhooks: str | None = options.webhooks(
        "Where webhooks go, a URL on this machine. Left out, none are sent."
    )
    webhook_verb: Literal["POST", "PUT", "PATCH"] = _choice(
        "POST", "The method that the administrator chose.", "PUT", "PATCH"
    )
    webhook_secret: str | None = attrs.field(
        default=None,
        repr=False,
        metadata={"help": "What webhooks are signed with; left out, it follows from the seed."},
    )
    webhook_center: int | None = _option(
        None, "The one center whose events are told, counted from 0; None: the organization's.",
        attrs.validators.optional(attrs.validators.ge(0)),
    )  # fmt: skip
    webhook_events: str = _option(
        "", "The types of the events that are told, with commas between them; empty: all."
    )
    webhook_subscriptions: int = _option(
        1, "How many webhooks of the same URL are set up: each tells every event.",
        attrs.validators.ge(1),
    )  # fmt: skip
    webhook_stable_id: bool = _option(
        True, "Repeats of a delivery have the same id; unconfirmed, event_id is the same anyway."
    )
    webhook_digits: Literal["mixed", "6", "7"] = _choice(
        "mixed", "How many fractional digits event_timestamp has.", "6", "7"
    )
    webhook_resource: Literal["mixed", "named", "null"] = _choice(
        "mixed", "Whether event_resource is told, which newer events leave null.", "named", "null"
    )
    webhook_envelope: bool = _option(
        True, "Send the envelope; some official samples show the inner object alone."
    )
    webhook_dates: Literal["midnight", "plain"] = _choice(
        "midnight", "Dates of memberships are the center's midnight in UTC, or cut off.", "plain"
    )
    webhook_statuses: Literal["true", "sample"] = _choice(
        "true", "Membership events say the status, or always 1 and 3 as all samples do.", "sample"
    )
    webhook_cancelled: Literal["4", "-1"] = _choice(
        "4", "The number of a cancelled membership.", "-1"
    )
    webhook_email: Literal["guest_email", "email", "both"] = _choice(
        "guest_email", "The key of the guest's address in Invoice.Closed.", "email", "both"
    )
    webhook_closed: bool = _option(True, "Invoice.Closed says is_closed; false: it lags behind.")
    webhook_opted: Literal["guest", "id"] = _choice(
        "guest", "Guest.OptedIn and OptedOut carry the guest, or only the id.", "id"
    )
    webhook_cards: bool = _option(False, "Sales of gift cards have an event of their own.")
    webhook_reschedule: Literal["edit", "new"] = _choice(
        "edit", "A reschedule edits the group, or makes a new one that names the old.", "new"
    )
    webhook_feedback: Literal["upper", "lower"] = _choice(
        "upper", "How ids in feedback are written.", "lower"
    )
    webhook_missigned: float = options.share("How many messages with a wrong signature come along.")
    webhook_retry: float = _option(
        30.0, "Seconds until a refused message is sent again, at first; then it grows.",
        attrs.validators.ge(0.0),
    )  # fmt: skip
    webhook_longest: float = _option(
        600.0, "Seconds between two attempts at most.", attrs.validators.ge(0.0)
    )
    webhook_attempts: int = _option(
        5, "How often a message is sent before Zenoti gives up.", attrs.validators.ge(1)
    )
    webhook_failures: int = _option(
        20, "So many failures in a row switch the webhook off.", attrs.validators.ge(1)
    )
