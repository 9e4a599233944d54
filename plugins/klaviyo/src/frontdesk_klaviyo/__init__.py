"""Klaviyo, a marketing platform: events, profiles and consent reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
import httpx

from frontdesk.client import Client
from frontdesk.hooks import hookimpl
from frontdesk.manifest import DestinationManifest, secret, setting
from frontdesk.model import Account
from frontdesk.outgoing import (
    Batch,
    DeliveryContext,
    Load,
    OptOuts,
    OutgoingConsent,
    Receipt,
    Subscription,
)
from frontdesk_klaviyo import (
    access,
    account,
    checks,
    consents,
    endpoints,
    erasing,
    events,
    optouts,
    previewing,
    profiles,
    screening,
    subscriptions,
)

__all__ = ["Settings", "manifest"]

#: The version of Klaviyo's API this is written for.
REVISION: Final = "2026-07-15"


def _is_template(_: object, field: attrs.Attribute[str], template: str) -> None:
    if "{metric}" not in template:
        raise ValueError(f"{field.name} has no {{metric}} in it")


@attrs.frozen
class Settings:
    """What Klaviyo asks of whoever connects an account, and how it is written to."""

    api_key: str = secret(help="A private key, from Klaviyo: Settings, API keys.")
    erasure_key: str = attrs.field(
        default="",
        repr=False,
        kw_only=True,
        metadata={
            "help": "A private key with the scope data-privacy:write; without it, nobody can be "
            "erased at Klaviyo.",
            "secret": True,
        },
    )
    account: str | None = setting(
        None, help="The account's id; the key of another account is turned away."
    )
    revision: str = attrs.field(
        default=REVISION,
        kw_only=True,
        validator=attrs.validators.matches_re(r"\d{4}-\d{2}-\d{2}(\.pre)?"),
        metadata={"help": "The version of Klaviyo's API."},
    )
    metric_name: str = attrs.field(
        default="{metric}",
        kw_only=True,
        validator=_is_template,
        metadata={"help": 'What metrics are called, such as "{integration}: {metric}".'},
    )
    test_domains: tuple[str, ...] = setting(
        checks.TEST_DOMAINS,
        help="E-mail domains, with their subdomains, whose events Klaviyo throws away.",
    )
    sms_opt_outs: bool = setting(
        True, help="Read opt-outs of SMS back: every profile that changed is looked at."
    )


def _authenticate(settings: Settings) -> httpx.Auth:
    return access.PrivateKey(
        key=settings.api_key,
        erasure_key=settings.erasure_key,
        revision=settings.revision,
    )


_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
    '<path d="M3 6h18l-4 6 4 6H3z"/></svg>'
)

manifest = DestinationManifest(
    title="Klaviyo",
    settings=Settings,
    authenticate=_authenticate,
    base_urls={"production": "https://a.klaviyo.com/"},
    lane=endpoints.lane,
    channels=consents.CHANNELS,
    sandbox="frontdesk_klaviyo.sandbox:create",
    icon=_ICON,
    documentation="https://developers.klaviyo.com/en/reference/api_overview",
)


@hookimpl
async def open_account(client: Client[Settings]) -> Account:
    """Ask whose account the key opens."""
    return await account.open_account(client)


@hookimpl
def screen(batch: Batch, context: DeliveryContext) -> Iterable[Receipt]:
    """Tell what Klaviyo would refuse, or accept and throw away."""
    return screening.screen(batch, context)


@hookimpl
async def deliver(
    client: Client[Settings], batch: Batch, context: DeliveryContext
) -> Iterable[Receipt]:
    """Send a batch."""
    if batch.load is Load.PROFILES:
        return await profiles.deliver(client, batch)
    if batch.load in {Load.OPT_INS, Load.OPT_OUTS}:
        return await consents.deliver(client, batch, context)
    return await events.deliver(client, batch, context)


@hookimpl
async def read_subscriptions(
    client: Client[Settings], consents: Sequence[OutgoingConsent]
) -> Mapping[str, Subscription]:
    """Look what Klaviyo shows before anybody is subscribed."""
    return await subscriptions.read(client, consents)


@hookimpl
async def read_consent(
    client: Client[Settings], cursor: Any, context: DeliveryContext
) -> AsyncIterator[OptOuts]:
    """Read who opted out at Klaviyo."""
    async for page in optouts.read(client, cursor, context):
        yield page


@hookimpl
async def forget(client: Client[Settings], address: str) -> str:
    """Have a person erased."""
    return await erasing.forget(client, address)


@hookimpl
async def preview(
    client: Client[Settings],
    metrics: Sequence[str],
    lists: Sequence[str],
    context: DeliveryContext,
) -> Iterable[str]:
    """Warn of metrics others use, and of lists that ask again."""
    return await previewing.preview(client, metrics, lists, context)
