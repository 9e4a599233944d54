"""What can be chosen about an emulated Mindbody."""

from __future__ import annotations

import re
from typing import Literal

import attrs

from frontdesk.sandbox import options
from frontdesk_mindbody.sandbox.sending import Sending
from frontdesk_mindbody.sandbox.studios import PLACES


def _statuses(_options: object, _attribute: attrs.Attribute[str], value: str) -> None:
    if not re.fullmatch(r"(\w+=[1-5]\d\d(,\w+=[1-5]\d\d)*)?", value):
        message = f"error_statuses must look like DeniedAccess=403,Unknown=500, not {value!r}"
        raise ValueError(message)


@attrs.frozen(kw_only=True, field_transformer=options.own_first)
class Options(Sending):
    """The size and the manners of the generated world."""

    clients: int = attrs.field(
        default=1_200,
        validator=attrs.validators.ge(0),
        metadata={"help": "How many clients exist at the start, over all sites."},
    )
    sites: int = attrs.field(
        default=3,
        validator=[attrs.validators.ge(1), attrs.validators.le(len(PLACES))],
        metadata={"help": "How many sites the developer account has, each in a zone of its own."},
    )
    unactivated: int = attrs.field(
        default=0,
        validator=attrs.validators.ge(0),
        metadata={"help": "So many of the last sites have not followed their activation link."},
    )
    appointments: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(0)),
        metadata={"help": "How many appointments exist; left out, half as many as clients."},
    )
    visits: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(0)),
        metadata={"help": "How many places in classes are taken; left out, as many as clients."},
    )
    sales: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(0)),
        metadata={"help": "How many sales exist; left out, half as many as clients."},
    )
    calls_a_day: int = attrs.field(
        default=1_000,
        validator=attrs.validators.ge(0),
        metadata={"help": "Calls allowed a day; they are counted in any case."},
    )
    hard_cap: bool = attrs.field(
        default=False,
        metadata={"help": "Refuse calls beyond the allowed ones, rather than bill them."},
    )
    quota_of: Literal["site", "key"] = attrs.field(
        default="site",
        validator=attrs.validators.in_(("site", "key")),
        metadata={"help": "Whether each site has calls of its own, or all share; unconfirmed."},
    )
    rate_limit: int = attrs.field(
        default=0,
        validator=attrs.validators.ge(0),
        metadata={"help": "Calls allowed for a key in the window; 0: any, as none is published."},
    )
    rate_window: float = attrs.field(
        default=1.0, metadata={"help": "The rate limit's window in seconds; 0 turns it off."}
    )
    retry_after: bool = attrs.field(
        default=False, metadata={"help": "Say in a 429 when to come back; unconfirmed."}
    )
    token_hours: float = attrs.field(
        default=24.0,
        validator=attrs.validators.gt(0.0),
        metadata={"help": "How long a staff token lasts."},
    )
    tokenless: Literal["refuse", "answer"] = attrs.field(
        default="refuse",
        validator=attrs.validators.in_(("refuse", "answer")),
        metadata={"help": "What becomes of calls that lack a staff token; unconfirmed."},
    )
    error_statuses: str = attrs.field(
        default="",
        validator=_statuses,
        metadata={
            "help": "Other statuses for some error codes, such as "
            "DeniedAccess=403,TooManyRequests=403; which are right is unconfirmed."
        },
    )
    user_agent: bool = attrs.field(
        default=False, metadata={"help": "Refuse calls without a User-Agent; unconfirmed."}
    )
    beyond_cap: Literal["clamp", "refuse"] = attrs.field(
        default="clamp",
        validator=attrs.validators.in_(("clamp", "refuse")),
        metadata={"help": "What becomes of a Limit above 200; unconfirmed."},
    )
    beyond_ids: Literal["refuse", "truncate"] = attrs.field(
        default="refuse",
        validator=attrs.validators.in_(("refuse", "truncate")),
        metadata={"help": "What becomes of more than 20 ClientIds; unconfirmed."},
    )
    prospects: Literal["all", "none"] = attrs.field(
        default="all",
        validator=attrs.validators.in_(("all", "none")),
        metadata={"help": "Whether prospects are found without IsProspect; unconfirmed."},
    )
    order: Literal["id", "modified", "-modified"] = attrs.field(
        default="id",
        validator=attrs.validators.in_(("id", "modified", "-modified")),
        metadata={"help": "The order of clients in pages, which is documented nowhere."},
    )
    drift: int = attrs.field(
        default=0,
        validator=attrs.validators.ge(0),
        metadata={"help": "So many clients change before each page but the first."},
    )
    windows_zones: bool = attrs.field(
        default=False, metadata={"help": "Name zones as Windows does; unconfirmed."}
    )
    filter_zone: Literal["utc", "site"] = attrs.field(
        default="utc",
        validator=attrs.validators.in_(("utc", "site")),
        metadata={"help": "The zone in which LastModifiedDate is read; unconfirmed."},
    )
    modified_z: bool = attrs.field(
        default=True, metadata={"help": "End LastModifiedDateTime with Z; unconfirmed."}
    )
    sale_times: Literal["cosmetic", "utc", "naive"] = attrs.field(
        default="cosmetic",
        validator=attrs.validators.in_(("cosmetic", "utc", "naive")),
        metadata={"help": "Sale times: the site's with a Z, really UTC, or plain; unconfirmed."},
    )
    sale_days: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(0)),
        metadata={"help": "How many days back sales are found; unconfirmed. Left out, all."},
    )
    balance_touches: bool = attrs.field(
        default=False,
        metadata={"help": "Let a changed balance change LastModifiedDateTime; unconfirmed."},
    )

    @property
    def statuses(self) -> dict[str, int]:
        """Give the statuses that were chosen, by error code."""
        pairs = (one.split("=") for one in self.error_statuses.split(",") if one)
        return {code: int(status) for code, status in pairs}
