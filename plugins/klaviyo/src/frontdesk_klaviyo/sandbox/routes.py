"""Every operation there is: where, how often, for whom, and with which parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import attrs

from frontdesk_klaviyo.sandbox import (
    api_consent,
    api_events,
    api_jobs,
    api_lists,
    api_profiles,
    api_reading,
    api_unsubscribe,
)
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.query import Page
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal
from frontdesk_klaviyo.sandbox.windows import Rate
from frontdesk_klaviyo.sandbox.wire import Reply

Handler: TypeAlias = Callable[[Call], Reply]

XS: Final = Rate(1, 15)
S: Final = Rate(3, 60)
M: Final = Rate(10, 150)
L: Final = Rate(75, 750)
XL: Final = Rate(350, 3_500)
_LISTS: Final = Rate(10, 150, 150)

_PROFILE: Final = ("additional-fields[profile]", "fields[profile]")
_OF_PROFILE: Final = (
    *_PROFILE,
    "fields[conversation]",
    "fields[list]",
    "fields[push-token]",
    "fields[segment]",
    "include",
)
_OF_EVENT: Final = (
    "fields[attribution]",
    "fields[event]",
    "fields[metric]",
    "fields[profile]",
    "include",
)
_OF_LIST: Final = ("fields[flow]", "fields[list]", "fields[tag]", "include")
_CURSOR: Final = ("page[cursor]",)
_PAGE: Final = ("page[cursor]", "page[size]")
_SELECT: Final = ("filter", "sort")
_IMPORT: Final = "fields[profile-bulk-import-job]"
_SUPPRESS: Final = "fields[profile-suppression-bulk-create-job]"
_UNSUPPRESS: Final = "fields[profile-suppression-bulk-delete-job]"
_NO_PAGE: Final = Page(1)


@attrs.frozen
class Endpoint:
    """One operation; each has rate windows of its own."""

    #: As Klaviyo's specification names it.
    name: str
    method: str
    path: str
    rate: Rate
    scopes: tuple[str, ...]
    handler: Handler
    params: tuple[str, ...] = ()
    page: Page = _NO_PAGE

    def pattern(self) -> re.Pattern[str]:
        """Give what its paths look like."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?")


_READ_JOB: Final = ("subscriptions:read",)
_SUBSCRIBE: Final = ("lists:write", "profiles:write", "subscriptions:write")
_IMPORTS: Final = "/api/profile-bulk-import-jobs"
_SUPPRESSIONS: Final = "/api/profile-suppression-bulk-create-jobs"
_UNSUPPRESSIONS: Final = "/api/profile-suppression-bulk-delete-jobs"
_MEMBERS: Final = "/api/lists/{id}/relationships/profiles"

ENDPOINTS: Final = (
    Endpoint(
        "get_accounts",
        "GET",
        "/api/accounts",
        XS,
        ("accounts:read",),
        api_reading.get_accounts,
        ("fields[account]",),
    ),
    Endpoint("create_event", "POST", "/api/events", XL, ("events:write",), api_events.create_event),
    Endpoint(
        "bulk_create_events",
        "POST",
        "/api/event-bulk-create-jobs",
        M,
        ("events:write",),
        api_events.bulk_create_events,
    ),
    Endpoint(
        "get_events",
        "GET",
        "/api/events",
        XL,
        ("events:read",),
        api_reading.get_events,
        (*_OF_EVENT, *_PAGE, *_SELECT),
        Page(200, 1_000),
    ),
    Endpoint(
        "get_metrics",
        "GET",
        "/api/metrics",
        M,
        ("metrics:read",),
        api_reading.get_metrics,
        ("fields[flow]", "fields[metric]", "filter", "include", *_CURSOR),
        Page(200),
    ),
    Endpoint(
        "create_or_update_profile",
        "POST",
        "/api/profile-import",
        L,
        ("profiles:write",),
        api_profiles.upsert_profile,
        _PROFILE,
    ),
    Endpoint(
        "create_profile",
        "POST",
        "/api/profiles",
        L,
        ("profiles:write",),
        api_profiles.create_profile,
        _PROFILE,
    ),
    Endpoint(
        "update_profile",
        "PATCH",
        "/api/profiles/{id}",
        L,
        ("profiles:write",),
        api_profiles.update_profile,
        _PROFILE,
    ),
    Endpoint(
        "get_profile",
        "GET",
        "/api/profiles/{id}",
        L,
        ("profiles:read",),
        api_profiles.get_profile,
        _OF_PROFILE,
    ),
    Endpoint(
        "get_profiles",
        "GET",
        "/api/profiles",
        L,
        ("profiles:read",),
        api_profiles.get_profiles,
        (*_PROFILE, "fields[conversation]", "fields[push-token]", "include", *_PAGE, *_SELECT),
        Page(20, 100),
    ),
    Endpoint(
        "request_profile_deletion",
        "POST",
        "/api/data-privacy-deletion-jobs",
        S,
        ("data-privacy:write",),
        api_profiles.delete_profile,
    ),
    Endpoint(
        "bulk_import_profiles",
        "POST",
        _IMPORTS,
        M,
        ("lists:write", "profiles:write"),
        api_jobs.import_profiles,
        (_IMPORT,),
    ),
    Endpoint(
        "get_bulk_import_profiles_jobs",
        "GET",
        _IMPORTS,
        M,
        ("lists:read", "profiles:read"),
        api_jobs.get_import_jobs,
        (_IMPORT, *_PAGE, *_SELECT),
        Page(20, 100),
    ),
    Endpoint(
        "get_bulk_import_profiles_job",
        "GET",
        _IMPORTS + "/{job_id}",
        M,
        ("lists:read", "profiles:read"),
        api_jobs.get_import_job,
        (_IMPORT, "fields[list]", "include"),
    ),
    Endpoint(
        "get_errors_for_bulk_import_profiles_job",
        "GET",
        _IMPORTS + "/{id}/import-errors",
        M,
        ("profiles:read",),
        api_jobs.get_import_errors,
        ("fields[import-error]", *_PAGE),
        Page(20, 100),
    ),
    Endpoint(
        "bulk_subscribe_profiles",
        "POST",
        "/api/profile-subscription-bulk-create-jobs",
        L,
        _SUBSCRIBE,
        api_consent.subscribe,
    ),
    Endpoint(
        "bulk_unsubscribe_profiles",
        "POST",
        "/api/profile-subscription-bulk-delete-jobs",
        L,
        _SUBSCRIBE,
        api_unsubscribe.unsubscribe,
    ),
    Endpoint(
        "bulk_suppress_profiles",
        "POST",
        _SUPPRESSIONS,
        L,
        ("profiles:write", "subscriptions:write"),
        api_jobs.suppress,
        (_SUPPRESS,),
    ),
    Endpoint(
        "get_bulk_suppress_profiles_jobs",
        "GET",
        _SUPPRESSIONS,
        L,
        _READ_JOB,
        api_jobs.get_suppress_jobs,
        (_SUPPRESS, *_CURSOR, *_SELECT),
        Page(20),
    ),
    Endpoint(
        "get_bulk_suppress_profiles_job",
        "GET",
        _SUPPRESSIONS + "/{job_id}",
        L,
        _READ_JOB,
        api_jobs.get_suppress_job,
        (_SUPPRESS,),
    ),
    Endpoint(
        "bulk_unsuppress_profiles",
        "POST",
        _UNSUPPRESSIONS,
        L,
        ("subscriptions:write",),
        api_jobs.unsuppress,
        (_UNSUPPRESS,),
    ),
    Endpoint(
        "get_bulk_unsuppress_profiles_jobs",
        "GET",
        _UNSUPPRESSIONS,
        L,
        _READ_JOB,
        api_jobs.get_unsuppress_jobs,
        (_UNSUPPRESS, *_CURSOR, *_SELECT),
        Page(20),
    ),
    Endpoint(
        "get_bulk_unsuppress_profiles_job",
        "GET",
        _UNSUPPRESSIONS + "/{job_id}",
        L,
        _READ_JOB,
        api_jobs.get_unsuppress_job,
        (_UNSUPPRESS,),
    ),
    Endpoint(
        "get_lists",
        "GET",
        "/api/lists",
        L,
        ("lists:read",),
        api_reading.get_lists,
        (*_OF_LIST, *_PAGE, *_SELECT),
        Page(10, 10),
    ),
    Endpoint(
        "create_list",
        "POST",
        "/api/lists",
        _LISTS,
        ("lists:write",),
        api_lists.create_list,
        ("fields[list]",),
    ),
    Endpoint(
        "get_list",
        "GET",
        "/api/lists/{id}",
        L,
        ("lists:read",),
        api_reading.get_list,
        ("additional-fields[list]", *_OF_LIST),
    ),
    Endpoint(
        "add_profiles_to_list",
        "POST",
        _MEMBERS,
        M,
        ("lists:write", "profiles:write"),
        api_lists.add_members,
    ),
    Endpoint(
        "remove_profiles_from_list",
        "DELETE",
        _MEMBERS,
        M,
        ("lists:write", "profiles:write"),
        api_lists.remove_members,
    ),
)
_PATTERNS: Final = tuple((endpoint.pattern(), endpoint) for endpoint in ENDPOINTS)


def find(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """Find an operation by method and path, with what the path names.

    Raises:
        Refusal: There is none.
    """
    methods: set[str] = set()
    for pattern, endpoint in _PATTERNS:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if endpoint.method == method:
            return endpoint, found.groupdict()
        methods.add(endpoint.method)
    if not methods:
        raise Refusal(404, Problem("There is nothing at this address."))
    headers = {"Allow": ", ".join(sorted(methods))}
    raise Refusal(405, Problem(f"Method {method} is not allowed."), headers=headers)
