"""What a client tells: the guest's profile, and consent to marketing e-mails and SMS."""

from __future__ import annotations

from collections.abc import Iterator
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
from frontdesk.rows import before, objects
from frontdesk_boulevard.rows import day, flag, named, names, part, text, whole

MARKETING: Final = "MARKETING"
REMINDER: Final = "APPOINTMENT_REMINDER"
#: Property: the list of settings, the type in it, the channel.
_SETTINGS: Final = (
    ("Email Marketing", "marketingSettings", MARKETING, "email"),
    ("SMS Marketing", "marketingSettings", MARKETING, "sms"),
    ("Push Marketing", "marketingSettings", MARKETING, "push"),
    ("Email Reminder", "reminderSettings", REMINDER, "email"),
    ("SMS Reminder", "reminderSettings", REMINDER, "sms"),
    ("Push Reminder", "reminderSettings", REMINDER, "push"),
)
_CHANNELS: Final = ((Channel.EMAIL, "email"), (Channel.SMS, "sms"))


def profile(record: Record, context: Context) -> Profile | Merged | Gone | None:
    """Return what is known of the guest, or what became of it."""
    row = record.payload
    if record.deleted:
        return Gone(record.id)
    if record.partial:
        return None
    target = named(row, "mergedIntoClientId", "Client")
    if target and target != record.id:
        return Merged(record.id, target)
    return Profile(
        guest=record.id,
        email=email(row),
        phone_number=phone(row, context),
        first_name=text(row, "firstName"),
        last_name=text(row, "lastName"),
        properties=_properties(row, record.id),
    )


def _properties(row: Payload, id: str) -> dict[str, Json]:
    place = part(row, "primaryLocation") or {}
    born = day(row, "dob")
    shown: dict[str, Json] = {
        "Appointment Count": whole(row, "appointmentCount"),
        "Boulevard ID": id,
        "Date of Birth": born and born.isoformat(),
        "Primary Location Name": text(place, "name"),
        "Primary Location ID": named(place, "id", "Location"),
    }
    if row.get("tags") is not None:
        shown["Boulevard Tags"] = names(objects(row, "tags"))
    for name, field, kind, channel in _SETTINGS:
        # A type that is not listed says neither yes nor no.
        given = _setting(row, field, kind, channel)
        if given is not None:
            shown[name] = given
    return shown


def _setting(row: Payload, field: str, kind: str, channel: str) -> bool | None:
    """Read one channel of the settings of a type; they are a list in no known order."""
    for settings in objects(row, field):
        if settings.get("type") == kind:
            return flag(settings, channel)
    return None


def email(row: Payload) -> str | None:
    """Return the address, if it can be one."""
    return addresses.email(row.get("email"))


def phone(row: Payload, context: Context) -> str | None:
    """Return the mobile number in E.164; one without a country code is read as the site's."""
    home = named(part(row, "primaryLocation") or {}, "id", "Location")
    sites = context.account.sites
    site = context.account.site(home) or (sites[0] if sites else None)
    return addresses.phone(row.get("mobilePhone"), site.country if site else None)


def consents(record: Record, previous: Record | None, context: Context) -> Iterator[Consent]:
    """State what the settings say: it was given, or it was taken back.

    A setting that was never true is no opt-out, and neither is a merge or a departure. None
    has a time: Boulevard keeps none, and the time of a delivery about preferences is that of
    some change among them, which need not be the one we see.
    """
    row = record.payload
    if record.deleted or record.partial:
        return
    if row.get("active") is not True or row.get("mergedIntoClientId"):
        return
    earlier = before(record, previous) or {}
    for channel, name in _CHANNELS:
        given = _setting(row, "marketingSettings", MARKETING, name)
        if given is True:
            meant = [_address(channel, row, context)]
            yield from _stated(record, channel, ConsentState.SUBSCRIBED, meant)
        elif given is False and _setting(earlier, "marketingSettings", MARKETING, name) is True:
            # Whoever opted out may have changed the address on the same day: both are meant.
            meant = [_address(channel, row, context), _address(channel, earlier, context)]
            yield from _stated(record, channel, ConsentState.UNSUBSCRIBED, meant)


def _address(channel: Channel, row: Payload, context: Context) -> str | None:
    return email(row) if channel is Channel.EMAIL else phone(row, context)


def _stated(
    record: Record,
    channel: Channel,
    state: ConsentState,
    meant: list[str | None],
) -> Iterator[Consent]:
    given = state is ConsentState.SUBSCRIBED
    evidence = f"Boulevard marketing setting {channel.value} {'on' if given else 'turned off'}"
    for address in dict.fromkeys(meant):
        if address:
            yield Consent(record.id, address, channel, state, None, evidence)
