"""The endpoints of Klaviyo we use, as data: their quota, and the scopes a key needs for them."""

from __future__ import annotations

from typing import Final

import attrs

from frontdesk.manifest import Rate

_SECOND, _MINUTE = 1, 60
#: Klaviyo's tiers: windows of a second and of a minute, both at once. Its guide and its
#: specification disagree about the fourth (700 or 750 a minute); the lower holds.
XS: Final = (Rate(1, _SECOND), Rate(15, _MINUTE))
S: Final = (Rate(3, _SECOND), Rate(60, _MINUTE))
M: Final = (Rate(10, _SECOND), Rate(150, _MINUTE))
L: Final = (Rate(75, _SECOND), Rate(700, _MINUTE))
XL: Final = (Rate(350, _SECOND), Rate(3500, _MINUTE))


@attrs.frozen
class Endpoint:
    """One operation.

    Args:
        path: Below the base URL; ``{id}`` stands for one part.
        rates: The windows of its quota, which is its own.
        scopes: What the key must be allowed.
    """

    method: str
    path: str
    rates: tuple[Rate, ...]
    scopes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


_SUBSCRIBING: Final = ("lists:write", "profiles:write", "subscriptions:write")

ACCOUNTS: Final = Endpoint("GET", "api/accounts", XS, ("accounts:read",))
EVENT: Final = Endpoint("POST", "api/events", XL, ("events:write",))
EVENTS: Final = Endpoint("POST", "api/event-bulk-create-jobs", M, ("events:write",))
PROFILE: Final = Endpoint("POST", "api/profile-import", L, ("profiles:write",))
PATCH: Final = Endpoint("PATCH", "api/profiles/{id}", L, ("profiles:write",))
PROFILES: Final = Endpoint("GET", "api/profiles", L, ("profiles:read",))
IMPORT: Final = Endpoint(
    "POST", "api/profile-bulk-import-jobs", M, ("lists:write", "profiles:write")
)
IMPORT_JOB: Final = Endpoint(
    "GET", "api/profile-bulk-import-jobs/{id}", M, ("lists:read", "profiles:read")
)
IMPORT_ERRORS: Final = Endpoint(
    "GET", "api/profile-bulk-import-jobs/{id}/import-errors", M, ("profiles:read",)
)
SUBSCRIBE: Final = Endpoint("POST", "api/profile-subscription-bulk-create-jobs", L, _SUBSCRIBING)
UNSUBSCRIBE: Final = Endpoint("POST", "api/profile-subscription-bulk-delete-jobs", L, _SUBSCRIBING)
METRICS: Final = Endpoint("GET", "api/metrics", M, ("metrics:read",))
LISTS: Final = Endpoint("GET", "api/lists", L, ("lists:read",))
LIST: Final = Endpoint("GET", "api/lists/{id}", L, ("lists:read",))
ERASURE: Final = Endpoint("POST", "api/data-privacy-deletion-jobs", S, ("data-privacy:write",))

ALL: Final = (
    ACCOUNTS,
    EVENT,
    EVENTS,
    PROFILE,
    PATCH,
    PROFILES,
    IMPORT,
    IMPORT_JOB,
    IMPORT_ERRORS,
    SUBSCRIBE,
    UNSUBSCRIBE,
    METRICS,
    LISTS,
    LIST,
    ERASURE,
)
#: Every scope that the ordinary key needs; erasing takes a key of its own.
SCOPES: Final = tuple(
    sorted({scope for known in ALL if known is not ERASURE for scope in known.scopes})
)


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """Return the endpoint of a request; *path* may begin with a prefix of the base URL's."""
    _, found, rest = path.partition("/api/")
    if not found:
        return None
    parts = f"api/{rest}".rstrip("/").split("/")
    for known in ALL:
        if known.method == method and _fits(known.path.split("/"), parts):
            return known
    return None


def lane(method: str, path: str) -> tuple[str, tuple[Rate, ...]]:
    """Tell which quota a request draws on."""
    known = endpoint_of(method, path)
    return (str(known), known.rates) if known is not None else ("others", M)


def _fits(pattern: list[str], parts: list[str]) -> bool:
    if len(pattern) != len(parts):
        return False
    return all(wanted in ("{id}", part) for wanted, part in zip(pattern, parts, strict=True))
