"""What can be chosen about an emulated Boulevard."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from frontdesk.sandbox import options
from frontdesk_boulevard.sandbox.sending import Sending


def _least(least: float, default: Any, help: str) -> Any:
    """Declare a number that may not be smaller."""
    return attrs.field(
        default=default, validator=attrs.validators.ge(least), metadata={"help": help}
    )


def _one_of(default: Any, *others: Any, help: str) -> Any:
    """Declare a choice; the first is what happens."""
    choices = attrs.validators.in_((default, *others))
    return attrs.field(default=default, validator=choices, metadata={"help": help})


def _some(default: int | None, help: str) -> Any:
    """Declare a number of rows that may be left out."""
    return attrs.field(
        default=default,
        validator=attrs.validators.optional(attrs.validators.ge(0)),
        metadata={"help": help},
    )


def _flag(default: bool, help: str) -> Any:
    return attrs.field(default=default, metadata={"help": help})


@attrs.frozen(kw_only=True, field_transformer=options.own_first)
class Options(Sending):
    """The size and the manners of the generated world.

    What ends in *unconfirmed* nobody has seen Boulevard do, or not do.
    """

    appointments: int = _least(0, 2_000, "How many appointments exist at the start.")
    clients: int | None = _some(None, "How many clients exist; left out, 0.6 for each appointment.")
    memberships: int | None = _some(None, "How many memberships exist; left out, 0.1 a client.")
    locations: int = _least(1, 4, "How many locations the business has.")
    points: int = _least(0, 10_000, "What the bucket of query cost holds; 0 turns it off.")
    points_per_second: float = _least(0.001, 50.0, "Points that come back in a second.")
    field_cost: int = _least(0, 1, "What each field of a query costs (unconfirmed).")
    row_cost: int = _least(0, 1, "What each row asked for by first costs (unconfirmed).")
    cost_multiplied: bool = _flag(
        False, "A list's fields cost as often as it has rows, not once (unconfirmed)."
    )
    demo: bool = _flag(False, "Serve a demo, where nobody waits for points: queries cost none.")
    limit_status: int = _one_of(
        200, 429, help="The HTTP status of a query that costs too much (unconfirmed)."
    )
    limit_retry_after: bool = _flag(False, "Say Retry-After with it (unconfirmed).")
    token_lifetime: float = _least(
        0.0, 60.0, "Seconds for which a token is believed; 0 is for ever (unconfirmed)."
    )
    token_early: float = _least(
        0.0, 5.0, "Seconds by which a token's time may lie ahead (unconfirmed)."
    )
    clock_skew: float = attrs.field(
        default=0.0, metadata={"help": "Seconds by which Boulevard's own clock is ahead."}
    )
    auth_status: int = _one_of(
        401, 200, 403, help="The HTTP status of a wrong token (401 seen once)."
    )
    most_rows: int = _least(1, 1_000, "The most rows of a page.")
    too_many_rows: Literal["cap", "refuse"] = _one_of(
        "cap", "refuse", help="What asking for more of them does (unconfirmed)."
    )
    default_rows: int = _least(1, 100, "Rows of a page without first or last (unconfirmed).")
    deepest: int = _least(1, 10, "The deepest query that is answered.")
    order: Literal["newest", "oldest"] = _one_of(
        "newest", "oldest", help="In which order lists come (seen once)."
    )
    cursors: Literal["offset", "row"] = _one_of(
        "offset",
        "row",
        help="What a cursor stands for, a place or a row: rows move between pages or do not "
        "(unconfirmed).",
    )
    cursor_lifetime: float = _least(
        0.0, 0.0, "Seconds for which a cursor is good; 0 is for ever (unconfirmed)."
    )
    lenient_queries: bool = _flag(
        False, 'Take !=, == and "..." in the filter language (unconfirmed).'
    )
    nulls_match: bool = _flag(
        False, "A comparison is true of a field without a value (unconfirmed)."
    )
    bare_ids: bool = _flag(
        False, "Memberships, tags and vouchers have bare UUIDs for ids, not URNs (unconfirmed)."
    )
    group_is_appointment: bool = _flag(
        True, "The id of an order's group of a visit is the visit's (two say different things)."
    )
    shared_emails: bool = _flag(True, "Some clients share an e-mail address (unconfirmed).")
    erased: Literal["gone", "blank"] = _one_of(
        "gone",
        "blank",
        help="What is left of an erased client: nothing, or an empty row (unconfirmed).",
    )
    secret_dotted: bool = _flag(
        False, "The secret is displayed with . _ - in the place of + / = (seen once)."
    )
    marketing_default: bool = _flag(
        False, "What a new client's marketing settings say (unconfirmed)."
    )
    preferences_touch: bool = _flag(True, "Changed preferences change updatedAt (unconfirmed).")
    closed_shown: bool = _flag(
        False, "Appointments and orders of a deleted location can still be read (unconfirmed)."
    )
    zoneless: bool = _flag(False, "The last location has an empty time zone.")

    @property
    def guests(self) -> int:
        """Count the clients to make."""
        return max(20, self.appointments * 3 // 5) if self.clients is None else max(1, self.clients)

    @property
    def members(self) -> int:
        """Count the memberships to make."""
        return max(10, self.guests // 10) if self.memberships is None else self.memberships
