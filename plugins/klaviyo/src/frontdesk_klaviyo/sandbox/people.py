"""Profiles in bodies: what is wrong with them, whom they mean, and taking them in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
import msgspec

from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.call import Call
from frontdesk_klaviyo.sandbox.checks import email_fault, phone_is_good, profile_faults
from frontdesk_klaviyo.sandbox.profiles import IDENTIFIERS, Changes, Profile
from frontdesk_klaviyo.sandbox.refusal import Problem

NO_IDENTIFIER = "One or more identifiers is required"
_NAMES = frozenset(IDENTIFIERS)
#: The header that says which field was left out, though the request was taken.
PARTIAL = "X-Klaviyo-Partial-Failure"


@attrs.define
class Who:
    """Somebody in a body."""

    id: str | None
    changes: Changes
    meta: Changes | None = None
    #: Whether the phone number was no good and left out.
    phone_dropped: bool = False

    @property
    def key(self) -> str:
        """Name them for comparing rows of one body."""
        found = self.id or self.changes.get("email")
        if found:
            return str(found)
        named = (self.changes.get(name) for name in IDENTIFIERS)
        return next((str(value) for value in named if value), "")


def read_who(
    call: Call,
    base: str,
    attributes: msgspec.Struct,
    *,
    identity: Any = None,
    meta: Any = None,
    partial: bool = True,
) -> tuple[Who, list[Problem]]:
    """Read a profile in a body and tell what is wrong with it.

    Args:
        base: Where it stands in the body.
        partial: Whether a bad phone number beside another identifier is left out.
    """
    changes: Changes = msgspec.to_builtins(attributes)
    problems: list[Problem] = []
    email = changes.get("email")
    plain = len(changes) == 1 and not isinstance(meta, msgspec.Struct)
    if plain and email is not None and email_fault(email) is None:
        # Most events only say whose they are.
        return Who(identity or None, {"email": email.lower()}), problems
    meta = changes.pop("meta", None) or _plain(meta)
    changes.pop("anonymous_id", None)
    who = Who(identity or None, changes, meta)
    if email is not None:
        fault = email_fault(email)
        if fault is not None:
            problems.append(Problem(fault, f"{base}/attributes/email"))
        changes["email"] = email.lower()
    problems += _phone(call, base, who, partial=partial)
    if not problems and not _identified(call, who):
        problems.append(Problem(NO_IDENTIFIER, f"{base}/attributes"))
    if call.options.profile_fields == "check" and not changes.keys() <= _NAMES:
        faults = profile_faults(changes)
        problems += [Problem(what, f"{base}/attributes/{where}") for where, what in faults]
    return who, problems


def _plain(meta: Any) -> Changes | None:
    return msgspec.to_builtins(meta) if isinstance(meta, msgspec.Struct) else None


def _phone(call: Call, base: str, who: Who, *, partial: bool) -> list[Problem]:
    phone = who.changes.get("phone_number")
    if phone is None or phone_is_good(phone, call.options):
        return []
    others = (who.id, *(who.changes.get(name) for name in IDENTIFIERS if name != "phone_number"))
    if partial and any(others):
        del who.changes["phone_number"]
        who.phone_dropped = True
        return []
    return [Problem("Invalid phone number.", f"{base}/attributes/phone_number")]


def _identified(call: Call, who: Who) -> bool:
    if (
        who.id
        or who.changes.get("email")
        or any(who.changes.get(name) for name in IDENTIFIERS if name != "phone_number")
    ):
        return True
    # A number alone names somebody only where SMS can be sent.
    return bool(who.changes.get("phone_number")) and bool(call.account.sms_regions)


def take_in(account: Account, who: Who, now: datetime) -> Profile:
    """Find whom an event speaks of, or make them, and apply what it says about them."""
    row = account.profiles.by_id(who.id) if who.id else None
    row = row or account.profiles.find(who.changes, strict=False)
    if row is None:
        row = account.profiles.create(now)
    elif len(who.changes) == 1 and who.meta is None and row.email == who.changes.get("email"):
        return row
    account.profiles.change(row, who.changes, now)
    account.profiles.patch(row, who.meta, now)
    return row
