"""Webhooks at the platform: installed, looked at, removed."""

from __future__ import annotations

from collections.abc import Iterable

from frontdesk.client import Client, Clock
from frontdesk.connection import Connection
from frontdesk.errors import ConfigurationError, FrontdeskError, UnexpectedResponseError
from frontdesk.explaining import explain
from frontdesk.holding import naming, open_account
from frontdesk.ingest.keeping import Keeping
from frontdesk.notices import Installed
from frontdesk.store import Store


async def manage(
    connection: Connection, store: Store, clock: Clock, action: str, url: str
) -> tuple[Installed, ...]:
    """Install, list or remove what the platform sends to *url*; return what is there then.

    Raises:
        ConfigurationError: It is set up by hand at this platform.
        FrontdeskError: The platform did not do it.
    """
    refuse_by_hand(connection)
    with naming(connection.connector.name):
        async with Keeping(store, connection, clock).client() as client:
            client.account = await open_account(connection.hooks, client)
            return await asked(connection, client, action, url)


def refuse_by_hand(connection: Connection) -> None:
    """Refuse where the platform lets nobody but a person do it.

    Raises:
        ConfigurationError: It is so.
    """
    if "manage_webhooks" not in connection.hooks.has:
        title = connection.manifest.title
        raise ConfigurationError(
            f"webhooks of {title} are set up by hand; docs/connectors/{connection.connector.name}"
            f" says how, and frontdesk webhooks url {connection.name} prints where they go"
        )


async def asked(
    connection: Connection, client: Client[object], action: str, url: str
) -> tuple[Installed, ...]:
    """Call the hook.

    Raises:
        UnexpectedResponseError: What it was answered cannot be read.
    """
    try:
        return await connection.hooks.manage_webhooks(client, action, url)
    except FrontdeskError:
        raise
    except Exception as error:  # noqa: BLE001  # a third party's code may raise anything
        raise UnexpectedResponseError(
            f"what the platform says of its webhooks cannot be read: {explain(error)}"
        ) from None


def is_at(url: str, installed: Installed) -> bool:
    """Tell whether a webhook leads to *url*; its query holds secrets and may have changed."""
    return bare(installed.url) == bare(url)


def bare(url: str) -> str:
    """Return *url* as it may be shown."""
    return url.partition("?")[0]


def ill(url: str, there: Iterable[Installed]) -> list[str]:
    """Say what is wrong with the webhooks that lead to *url*."""
    return [
        f"webhook {one.id} is {one.state}{one.note and f': {one.note}'}"
        for one in there
        if is_at(url, one) and not one.working
    ]
