"""What a guest's record tells: the profile, and consent to marketing e-mails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from frontdesk import addresses
from frontdesk.errors import RecordError
from frontdesk.model import (
    Channel,
    Consent,
    ConsentState,
    Context,
    Gone,
    Json,
    Merged,
    Payload,
    Profile,
    Record,
    Ref,
    Related,
)
from frontdesk.rows import as_list, as_row
from frontdesk_zenoti import times
from frontdesk_zenoti.rows import guid, part, text

#: The one preference that is consent to marketing e-mails; SMS stays a property.
MARKETING: Final = "receive_marketing_email"
_PREFERENCES: Final = (
    ("Receive Marketing Email", MARKETING),
    ("Receive Marketing SMS", "receive_marketing_sms"),
    ("Receive Transactional Email", "receive_transactional_email"),
    ("Receive Transactional SMS", "receive_transactional_sms"),
)
_NO_DIGIT: Final = re.compile(r"\D+")


def profile(record: Record, context: Context, related: Related) -> Profile | Merged | Gone | None:
    """Return what is known of the guest, or what became of it; None where that is an id.

    A guest deleted there is gone, no more: whether its data is to be erased, a person says.
    """
    row = record.payload
    if record.deleted:
        return Gone(record.id)
    into = guid(row, "Merged")
    if into is not None and into != record.id:
        return Merged(record.id, into)
    if record.partial and "personal_info" not in row:
        return None
    person = part(row, "personal_info")
    return Profile(
        guest=record.id,
        email=email(row, context),
        phone_number=phone(row, context, related),
        first_name=text(person, "first_name"),
        last_name=text(person, "last_name"),
        properties=_properties(record.id, row),
        excluded="virtual" if _virtual(row) else None,
    )


def consents(record: Record, previous: Record | None, context: Context) -> Iterable[Consent]:
    """State what the preference says: it was given, or it was taken back.

    One that was never seen given is no opt-out, and neither is a merge or a deletion.
    """
    row = record.payload
    wanted = _wanted(row)
    if record.deleted or guid(row, "Merged") or wanted is None or _virtual(row):
        return
    earlier = _before(record, previous)
    was = None if earlier is None else _wanted(earlier)
    address = email(row, context)
    if wanted:
        # It may be on because the centre's default is; then only a change is the guest's word.
        explicit = context.settings.consent_mode == "explicit_only"
        if address and (not explicit or was is False):
            yield _consent(record, address, ConsentState.SUBSCRIBED, f"Zenoti {MARKETING} is on")
        return
    if was and earlier is not None:
        # Whoever opted out may have changed the address at the same time: both are meant.
        for each in dict.fromkeys((address, email(earlier, context))):
            if each:
                yield _consent(
                    record, each, ConsentState.UNSUBSCRIBED, f"Zenoti {MARKETING} was switched off"
                )


def _consent(record: Record, address: str, state: ConsentState, evidence: str) -> Consent:
    # When a preference was changed, Zenoti does not tell; when a guest was, is another thing.
    return Consent(record.id, address, Channel.EMAIL, state, None, evidence)


def _before(record: Record, previous: Record | None) -> Payload | None:
    """Return what the row was before; a version that arrives late has no such thing."""
    if previous is None:
        return None
    if previous.version and record.version and previous.version > record.version:
        return None
    return previous.payload


def _wanted(row: Payload) -> bool | None:
    value = part(row, "preferences").get(MARKETING)
    return value if isinstance(value, bool) else None


def _virtual(row: Payload) -> bool:
    return row.get("is_virtual_guest") is True or row.get("is_virtual_user") is True


def email(row: Payload, context: Context) -> str | None:
    """Return the address, if it can be one, and is none that stands for having none."""
    address = addresses.email(part(row, "personal_info").get("email"))
    if address is None:
        return None
    domain = address.rpartition("@")[2].casefold()
    return None if domain in context.settings.placeholder_domains else address.lower()


def phone(row: Payload, context: Context, related: Related) -> str | None:
    """Return the mobile number in E.164.

    The country is Zenoti's own number for it, and no dialling code; where that is left out,
    the list of countries knows it.
    """
    value = part(row, "personal_info").get("mobile_phone")
    known = as_row(value)
    if known is None:
        return addresses.phone(value, _home(row, context))
    written = text(known, "number") or text(known, "display_number")
    if written is None:
        return None
    if written.startswith("+"):
        return addresses.phone(written)
    code = _dialled(known, related)
    if code is None:
        return addresses.phone(written, _home(row, context))
    return addresses.phone(f"+{code} {written}")


def _dialled(known: Payload, related: Related) -> str | None:
    """Return a dialling code."""
    code = _NO_DIGIT.sub("", str(known.get("phone_code") or ""))
    if code:
        return code
    country = known.get("country_code")
    if not isinstance(country, int) or isinstance(country, bool) or country <= 0:
        return None
    record = related[Ref("countries", str(country))]
    found = None if record is None else record.payload.get("phone_code")
    return _NO_DIGIT.sub("", str(found or "")) or None


def _home(row: Payload, context: Context) -> str | None:
    """Return the country of the guest's centre."""
    sites = context.account.sites
    site = context.account.site(guid(row, "center_id")) or (sites[0] if sites else None)
    return site.country if site else None


def _properties(id: str, row: Payload) -> dict[str, Json]:
    shown: dict[str, Json] = {"Zenoti ID": id}
    wishes = part(row, "preferences")
    for name, field in _PREFERENCES:
        if field in wishes:
            value = wishes[field]
            shown[name] = value if isinstance(value, bool) else None
    # News of a guest comes without tags: then they are not cleared, but not known.
    if "tags" in row:
        tags = as_list(row["tags"]) or []
        shown["Zenoti Guest Tags"] = [tag for tag in tags if isinstance(tag, str) and tag]
    if "date_of_birth" in part(row, "personal_info"):
        shown["Birthday"] = _birthday(row)
    return shown


def _birthday(row: Payload) -> str | None:
    """Return the day of birth, unless its year is not known."""
    person = part(row, "personal_info")
    if person.get("dob_incomplete_year"):
        return None
    try:
        born = times.written(person.get("date_of_birth"), "date_of_birth")
    except RecordError:
        return None
    return None if born is None else date(born.year, born.month, born.day).isoformat()
