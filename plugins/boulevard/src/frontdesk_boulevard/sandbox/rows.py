"""What people and their visits look like, field for field as the API shows them.

Fields have the API's names, in the spelling of Python; what hangs on other rows, such as the
client of an appointment, is looked up by :mod:`links`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Setting(msgspec.Struct, frozen=True, gc=False):
    """Through which channels a client is written to, for one purpose."""

    type: str
    email: bool
    sms: bool
    push: bool


class Client(msgspec.Struct, kw_only=True):
    """A guest."""

    id: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    merged_into_client_id: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    mobile_phone: str | None = None
    dob: str | None = None
    pronoun: str | None = None
    current_account_balance: int = 0
    has_card_on_file: bool = False
    tag_ids: tuple[str, ...] = ()
    marketing_settings: tuple[Setting, ...] = ()
    reminder_settings: tuple[Setting, ...] = ()

    @property
    def name(self) -> str | None:
        """First and last name together."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or None


class AppointmentCancellation(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """When and why an appointment was called off."""

    cancelled_at: datetime
    reason: str
    notes: str | None = None


class AppointmentService(msgspec.Struct, kw_only=True, gc=False):
    """One service of an appointment; an add-on names the one it is added to."""

    id: str
    service_id: str
    staff_id: str
    start_at: datetime
    end_at: datetime
    start_time_offset: int
    duration: int
    price: int
    staff_requested: bool = False
    base_appointment_service_id: str | None = None

    @property
    def total_duration(self) -> int:
        """Minutes, with what is to be done before and after."""
        return self.duration


class Appointment(msgspec.Struct, kw_only=True):
    """A visit."""

    id: str
    client_id: str
    location_id: str
    state: str
    created_at: datetime
    start_at: datetime
    end_at: datetime
    #: Minutes; not always the time from start to end.
    duration: int
    booked_by_type: str
    appointment_services: tuple[AppointmentService, ...]
    cancellation: AppointmentCancellation | None = None
    order_id: str | None = None
    is_recurring: bool = False
    is_grouped_appointment: bool = False
    is_remote: bool = False
    notes: str | None = None
    client_message: str | None = None
    manage_url: str = ""
    tag_ids: tuple[str, ...] = ()

    @property
    def cancelled(self) -> bool:
        """Whether it was called off."""
        return self.state == "CANCELLED"

    def facts(self) -> dict[str, object]:
        """Tell how far it has come."""
        return {
            "clientId": self.client_id,
            "state": self.state,
            "startAt": self.start_at,
            "cancelledAt": self.cancellation and self.cancellation.cancelled_at,
            "reason": self.cancellation and self.cancellation.reason,
            "orderId": self.order_id,
        }


class MembershipVoucher(msgspec.Struct, frozen=True, gc=False):
    """What a membership gives each term: any of these services, so many times."""

    quantity: int
    service_ids: tuple[str, ...]


class Membership(msgspec.Struct, kw_only=True):
    """A subscription; its dates are those of its location."""

    id: str
    client_id: str
    location_id: str
    product_id: str
    name: str
    status: str
    start_on: str
    end_on: str
    interval: str
    term_number: int
    unit_price: int
    cancel_on: str | None = None
    unpause_on: str | None = None
    next_charge_date: str | None = None
    status_reason: str | None = None
    status_reason_custom: str | None = None
    vouchers: tuple[MembershipVoucher, ...] = ()

    def facts(self) -> dict[str, object]:
        """Tell how far it has come."""
        return {
            "clientId": self.client_id,
            "status": self.status,
            "cancelOn": self.cancel_on,
            "unpauseOn": self.unpause_on,
            "endOn": self.end_on,
            "termNumber": self.term_number,
        }
