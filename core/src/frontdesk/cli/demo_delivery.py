"""The half of ``frontdesk demo`` that delivers: to the sandbox of a destination, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import attrs
import typer

from frontdesk.cli import deliver
from frontdesk.cli.running import run
from frontdesk.errors import FrontdeskError

if TYPE_CHECKING:
    from frontdesk.deliver.report import DeliveryReport
    from frontdesk.desk import Desk
    from frontdesk.sandbox import Sandbox


@attrs.frozen(eq=False)
class Outlet:
    """The sandbox of a destination, and the destination that delivers to it."""

    desk: Desk
    name: str
    plugin: str
    settings: Mapping[str, Any] = attrs.field(repr=False)
    sandbox: Sandbox

    @classmethod
    def add(cls, desk: Desk, plugin: str, sandboxes: ExitStack) -> Outlet:
        """Serve the plugin's sandbox, and add it to *desk* as a live destination.

        Raises:
            ConfigurationError: There is no such plugin, or it has no sandbox.
        """
        from frontdesk.cli.demo import PREFIX  # keeps --help fast
        from frontdesk.registry import load_destination
        from frontdesk.serving import make_demo, served

        loaded = load_destination(plugin)
        made = make_demo(loaded)
        address = sandboxes.enter_context(served(made.app))
        typer.echo(made.title, err=True)
        name = PREFIX + loaded.name
        settings: dict[str, Any] = {
            "consent_without_time": "first_seen",
            **made.settings,
            # Whatever else a sandbox asks for: this is its address, and no other.
            "base_url": address + made.path,
            "live": True,
        }
        desk.add_destination(loaded.name, name=name, **settings)
        return cls(desk, name, loaded.name, settings, made)

    def deliver_history(self) -> None:
        """Deliver what is there before anything happens.

        Raises:
            FrontdeskError: It could not be delivered.
        """
        result = self._deliver()
        typer.echo(f"History: {deliver.summed(result)} delivered to {self.name}", err=True)

    def deliver_rest(self) -> None:
        """Deliver what came after the live changes.

        Raises:
            FrontdeskError: It could not be delivered.
        """
        self._deliver()

    def _deliver(self) -> DeliveryReport:
        (result,) = run(deliver.run_deliver, self.desk, (self.name,))
        if isinstance(result, FrontdeskError):
            raise result
        return result

    def arrived(self) -> dict[str, Any]:
        """Return what was sent and how it ended, and what is there by now."""
        sent = [
            (load, outcome, number)
            for row in run(self.desk.destination_status)
            for load, ends in row.sent.items()
            for outcome, number in ends.items()
        ]
        there: Mapping[str, int] = self.sandbox.arrived() if self.sandbox.arrived else {}
        return {"sent": sent, "arrived": dict(there)}
