"""Having a person erased at Klaviyo."""

from __future__ import annotations

from typing import Any

from frontdesk.client import Client
from frontdesk.errors import RecordError
from frontdesk_klaviyo import checks
from frontdesk_klaviyo.access import without_erasure_key
from frontdesk_klaviyo.calls import ask
from frontdesk_klaviyo.endpoints import ERASURE


async def forget(client: Client[Any], address: str) -> str:
    """Ask Klaviyo to erase everybody with this address.

    Raises:
        SettingsError: There is no key that may.
        RecordError: It is neither an e-mail address nor a phone number.
    """
    if not client.settings.erasure_key:
        raise without_erasure_key()
    email = "@" in address
    # The number may be one Klaviyo took long ago; only what it cannot read is not sent.
    if email and checks.email_fault(address) is not None:
        raise RecordError("what is to be erased is no valid e-mail address")
    if not email and not (address.startswith("+") and address[1:].isdecimal()):
        raise RecordError("what is to be erased is neither an e-mail address nor E.164")
    name = "email" if email else "phone_number"
    # Exactly one identifier: Klaviyo refuses more.
    profile = {"type": "profile", "attributes": {name: address}}
    attributes = {"profile": {"data": profile}}
    await ask(
        client,
        ERASURE,
        json={"data": {"type": "data-privacy-deletion-job", "attributes": attributes}},
    )
    what = "e-mail address" if email else "phone number"
    return f"Klaviyo was asked to erase all profiles with this {what}; it tells nothing further"
