"""Profiles as they are shown, with what they are subscribed to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from frontdesk_klaviyo.sandbox.call import Call, sparse, stamp
from frontdesk_klaviyo.sandbox.consents import MARKETING, Consents, State
from frontdesk_klaviyo.sandbox.profiles import FIELDS, Profile

LOCATION: Final = (
    "address1",
    "address2",
    "city",
    "country",
    "latitude",
    "longitude",
    "region",
    "zip",
    "timezone",
    "ip",
)
_PREDICTED: Final = (
    "historic_clv",
    "predicted_clv",
    "total_clv",
    "historic_number_of_orders",
    "predicted_number_of_orders",
    "average_days_between_orders",
    "average_order_value",
    "churn_probability",
    "expected_date_of_next_order",
    "ranked_channel_affinity",
)
PROFILE_FIELDS: Final = frozenset(
    {
        "created",
        "email",
        "external_id",
        "id",
        "last_event_date",
        "location",
        "phone_number",
        "properties",
        "updated",
        "subscriptions",
        "predictive_analytics",
        *FIELDS,
        *(f"location.{name}" for name in LOCATION),
        *(f"predictive_analytics.{name}" for name in _PREDICTED),
        "subscriptions.email",
        "subscriptions.email.marketing",
        "subscriptions.sms",
        "subscriptions.sms.marketing",
    }
)
_NOBODY: Final = Consents()


def profile_row(
    call: Call, row: Profile, fields: tuple[str, ...] = (), additional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Show a profile."""
    last = row.last_event
    attributes: dict[str, Any] = {
        "email": row.email,
        "phone_number": row.phone_number,
        "external_id": row.external_id,
        **{name: row.fields.get(name) for name in FIELDS},
        "created": stamp(row.created),
        "updated": stamp(row.updated),
        "last_event_date": None if last is None else stamp(datetime.fromtimestamp(last, UTC)),
        "location": {name: row.location.get(name) for name in LOCATION},
        "properties": row.properties,
    }
    if "subscriptions" in additional:
        attributes["subscriptions"] = subscriptions(row.consents or _NOBODY)
    if "predictive_analytics" in additional:
        attributes["predictive_analytics"] = dict.fromkeys(_PREDICTED)
    path = f"profiles/{row.id}"
    return {
        "type": "profile",
        "id": row.id,
        "attributes": sparse(attributes, fields),
        "relationships": {
            name: {"links": call.related(path, name)}
            for name in ("lists", "segments", "push-tokens")
        },
        "links": call.link(path),
    }


def subscriptions(consents: Consents) -> dict[str, Any]:
    """Show what somebody is subscribed to."""
    return {
        "email": {"marketing": _email(consents)},
        "sms": {
            kind: {**_channel(consents, f"sms.{kind}", f"can_receive_sms_{kind}")}
            for kind in ("marketing", "transactional")
        },
        "mobile_push": {
            "marketing": _short(consents, "push.marketing", "can_receive_push_marketing")
        },
        "whatsapp": {
            kind: _whatsapp(consents, f"whatsapp.{kind}")
            for kind in ("marketing", "transactional", "conversational")
        },
    }


def _email(consents: Consents) -> dict[str, Any]:
    shown = _channel(consents, MARKETING, "can_receive_email_marketing")
    consent = consents.of(MARKETING)
    return {
        **shown,
        "can_receive_email_marketing": consents.can_receive_email,
        "custom_method_detail": consent.source,
        "double_optin": consent.double if consent.state is State.SUBSCRIBED else None,
        "suppression": [
            {"reason": reason, "timestamp": stamp(at)}
            for reason, at in sorted(consents.suppressions.items())
        ],
        "list_suppressions": [
            {"list_id": which, "reason": "UNSUBSCRIBE", "timestamp": stamp(at)}
            for which, at in sorted(consents.list_suppressions.items())
        ],
    }


def _short(consents: Consents, channel: str, can: str) -> dict[str, Any]:
    consent = consents.of(channel)
    return {
        can: consent.state is State.SUBSCRIBED,
        "consent": consent.state.value,
        "consent_timestamp": stamp(consent.at),
    }


def _channel(consents: Consents, channel: str, can: str) -> dict[str, Any]:
    consent = consents.of(channel)
    said = consent.state is not State.NEVER
    return {
        **_short(consents, channel, can),
        "last_updated": stamp(consent.updated),
        "method": "API" if said else None,
        "method_detail": consent.source or "",
    }


def _whatsapp(consents: Consents, channel: str) -> dict[str, Any]:
    consent = consents.of(channel)
    return {
        "consent": consent.state.value,
        "consent_timestamp": stamp(consent.at),
        "last_updated": stamp(consent.updated),
        "can_receive": consent.state is State.SUBSCRIBED,
    }
