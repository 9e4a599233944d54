"""Commands that plugins bring: named by their entry points, imported when one is called."""

from __future__ import annotations

from collections.abc import Collection
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from frontdesk.registry import Installed

#: Entry points of this group lead to Typer apps; their names are those of the commands.
GROUP: Final = "frontdesk.commands"


class Commands(TyperGroup):
    """Our commands, and after them those of plugins."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        ours = super().list_commands(ctx)
        return [*ours, *sorted(_points().keys() - {*ours})]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; a plugin's is imported only when it is called."""
        ours = super().get_command(ctx, cmd_name)
        return ours or (_Later(cmd_name) if cmd_name in _points() else None)


class _Later(TyperCommand):
    """Stands for the commands of a plugin until they are called."""

    def __init__(self, name: str) -> None:
        super().__init__(name, help=_summary(name))
        self._brought = name

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Import the plugin, and leave what follows to it."""
        # Under an app of ours: its help then looks as ours does.
        above = typer.Typer(rich_markup_mode=None)
        above.add_typer(load(self._brought), name=self._brought)
        loaded = typer.main.get_group(above).commands[self._brought]
        return loaded.make_context(info_name, args, parent, **extra)


def load(name: str) -> typer.Typer:
    """Import the commands that a plugin brings under *name*.

    Raises:
        ConnectorLoadError: They do not import.
        InvalidConnectorError: Two plugins bring some of this name, or it is no Typer app.
    """
    from frontdesk.errors import InvalidConnectorError  # keeps --help fast
    from frontdesk.registry import distribution_of, imported

    points = _points()[name]
    if len(points) > 1:
        both = " and ".join(sorted(distribution_of(point)[0] for point in points))
        raise InvalidConnectorError(
            f"{both} each bring commands {name!r}, and neither can be used; uninstall one of them"
        )
    found, _ = imported("command", points[0])
    if not isinstance(found, typer.Typer):
        raise InvalidConnectorError(
            f"command {name!r} of {distribution_of(points[0])[0]} breaks the contract: "
            f"{points[0].value!r} is no typer.Typer"
        )
    return found


def installed(frontdesk: Any) -> list[Installed]:
    """Return the commands that plugins bring to *frontdesk*, each with its state, by name."""
    from frontdesk.registry import Installed, distribution_of  # keeps --help fast

    ours = frontdesk.commands if isinstance(frontdesk, TyperGroup) else {}
    return [
        Installed(
            name, *distribution_of(point), f"frontdesk {name}", kind="command", **_state(name, ours)
        )
        for name, points in sorted(_points().items())
        for point in points
    ]


def _state(name: str, ours: Collection[str]) -> dict[str, str]:
    from frontdesk.errors import ConnectorLoadError, InvalidConnectorError  # keeps --help fast

    if name in ours:
        reason = f"frontdesk has a command {name!r} of its own; the plugin must rename its"
        return {"state": "broken", "reason": reason}
    try:
        load(name)
    except (ConnectorLoadError, InvalidConnectorError) as error:
        return {"state": "broken", "reason": str(error)}
    return {}


def _points() -> dict[str, list[metadata.EntryPoint]]:
    found: dict[str, list[metadata.EntryPoint]] = {}
    for point in metadata.entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _summary(name: str) -> str:
    """Return what the package says of itself, which needs no import of it."""
    dist = _points()[name][0].dist
    said = None if dist is None else dist.metadata["Summary"]
    return said or "Commands of a plugin."
