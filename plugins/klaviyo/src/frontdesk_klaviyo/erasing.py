"""Having a person erased at Klaviyo."""

from __future__ import annotations

from typing import Any

from frontdesk.client import Client
from frontdesk.errors import RefusedError
from frontdesk_klaviyo.access import without_erasure_key
from frontdesk_klaviyo.calls import NOT_FOUND, ask
from frontdesk_klaviyo.endpoints import ERASURE


async def forget(client: Client[Any], address: str) -> str:
    """Ask Klaviyo to erase everybody with this address, however odd it is.

    Raises:
        SettingsError: There is no key that may.
        RefusedError: Klaviyo cannot read the address.
    """
    if not client.settings.erasure_key:
        raise without_erasure_key()
    email = "@" in address
    # Exactly one identifier: Klaviyo refuses more.
    name, what = ("email", "e-mail address") if email else ("phone_number", "phone number")
    profile = {"type": "profile", "attributes": {name: address}}
    attributes = {"profile": {"data": profile}}
    try:
        await ask(
            client,
            ERASURE,
            json={"data": {"type": "data-privacy-deletion-job", "attributes": attributes}},
        )
    except RefusedError as error:
        if error.status != NOT_FOUND:
            raise
        return f"Klaviyo has no profile with this {what}"
    return f"Klaviyo was asked to erase all profiles with this {what}; it tells nothing further"
