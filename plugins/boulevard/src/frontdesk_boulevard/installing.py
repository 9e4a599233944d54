"""Installing webhooks: one for the whole business, which tells all that is followed."""

from __future__ import annotations

from typing import Any, Final

import httpx

from frontdesk.client import Client
from frontdesk.errors import ConfigurationError, UnexpectedResponseError
from frontdesk.model import Payload
from frontdesk.notices import Installed
from frontdesk.rows import as_row, objects
from frontdesk_boulevard import documents
from frontdesk_boulevard.asking import ask, pages
from frontdesk_boulevard.rows import part, required, text
from frontdesk_boulevard.webhooks import EVENTS

#: How often a delivery is tried again that was not answered well.
RETRIES: Final = 10
NAME: Final = "frontdesk"
_PAGE: Final = 100
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


async def manage(client: Client[Any], action: str, url: str) -> list[Installed]:
    """Install, list or remove what is sent to *url*; return what there is then."""
    found = await _listed(client)
    ours = [hook for hook in found if hook.url == url]
    if action == "install":
        _refuse_plain(url)
        sound = [hook for hook in ours if hook.working]
        # The new one before the old ones go: nothing is lost between, and a repeat is known.
        if not sound:
            found.append(await _create(client, url))
        spent = [hook for hook in ours if hook not in sound[:1]]
    elif action == "remove":
        spent = ours
    else:
        return found
    for hook in spent:
        await ask(client, documents.DELETE_WEBHOOK, {"input": {"id": hook.id}})
    return [hook for hook in found if hook not in spent]


def _refuse_plain(url: str) -> None:
    parsed = httpx.URL(url)
    if parsed.scheme != "https" and parsed.host not in _LOCAL:
        raise ConfigurationError(
            "Boulevard sends webhooks to https only; give the service a public_url with https"
        )


async def _listed(client: Client[Any]) -> list[Installed]:
    walk = pages(client, documents.WEBHOOKS, "webhooks", size=_PAGE)
    rows = [as_row(node) async for step in walk for node in step.rows]
    return [_installed(row) for row in rows if row is not None]


async def _create(client: Client[Any], url: str) -> Installed:
    subscriptions = [{"eventType": kind, "maxRetries": RETRIES} for kind in EVENTS]
    wanted = {"url": url, "name": NAME, "subscriptions": subscriptions}
    # A time-out does not tell whether it was made; a second one would double all deliveries.
    answered = await ask(client, documents.CREATE_WEBHOOK, {"input": wanted}, retry=False)
    made = part(as_row(answered.data.get("createWebhook")) or {}, "webhook")
    if made is None:
        raise UnexpectedResponseError("boulevard made no webhook and does not say why")
    return _installed(made)


def _installed(row: Payload) -> Installed:
    """Read one webhook; one that lacks something needed does not work for us."""
    subscribed = objects(row, "subscriptions")
    events = tuple(required(one, "eventType") for one in subscribed if one.get("enabled"))
    local = text(row, "locationId") is not None
    missing = [kind for kind in EVENTS if kind not in events]
    note = ""
    if local:
        note = "it is for one location only; frontdesk webhooks install makes one for all"
    elif missing:
        note = f"it is not sent for {', '.join(missing)}; try frontdesk webhooks install"
    return Installed(
        required(row, "id"),
        required(row, "url"),
        "disabled" if subscribed and not events else "enabled",
        events=events,
        working=not note,
        note=note,
    )
