"""What an account knows, so that two runs can be compared."""

from __future__ import annotations

from typing import Any, TypeAlias

from frontdesk_klaviyo.sandbox.accounts import Account
from frontdesk_klaviyo.sandbox.call import stamp
from frontdesk_klaviyo.sandbox.consents import Consents
from frontdesk_klaviyo.sandbox.events import Event
from frontdesk_klaviyo.sandbox.options import Options
from frontdesk_klaviyo.sandbox.profiles import Profile

State: TypeAlias = dict[str, Any]


def state(account: Account, options: Options) -> State:
    """Tell all but ids and times of receipt, in a fixed order."""
    profiles = sorted(account.profiles, key=_place)
    return {
        "profiles": [_profile(row) for row in profiles],
        "consents": [
            {"who": row.key, **_consents(account, row.consents)}
            for row in profiles
            if row.consents is not None
        ],
        "lists": {
            row.name: sorted(
                member.key
                for number in row.members
                if (member := account.profiles.at(number)) is not None
            )
            for row in sorted(account.lists, key=lambda row: row.name)
        },
        "metrics": sorted(
            [row.name, row.integration, row.events] for row in account.metrics if row.events
        ),
        "events": (
            {"count": len(account.events), "sum": f"{account.events.sum:032x}"}
            if options.keep == "count"
            else sorted((_event(event) for event in account.events), key=_when)
        ),
    }


def _place(row: Profile) -> tuple[str, str, str]:
    return (row.email or "", row.phone_number or "", row.external_id or "")


def _profile(row: Profile) -> State:
    return {
        "email": row.email,
        "phone_number": row.phone_number,
        "external_id": row.external_id,
        "fields": dict(sorted(row.fields.items())),
        "location": dict(sorted(row.location.items())),
        "properties": dict(sorted(row.properties.items())),
    }


def _consents(account: Account, consents: Consents) -> State:
    return {
        "channels": {
            channel: [consent.state.value, stamp(consent.at) if consent.stated else None]
            for channel, consent in sorted(consents.channels.items())
        },
        "suppressions": sorted(consents.suppressions),
        "list_suppressions": sorted(
            found.name if (found := account.lists.by_id(which)) else which
            for which in consents.list_suppressions
        ),
        "pending": sorted(wish.channel for wish in consents.pending),
    }


def _event(event: Event) -> State:
    return {
        "who": event.profile.key,
        "metric": event.metric.name,
        "integration": event.metric.integration,
        "time": stamp(event.time) if event.timed else None,
        "value": event.value,
        "currency": event.currency,
        "unique_id": event.unique_id,
        "backfill": event.backfill,
        "properties": event.digest.hex(),
    }


def _when(shown: State) -> tuple[str, ...]:
    names = ("metric", "who", "unique_id", "time", "properties")
    return tuple(str(shown[name]) for name in names)
