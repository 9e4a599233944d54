"""The webhooks' own API: subscriptions are made, activated, looked at and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import httpx

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError, UnexpectedResponseError
from frontdesk.model import Json
from frontdesk.notices import Installed
from frontdesk.rows import Row, as_list, as_row
from frontdesk_mindbody.deliveries import READ
from frontdesk_mindbody.tokens import PushKey
from frontdesk_mindbody.webhooks import KEYS, VERSION

PUSH_URL: Final = "https://mb-api.mindbodyonline.com/push/api/v1/"
_PUBLIC: Final = "api.mindbodyonline.com"
_PATH: Final = "subscriptions"
_ACTIVE: Final = "Active"
_REFERENCE: Final = "frontdesk"
#: An event we ask for was given up: such a subscription never comes back.
_SPENT: Final = "DeactivatedByEventDeactivation"
_BY_US: Final = "DeactivatedByUser"
_NOTES: Final = {
    "PendingActivation": "it was never activated; run frontdesk webhooks install again",
    "DeactivatedByAdmin": "Mindbody deactivated it; ask Mindbody why",
    "DeactivatedTooManyFailedMessageDeliveryAttempts": "too many deliveries failed; see that its "
    "URL can be reached, then run frontdesk webhooks install again",
    _SPENT: "Mindbody gave up an event; run frontdesk webhooks install again, which makes another",
    _BY_US: "somebody deactivated it; run frontdesk webhooks install again",
}
_KEYLESS: Final = "its key is not known here; run frontdesk webhooks install again"


async def manage(client: Client[Any], action: str, url: str) -> Sequence[Installed]:
    """Do *action* for the subscription that leads to *url*, and return what is there then.

    Raises:
        ConfigurationError: There is no key for the webhooks' API, or none to keep keys with.
    """
    settings = client.settings
    if not settings.webhooks_key:
        if action == "list":
            return ()
        raise ConfigurationError(
            "webhooks_key is not set: make a key for webhooks in Mindbody's developer portal"
        )
    auth = PushKey(settings.webhooks_key)
    async with client.elsewhere(settings.push_url or _beside(client.base_url), auth=auth) as push:
        if action == "install":
            await _install(push, url)
        elif action == "remove":
            await _remove(push, url)
        return _installed(push, await _listed(push))


def _beside(base_url: str) -> str:
    """Return where webhooks are subscribed to; a sandbox has both APIs at one address."""
    public = httpx.URL(base_url)
    return PUSH_URL if public.host == _PUBLIC else str(public.join(httpx.URL(PUSH_URL).path))


async def _install(push: Client[Any], url: str) -> None:
    """Make one subscription work that leads to *url*, and no more than one."""
    own = [row for row in await _listed(push) if _leads_to(row, url)]
    usable = [row for row in own if row.get("status") != _SPENT and _is_known(push, row)]
    # One that works goes before one that would have to be woken up.
    usable.sort(key=lambda row: row.get("status") != _ACTIVE)
    chosen = usable[0] if usable else await _make(push, url)
    wanted = {
        "eventIds": sorted(READ),
        "eventSchemaVersion": VERSION,
        "webhookUrl": url,
        "status": _ACTIVE,
    }
    if chosen.get("status") != _ACTIVE or sorted(_events(chosen)) != sorted(READ):
        await push.request("PATCH", f"{_PATH}/{_id(chosen)}", json=wanted)
    for row in own:
        if _id(row) != _id(chosen) and row.get("status") == _ACTIVE:
            # It would bring everything twice, or what nobody can verify.
            await push.request("DELETE", f"{_PATH}/{_id(row)}")


async def _make(push: Client[Any], url: str) -> Row:
    # The key comes once: what could not be kept would be lost with it.
    push.state.refuse_without_key()
    asked = {
        "eventIds": sorted(READ),
        "eventSchemaVersion": VERSION,
        "referenceId": _REFERENCE,
        "webhookUrl": url,
    }
    # Not tried again: a time-out does not tell whether there is one now.
    made = _unwrapped(await push.post(_PATH, json=asked, retry=False))
    key = made.get("messageSignatureKey")
    if not isinstance(key, str) or not key:
        raise UnexpectedResponseError("a new subscription comes without a messageSignatureKey")
    await push.keep(KEYS, {**_keys(push), _id(made): key}, lasting=True)
    return made


async def _remove(push: Client[Any], url: str) -> None:
    for row in await _listed(push):
        if _leads_to(row, url) and not _is_off(row):
            await push.request("DELETE", f"{_PATH}/{_id(row)}")
    # What is under way still comes, and is verified with the keys: they stay.


async def _listed(push: Client[Any]) -> list[Row]:
    found = as_list(_unwrapped(await push.get(_PATH)).get("items"))
    if found is None:
        raise UnexpectedResponseError("subscriptions are answered without a list of items")
    return [row for row in map(as_row, found) if row is not None]


def _installed(push: Client[Any], rows: Sequence[Row]) -> list[Installed]:
    """Describe what is there; one that was replaced is listed for ever, and is no trouble."""
    good = {row.get("webhookUrl") for row in rows if _works(push, row)}
    return [_one(push, row, replaced=row.get("webhookUrl") in good) for row in rows]


def _one(push: Client[Any], row: Row, *, replaced: bool) -> Installed:
    state, works = str(row.get("status") or "unknown"), _works(push, row)
    note = _KEYLESS if state == _ACTIVE else _NOTES.get(state, "")
    return Installed(
        _id(row),
        str(row.get("webhookUrl") or ""),
        state,
        events=tuple(_events(row)),
        working=works or replaced,
        note="" if works or replaced else note,
    )


def _works(push: Client[Any], row: Row) -> bool:
    return row.get("status") == _ACTIVE and _is_known(push, row)


def _is_off(row: Row) -> bool:
    return row.get("status") == _BY_US


def _is_known(push: Client[Any], row: Row) -> bool:
    return bool(push.settings.webhook_signature_key) or _id(row) in _keys(push)


def _keys(push: Client[Any]) -> Row:
    return as_row(push.state.get(KEYS)) or {}


def _leads_to(row: Row, url: str) -> bool:
    return str(row.get("webhookUrl") or "") == url


def _events(row: Row) -> list[str]:
    return [str(event) for event in as_list(row.get("eventIds")) or ()]


def _id(row: Row) -> str:
    id = row.get("subscriptionId")
    if not isinstance(id, str) or not id:
        raise UnexpectedResponseError("a subscription has no subscriptionId")
    return id


def _unwrapped(answer: Json) -> Row:
    """Return what an answer says: Mindbody's own SDK expects it wrapped, others see it bare."""
    whole = as_row(answer) or {}
    inner = as_row(whole.get("value"))
    return whole if inner is None else inner
