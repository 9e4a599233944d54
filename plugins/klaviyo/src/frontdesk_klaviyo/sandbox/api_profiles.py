"""Profiles: creating, updating, importing, reading, deleting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from frontdesk_klaviyo.sandbox import filters, shapes
from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.checks import email_fault, phone_is_good
from frontdesk_klaviyo.sandbox.consents import Consents
from frontdesk_klaviyo.sandbox.filters import TIMES, Condition, Kind
from frontdesk_klaviyo.sandbox.people import NO_IDENTIFIER, PARTIAL, Who, read_who
from frontdesk_klaviyo.sandbox.profile_rows import PROFILE_FIELDS, profile_row
from frontdesk_klaviyo.sandbox.profiles import Profile
from frontdesk_klaviyo.sandbox.query import paged
from frontdesk_klaviyo.sandbox.refusal import Problem, Refusal, invalid, missing, wrong
from frontdesk_klaviyo.sandbox.resolving import conflict, resolved, too_large
from frontdesk_klaviyo.sandbox.shapes import Data
from frontdesk_klaviyo.sandbox.wire import Reply

_EQUALS: Final = frozenset({"equals"})
_ANY: Final = frozenset({"any", "equals"})
_BETWEEN: Final = frozenset({"greater-than", "less-than"})
_GLOBAL: Final = "subscriptions.email.marketing.suppression."
_OF_LIST: Final = "subscriptions.email.marketing.list_suppressions."
PROFILE_FILTERS: Final = {
    "id": Kind(_EQUALS, _ANY),
    "email": Kind(_EQUALS, _ANY),
    "phone_number": Kind(_EQUALS, _ANY),
    "external_id": Kind(_EQUALS, _ANY),
    "_kx": Kind(_EQUALS),
    "created": Kind(_BETWEEN, of="time"),
    "updated": Kind(_BETWEEN, of="time"),
    f"{_GLOBAL}reason": Kind(_EQUALS),
    f"{_GLOBAL}timestamp": Kind(TIMES, of="time"),
    f"{_OF_LIST}reason": Kind(_EQUALS),
    f"{_OF_LIST}timestamp": Kind(TIMES, of="time"),
    f"{_OF_LIST}list_id": Kind(_EQUALS),
}
_SORTS: Final = (
    "created",
    "email",
    "id",
    "updated",
    f"{_GLOBAL}timestamp",
    f"{_OF_LIST}timestamp",
)


def create_profile(call: Call) -> Reply:
    """Make a profile, unless one of its identifiers is taken."""
    call.items = 1
    _small(call)
    data = call.read(Data[shapes.ProfileCreate]).data
    who = _checked(call, data.attributes)
    other = call.account.profiles.taken(who.changes)
    if other is not None:
        raise Refusal(409, conflict(other))
    return _saved(call, call.account.profiles.create(call.now), who, 201)


def upsert_profile(call: Call) -> Reply:
    """Update a profile, or make it."""
    call.items = 1
    _small(call)
    data = call.read(Data[shapes.ProfileUpsert]).data
    who = _checked(call, data.attributes, data.id, data.meta)
    before = len(call.account.profiles)
    strict = call.options.identifier_conflict == "409"
    row, problem = resolved(call.account, who, call.now, strict=strict)
    if row is None:
        raise Refusal(409 if problem.meta else 404, problem)
    return _saved(call, row, who, 201 if len(call.account.profiles) > before else 200)


def update_profile(call: Call) -> Reply:
    """Update a profile that is named by its id."""
    call.items = 1
    _small(call)
    data = call.read(Data[shapes.ProfilePatch]).data
    row = _named(call)
    if data.id != row.id:
        raise invalid("The id differs from the one in the path.", "/data/id")
    who = _checked(call, data.attributes, data.id, data.meta)
    other = call.account.profiles.taken(who.changes, row)
    if other is not None:
        raise Refusal(409, conflict(other))
    return _saved(call, row, who, 200)


def _small(call: Call) -> None:
    if too_large(call.body):
        raise Refusal(413, Problem("A profile may have at most 100 KB."))


def _checked(call: Call, attributes: msgspec.Struct, identity: Any = None, meta: Any = None) -> Who:
    identity = None if identity is msgspec.UNSET else identity
    who, problems = read_who(call, "/data", attributes, identity=identity, meta=meta)
    call.refuse(problems)
    return who


def _saved(call: Call, row: Profile, who: Who, status: int) -> Reply:
    profiles = call.account.profiles
    profiles.change(row, who.changes, call.now)
    profiles.patch(row, who.meta, call.now)
    if who.meta:
        call.account.counts["patched"] += 1
    headers = {PARTIAL: "phone_number"} if who.phone_dropped else {}
    return Reply(status, {"data": _shown(call, row)}, headers)


def _named(call: Call) -> Profile:
    row = call.account.profiles.by_id(call.args["id"])
    if row is None:
        raise missing(f"A profile with id {call.args['id']} does not exist.")
    return row


def _shown(call: Call, row: Profile) -> dict[str, Any]:
    fields = call.query.choices("fields[profile]", PROFILE_FIELDS)
    known = ("subscriptions", "predictive_analytics")
    return profile_row(call, row, fields, call.query.choices("additional-fields[profile]", known))


def get_profile(call: Call) -> Reply:
    """Read one profile."""
    return Reply(200, {"data": _shown(call, _named(call))})


def get_profiles(call: Call) -> Reply:
    """Read profiles page by page."""
    conditions = filters.parse(call.query.get("filter"), PROFILE_FILTERS)
    _sensible(conditions)
    by, down = call.query.sort(_SORTS, "created")
    order = _order(by)
    places = sorted(
        (place, row.number)
        for row in _candidates(call, conditions)
        if _holds(row, conditions) and (place := order(row)) is not None
    )
    numbers, links = paged(places, call.query, down=down)
    rows = [row for number in numbers if (row := call.account.profiles.at(number)) is not None]
    call.items = len(rows)
    return Reply(200, {"data": [_shown(call, row) for row in rows], "links": links})


def _candidates(call: Call, conditions: list[Condition]) -> list[Profile]:
    """Look up who is named by address, rather than look at everybody."""
    for condition in conditions:
        if condition.field in {"id", "email", "phone_number"}:
            values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
            found = [call.account.profiles.get(value) for value in dict.fromkeys(values)]
            return list({row.number: row for row in found if row is not None}.values())
    return list(call.account.profiles)


def _order(by: str) -> Callable[[Profile], Any]:
    if by in {"created", "id"}:
        return lambda row: row.number
    if by == "email":
        return lambda row: row.email or ""
    if by == "updated":
        return lambda row: row.updated.isoformat()
    field = "suppressions" if by.startswith(_GLOBAL) else "list_suppressions"

    def latest(row: Profile) -> str | None:
        times = getattr(row.consents, field, {}) if row.consents else {}
        return max(times.values()).isoformat() if times else None

    return latest


def _sensible(conditions: list[Condition]) -> None:
    """Hold filters of suppressions to Klaviyo's rules."""
    fields = [one.field for one in conditions]
    whole = [field for field in fields if field.startswith(_GLOBAL)]
    listed = [field for field in fields if field.startswith(_OF_LIST)]
    if whole and listed:
        raise wrong("filter", "Suppressions and list suppressions cannot be mixed.")
    if listed and f"{_OF_LIST}list_id" not in listed:
        raise wrong("filter", "A filter of list suppressions needs a list_id.")
    if sum(field.endswith("timestamp") for field in whole + listed) > 1:
        raise wrong("filter", "Only one date filter of suppressions is allowed.")


def _holds(row: Profile, conditions: list[Condition]) -> bool:
    plain = [one for one in conditions if not one.field.startswith("subscriptions.")]
    if not all(one.holds(getattr(row, one.field)) for one in plain):
        return False
    wanted = conditions if len(plain) < len(conditions) else []
    wanted = [one for one in wanted if one.field.startswith("subscriptions.")]
    if not wanted:
        return True
    return any(
        all(one.holds(entry[one.field.rpartition(".")[2]]) for one in wanted)
        for entry in _entries(row.consents, listed=wanted[0].field.startswith(_OF_LIST))
    )


def _entries(consents: Consents | None, *, listed: bool) -> list[dict[str, Any]]:
    if consents is None:
        return []
    if listed:
        return [
            {"list_id": which, "reason": "UNSUBSCRIBE", "timestamp": at}
            for which, at in consents.list_suppressions.items()
        ]
    return [{"reason": reason, "timestamp": at} for reason, at in consents.suppressions.items()]


def delete_profile(call: Call) -> Reply:
    """Delete everybody an identifier means, later."""
    call.items = 1
    data = call.read(Data[shapes.DeletionJob]).data.attributes.profile.data
    named = {
        "id": data.id,
        "email": data.attributes.email,
        "phone_number": data.attributes.phone_number,
    }
    given = {name: value for name, value in named.items() if isinstance(value, str) and value}
    place = "/data/attributes/profile/data"
    if len(given) != 1:
        detail = "Exactly one of id, email and phone_number must be given."
        raise invalid(detail if given else NO_IDENTIFIER, f"{place}/attributes")
    ((name, value),) = given.items()
    fault = email_fault(value) if name == "email" else None
    if name == "phone_number" and not phone_is_good(value, call.options):
        fault = "Invalid phone number."
    if fault is not None:
        raise invalid(fault, f"{place}/attributes/{name}")
    task = partial(_delete, call.account, name, value.lower() if name == "email" else value)
    call.work.later(call.options.job_delay, task)
    return Reply(202)


def _delete(account: Account, name: str, value: str, _now: datetime) -> None:
    named = account.profiles.by_id(value) if name == "id" else account.profiles.get(value)
    rows = [row for row in account.profiles if row is named or getattr(row, name) == value]
    for row in rows:
        account.forget(row)
