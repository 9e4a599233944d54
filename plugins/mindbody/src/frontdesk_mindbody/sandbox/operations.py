"""Every path of the Public API, and what it asks of a caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import attrs

from frontdesk_mindbody.sandbox import client_calls, site_calls
from frontdesk_mindbody.sandbox.calls import Call, Page

Answer: TypeAlias = Page | dict[str, Any]


@attrs.frozen
class Operation:
    """A path that is read with GET."""

    run: Callable[[Call], Answer]
    #: Whether it takes a staff token.
    token: bool = True
    #: Whether it takes a site that has been activated.
    site: bool = True


def operations() -> dict[str, Operation]:
    """Give what there is to read; what it remembers is its own."""
    return {
        "site/sites": Operation(site_calls.sites, token=False, site=False),
        "site/locations": Operation(site_calls.locations, token=False),
        "site/activationcode": Operation(site_calls.activation, token=False),
        "site/memberships": Operation(site_calls.memberships, token=False),
        "staff/staff": Operation(site_calls.staff, token=False),
        "client/clients": Operation(client_calls.Clients()),
        "client/clientcompleteinfo": Operation(client_calls.complete_info),
        "client/clientvisits": Operation(client_calls.client_visits),
        "client/clientcontracts": Operation(client_calls.client_contracts),
        "client/activeclientmemberships": Operation(client_calls.active_memberships),
        "client/clientaccountbalances": Operation(client_calls.balances),
        "sale/sales": Operation(site_calls.sales),
        "appointment/staffappointments": Operation(site_calls.appointments),
        "class/classes": Operation(site_calls.classes, token=False),
        "class/classvisits": Operation(site_calls.class_visits),
        "class/waitlistentries": Operation(site_calls.waitlist),
    }


#: Paths that change what a token is worth, with their methods.
TOKENS: Final = {
    "usertoken/issue": "POST",
    "usertoken/renew": "POST",
    "usertoken/revoke": "DELETE",
}
