"""What a customer tells: the guest's profile, and consent to marketing e-mails."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from frontdesk import addresses
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
)
from frontdesk.rows import before
from frontdesk_mews.rows import joined, part, strings, text, texts

#: Domains of the addresses booking sites lend their guests. Mews lists the first five as
#: examples, the others are seen in the wild; its own flag HasOtaEmail comes first.
OTA_DOMAINS: Final = (
    "agoda-messaging.com",
    "guest.airbnb.com",
    "guest.booking.com",
    "m.expediapartnercentral.com",
    "guest.trip.com",
    "mchat.booking.com",
    "stay.airbnb.com",
    "reply.airbnb.com",
    "messages.homeaway.com",
    "guest.expedia.com",
    "guest.agoda.com",
    "message.agoda.com",
    "guest.hotels.com",
    "guest.ctrip.com",
)
#: The one option that is consent to e-mails; partners' and postal mail are other purposes.
MARKETING: Final = "SendMarketingEmails"
#: Property: the field it is read from as it is.
_PLAIN: Final = (
    ("Mews Customer ID", "Id"),
    ("Mews Title", "Title"),
    ("Mews Sex", "Sex"),
    ("Mews Birthday", "BirthDate"),
    ("Mews Notes", "Notes"),
    ("Mews Dietary Requirements", "DietaryRequirements"),
    ("Mews Company ID", "CompanyId"),
)
_LOCATION: Final = (
    ("address1", "Line1"),
    ("address2", "Line2"),
    ("city", "City"),
    ("country", "CountryCode"),
    ("zip", "PostalCode"),
)


def profile(record: Record, context: Context) -> Profile | Merged | Gone:
    """Return what is known of the guest, or what became of it."""
    row = record.payload
    if record.deleted:
        return Gone(record.id)
    target = text(row, "MergeTargetId")
    if target and target != record.id:
        return Merged(record.id, target)
    if _erased(row):
        return Gone(record.id, erase=True)
    return Profile(
        guest=record.id,
        email=email(row),
        phone_number=phone(row, context),
        first_name=text(row, "FirstName"),
        last_name=text(row, "LastName"),
        title=text(row, "Occupation"),
        organization=text(part(joined(row), "Company") or {}, "Name"),
        locale=text(row, "PreferredLanguageCode") or text(row, "LanguageCode"),
        location=_location(row),
        properties=_properties(row),
        excluded=excluded(row, context),
    )


def consents(record: Record, previous: Record | None, context: Context) -> Iterable[Consent]:
    """State what the option says: it was given, or it was taken back.

    An option never seen is no opt-out, and neither is a merge or an erasure.
    """
    row = record.payload
    if record.deleted or text(row, "MergeTargetId") or _erased(row) or "Options" not in row:
        return
    if MARKETING in strings(row, "Options"):
        address = email(row)
        if address and _active(row) and excluded(row, context) is None:
            yield _consent(
                record, address, ConsentState.SUBSCRIBED, f"Mews customer option {MARKETING}"
            )
        return
    earlier = before(record, previous)
    if earlier is not None and MARKETING in strings(earlier, "Options"):
        # Whoever opted out may have changed the address on the same day: both are meant.
        for address in dict.fromkeys((email(row), email(earlier))):
            if address:
                yield _consent(
                    record,
                    address,
                    ConsentState.UNSUBSCRIBED,
                    f"Mews customer option {MARKETING} taken back",
                )


def _consent(record: Record, address: str, state: ConsentState, evidence: str) -> Consent:
    # Mews keeps no time of consent, so none is claimed.
    return Consent(record.id, address, Channel.EMAIL, state, None, evidence)


def _active(row: Payload) -> bool:
    active = row.get("IsActive")
    return row.get("ActivityState") != "Deleted" if active is None else active is True


def _erased(row: Payload) -> bool:
    """Mews keeps the row of a guest it erased, blank."""
    return not (_active(row) or row.get("Email") or row.get("Phone") or row.get("FirstName"))


def email(row: Payload) -> str | None:
    """Return the address, if it can be one."""
    return addresses.email(row.get("Email"))


def phone(row: Payload, context: Context) -> str | None:
    """Return the number in E.164: Mews takes any text, and knows no country for it."""
    sites = context.account.sites
    return addresses.phone(row.get("Phone"), sites[0].country if sites else None)


def excluded(row: Payload, context: Context) -> str | None:
    """Return the rule that keeps the guest back: an address on loan, or no person at all."""
    if row.get("HasOtaEmail") is True or _on_loan(row, context.settings.ota_domains):
        return "ota"
    return "paymaster" if "PaymasterAccount" in strings(row, "Classifications") else None


def _on_loan(row: Payload, domains: tuple[str, ...]) -> bool:
    value = row.get("Email")
    if not isinstance(value, str):
        return False
    domain = value.strip().lower().rpartition("@")[2]
    return domain in domains or domain.endswith(_below(domains))


@lru_cache(maxsize=16)
def _below(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return how their subdomains end."""
    return tuple("." + domain for domain in domains)


def address(row: Payload) -> Payload | None:
    """Return the main address: the joined one, else the one older answers embed."""
    return part(joined(row), "Address") or part(row, "Address")


def _location(row: Payload) -> dict[str, str | None]:
    parts = joined(row)
    if "Address" not in parts and "Address" not in row:
        return {}
    lines = address(row) or {}
    location = {name: text(lines, field) for name, field in _LOCATION}
    location["country"] = text(part(parts, "Country") or {}, "EnglishName") or location["country"]
    return location


def _properties(row: Payload) -> dict[str, Json]:
    shown = texts(row, _PLAIN)
    if "IsActive" in row or "ActivityState" in row:
        shown["Mews Is Active"] = _active(row)
    if "Classifications" in row:
        labels = strings(row, "Classifications")
        shown["Mews Classifications"] = list(dict.fromkeys(map(_label, labels)))
    if "PreferredSpaceFeatures" in row:
        shown["Mews Preferred Space Features"] = list(strings(row, "PreferredSpaceFeatures"))
    return shown


def _label(label: str) -> str:
    return "Blocklist" if label == "Blacklist" else label
