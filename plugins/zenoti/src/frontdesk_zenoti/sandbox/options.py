"""What can be chosen about an emulated Zenoti."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from frontdesk_zenoti.sandbox.sending import Sending


def _own_first(
    _options: type, fields: list[attrs.Attribute[object]]
) -> list[attrs.Attribute[object]]:
    return sorted(fields, key=lambda field: field.name.startswith(("webhook", "type_")))


def _option(default: Any, help: str, least: float | None = None) -> Any:
    validator = [] if least is None else [attrs.validators.ge(least)]
    return attrs.field(default=default, validator=validator, metadata={"help": help})


def _choice(default: str, help: str, *others: str) -> Any:
    return attrs.field(
        default=default,
        validator=attrs.validators.in_((default, *others)),
        metadata={"help": help},
    )


@attrs.frozen(kw_only=True)
class Unconfirmed(Sending):
    """What Zenoti's answers may or may not look like: nobody has confirmed these."""

    business_status: Literal["code", "400", "200"] = _choice(
        "code", "The HTTP status of an error with a code of Zenoti's own.", "400", "200"
    )
    error_shape: Literal["documented", "wrapped", "flat", "pascal", "prepaid"] = _choice(
        "documented", "The form of every error's body; documented: each in its own.",
        "wrapped", "flat", "pascal", "prepaid",
    )  # fmt: skip
    window_status: int = _option(400, "The HTTP status of the refusal of more than seven days.")
    appointment_answer: Literal["object", "array"] = _choice(
        "object", "What one appointment is answered as.", "array"
    )
    center_wrapped: bool = _option(False, "Answer one center under a key 'center'.")
    center_keys: Literal["address_1", "address1"] = _choice(
        "address_1", "How numbered keys of a center are spelt.", "address1"
    )
    zone_names: Literal["windows", "iana"] = _choice(
        "windows", "What names a center's time zone has.", "iana"
    )
    phone_code: Literal["mixed", "always", "never"] = _choice(
        "mixed", "Whether a guest's phone says its dialling code besides the country's id.",
        "always", "never",
    )  # fmt: skip
    last_updated: Literal["any", "date", "datetime"] = _choice(
        "any", "The forms of last_updated that are read; others are a 400.", "date", "datetime"
    )
    members_key: str = _option("members", "The key of the list of a center's members.")
    packages_key: str = _option("packages", "The key of the list of a guest's packages.")
    first_page: int = _option(1, "The number of the first page of a guest's packages.", 0)
    package_extras: bool = _option(
        True, "Packages say can_transfer_benefits, discounts and is_returned."
    )
    card_extras: bool = _option(True, "Gift cards say comments and restrict_usage_to_sale_center.")
    cards_flat: bool = _option(
        False, "Invoice and center stand beside the list of gift cards, not in each."
    )
    transaction_amount: Literal["amount_paid", "total_amount_paid"] = _choice(
        "amount_paid", "How a transaction names its amount.", "total_amount_paid"
    )
    login_answer: Literal["credentials", "flat"] = _choice(
        "credentials", "Where POST tokens puts the token.", "flat"
    )
    token_hours: float = _option(10.0, "How long a bearer token lives; 24 is said as well.", 0.0)
    times: Literal["local", "utc"] = _choice(
        "local", "What check-in, start and completion times of appointments are in.", "utc"
    )
    invoice_times: Literal["utc", "local"] = _choice(
        "utc", "What the appointments of an invoice tell their times in.", "local"
    )
    totals: Literal["true", "wrong"] = _choice(
        "true", "Whether page_info counts right; it is said that it may not.", "wrong"
    )
    search_across: bool = _option(False, "A search for guests works without center_id.")
    report_days: int | None = _option(None, "The longest span of a report in days; None: any.")
    merge_fields: Literal["guessed", "flat"] = _choice(
        "guessed", "The fields of a merge, in its history and as a webhook.", "flat"
    )


@attrs.frozen(kw_only=True, field_transformer=_own_first)
class Options(Unconfirmed):
    """The size and the manners of the generated world."""

    groups: int = _option(600, "How many groups of appointments exist at the start.", 0)
    centers: int = _option(3, "How many centers the organization has.", 1)
    guests: int | None = _option(None, "How many guests exist; left out, half as many as groups.")
    demo: bool = _option(False, "Serve a demo, which has no minute to wait: limit no requests.")
    rate_limit: int = _option(60, "Requests that the whole organization may send in the window.", 1)
    rate_window: float = _option(60.0, "The rate limit's window in seconds; 0 turns it off.", 0.0)
    rate_others: float = _option(
        0.0, "Requests per window that other programs of the organization send all the time.", 0.0
    )
    rate_headers: Literal["organization", "both"] = _choice(
        "organization", "Announce the organization's limit, or one of the API besides.", "both"
    )
    retry_after: bool = _option(True, "Say in a 429 when to come back.")
    rotated: bool = _option(
        False, "A rotation of the API key is under way: the old key works, and so does the next."
    )

    @property
    def people(self) -> int:
        """Count the guests to make."""
        return max(24, self.groups // 2) if self.guests is None else max(24, self.guests)
