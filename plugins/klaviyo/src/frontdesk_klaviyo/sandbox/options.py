"""What can be chosen about an emulated Klaviyo.

Each behaviour that Klaviyo's documentation leaves open, or tells in two ways, is a switch of
its own. Its default is the reading that asks most of a client.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

#: What a key for ordinary work may do; deleting guests takes another key.
SCOPES: Final = (
    "accounts:read",
    "events:read",
    "events:write",
    "lists:read",
    "lists:write",
    "metrics:read",
    "profiles:read",
    "profiles:write",
    "subscriptions:read",
    "subscriptions:write",
)
ERASURE_SCOPES: Final = ("accounts:read", "data-privacy:write")


def _field(default: Any, text: str, **more: Any) -> Any:
    return attrs.field(default=default, metadata={"help": text}, **more)


def _switch(text: str, *choices: str) -> Any:
    """Make a switch; its first choice is the strict one."""
    return _field(choices[0], text, validator=attrs.validators.in_(choices))


@attrs.frozen(kw_only=True)
class Options:
    """The size and the manners of the emulated platform."""

    accounts: int = _field(
        1,
        "How many accounts there are.",
        validator=[attrs.validators.ge(1), attrs.validators.le(99)],
    )
    seed: int = _field(7, "The same seed gives the same ids and keys.")
    test_account: bool = _field(True, "Whether the accounts say that they are test accounts.")
    rate_limits: bool = _field(True, "Count requests in the published windows.")
    event_delay: float = _field(
        2.0, "Seconds from the answer to an event until it shows.", validator=attrs.validators.ge(0)
    )
    consent_delay: float = _field(
        2.0, "Seconds until a change of consent shows.", validator=attrs.validators.ge(0)
    )
    job_delay: float = _field(
        2.0,
        "Seconds a job is queued, and as many it is processed.",
        validator=attrs.validators.ge(0),
    )
    keep: Literal["all", "digest", "count"] = _field(
        "all",
        "What to keep of events: all, a digest instead of their properties, or their number.",
        validator=attrs.validators.in_(("all", "digest", "count")),
    )
    demo: bool = _field(
        False,
        "Serve a demo: take guests at example.com and with a phone alone; name a list for opt-ins.",
    )
    keep_bodies: bool = _field(False, "Keep request bodies in the journal.")
    journal: int = _field(100_000, "How many requests the journal remembers.")
    dropped_domains: str = _field(
        "example.com,example.net,example.org,test.com",
        "E-mail domains whose events are accepted and then dropped without a word.",
    )
    sms_regions: str = _field(
        "", "Countries (ISO codes) in which the accounts have a number to send SMS from."
    )
    default_opt_in: Literal["double_opt_in", "single_opt_in"] = _field(
        "double_opt_in",
        "How subscribing works where no list is named.",
        validator=attrs.validators.in_(("double_opt_in", "single_opt_in")),
    )
    metrics: str = _field(
        "", "Metrics that are there from the start, such as 'Mews:Confirmed Reservation, API:Stay'."
    )
    age_gated_sms: bool = _field(False, "Subscribing to SMS takes a date of birth.")
    error_limit: int = _field(100, "At most so many errors in one answer.")
    missing_revision: Literal["refuse", "fall_forward"] = _switch(
        "A request without a revision: 400, or taken for the newest.", "refuse", "fall_forward"
    )
    content_types: Literal["vendor", "any_json"] = _switch(
        "Whether a body may also be application/json.", "vendor", "any_json"
    )
    gzip: Literal["refuse", "accept"] = _switch(
        "A compressed body: 415, or taken.", "refuse", "accept"
    )
    unknown_members: Literal["refuse", "ignore"] = _switch(
        "A member that no schema has: 400, or passed over.", "refuse", "ignore"
    )
    bulk_repeated_unique_id: Literal["fail", "fail_stored", "drop"] = _switch(
        "An event repeated in a bulk request: 400, 400 also for what was sent before, or dropped.",
        "fail",
        "fail_stored",
        "drop",
    )
    bulk_invalid_phone: Literal["reject", "partial"] = _switch(
        "A bad phone number beside a good e-mail address in a bulk request: 400, or left out.",
        "reject",
        "partial",
    )
    identifier_conflict: Literal["409", "email_wins"] = _switch(
        "Identifiers that belong to two profiles: a conflict, or the e-mail address decides.",
        "409",
        "email_wins",
    )
    consent_older_than_optout: Literal["apply", "ignore"] = _switch(
        "A consent dated before an opt-out: lifts it all the same, or not.", "apply", "ignore"
    )
    property_merge: Literal["shallow", "deep"] = _switch(
        "A nested property is replaced, or merged.", "shallow", "deep"
    )
    backfill_conflict: Literal["both", "either", "event", "group"] = _switch(
        "What makes an event of a bulk request backfill: its own word and its group's, or one.",
        "both",
        "either",
        "event",
        "group",
    )
    property_count: Literal["nested", "top"] = _switch(
        "Whether keys of nested objects count as properties.", "nested", "top"
    )
    oldest_event: Literal["2000", "1990"] = _switch(
        "The year before which an event is too old.", "2000", "1990"
    )
    phones: Literal["valid", "format"] = _switch(
        "A phone number must be one that can exist, or only look like one.", "valid", "format"
    )
    profile_fields: Literal["check", "take"] = _switch(
        "Whether locale, time zone, image and coordinates are checked.", "check", "take"
    )
    refused_count: Literal["no", "yes"] = _switch(
        "Whether a request answered with 429 counts in the windows.", "no", "yes"
    )


def listed(text: str) -> tuple[str, ...]:
    """Read what an option lists with commas."""
    return tuple(one.strip() for one in text.split(",") if one.strip())
