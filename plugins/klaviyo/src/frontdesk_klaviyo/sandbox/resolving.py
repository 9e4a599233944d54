"""Whom an upsert means: an existing profile, a new one, or two that cannot both be meant."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.checks import KB
from frontdesk_klaviyo.sandbox.people import Who
from frontdesk_klaviyo.sandbox.profiles import ConflictError, Profile
from frontdesk_klaviyo.sandbox.refusal import Problem

_LARGEST: Final = 100 * KB
_NOBODY: Final = Problem("")


def too_large(content: bytes | msgspec.Raw) -> bool:
    """Tell whether one profile is larger than may be."""
    return memoryview(content).nbytes > _LARGEST


def conflict(other: Profile) -> Problem:
    """Say that an identifier belongs to somebody else."""
    detail = "A profile already exists with one of these identifiers."
    return Problem(detail, "/data/attributes", meta={"duplicate_profile_id": other.id})


def resolved(
    account: Account, who: Who, now: datetime, *, strict: bool
) -> tuple[Profile | None, Problem]:
    """Find whom an upsert means, or make them; else tell why that cannot be.

    Args:
        strict: Identifiers that belong to two profiles are a conflict.
    """
    profiles = account.profiles
    if who.id is not None:
        row = profiles.by_id(who.id)
        if row is None:
            return None, Problem(f"A profile with id {who.id} does not exist.", "/data/id")
        # The external id takes no part in telling profiles apart.
        told = {name: value for name, value in who.changes.items() if name != "external_id"}
        other = profiles.taken(told, row)
        return (None, conflict(other)) if other is not None and strict else (row, _NOBODY)
    try:
        found = profiles.find(who.changes, strict=strict)
    except ConflictError as error:
        return None, conflict(error.other)
    return (found or profiles.create(now)), _NOBODY
