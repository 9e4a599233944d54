"""Permissions, and what cannot be read or done without each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from frontdesk_boulevard.sandbox.faults import Ungranted
from frontdesk_boulevard.sandbox.house_rows import Permission

_ROOT: Final = "RootQueryType"
_CHANGES: Final = "RootMutationType"
#: By permission, fields by type. The keys are invented: nobody has told them.
GRANTS: Final[Mapping[str, Collection[tuple[str, str]]]] = {
    "appointment_read": ((_ROOT, "appointment"), (_ROOT, "appointments")),
    "client_read": ((_ROOT, "client"), (_ROOT, "clients")),
    "client_contact_read": (("Client", "email"), ("Client", "mobilePhone")),
    "location_read": ((_ROOT, "location"), (_ROOT, "locations")),
    "membership_read": ((_ROOT, "membership"), (_ROOT, "memberships")),
    "order_read": ((_ROOT, "order"), (_ROOT, "orders")),
    "service_read": ((_ROOT, "service"), (_ROOT, "services")),
    "staff_read": ((_ROOT, "staff"), (_ROOT, "staffMember")),
    "webhook_manage": (
        (_ROOT, "webhooks"),
        (_CHANGES, "createWebhook"),
        (_CHANGES, "updateWebhook"),
        (_CHANGES, "deleteWebhook"),
        (_CHANGES, "pingWebhook"),
    ),
}


def withheld(permissions: Collection[Permission]) -> list[Ungranted]:
    """List what cannot be read or done, as faults that last."""
    return [
        Ungranted(type=kind, field=field)
        for permission in permissions
        if not permission.enabled
        for kind, field in GRANTS[permission.key]
    ]
