"""Trying a destination without sending anything: credentials, permissions, the right account."""

from __future__ import annotations

from functools import partial

import attrs

from frontdesk.client import Clock
from frontdesk.destination import Destination
from frontdesk.errors import FrontdeskError
from frontdesk.holding import naming, open_account
from frontdesk.model import Account
from frontdesk.store import Store
from frontdesk.store.destinations import bound_to


@attrs.frozen
class DestinationCheck:
    """What a check found.

    Attributes:
        problems: What a person must do, in sentences; empty if all is well.
    """

    destination: str
    plugin: str
    account: Account | None
    live: bool
    problems: tuple[str, ...]
    error: FrontdeskError | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing needs attention."""
        return not self.problems


async def check(destination: Destination, store: Store, clock: Clock) -> DestinationCheck:
    """Open the account and say what is wrong, if anything is."""
    name, plugin, live = destination.name, destination.plugin.name, destination.rules.live
    try:
        with naming(plugin):
            async with destination.client(clock=clock) as client:
                account = await open_account(destination.hooks, client)
    except FrontdeskError as error:
        return DestinationCheck(name, plugin, None, live, (str(error),), error)
    problems = [f"the credentials lack the permission: {one}" for one in account.missing]
    known = await store.read(partial(bound_to, name=name))
    if known is not None and known != account.id:
        problems.append(
            f"it delivers to account {known}, but the credentials open {account.id}; put the former "
            f"ones back, or move on purpose: frontdesk destinations rebind {name}"
        )
    return DestinationCheck(name, plugin, account, live, tuple(problems))
