"""Which plugins are installed, and whether each keeps its contract.

Discovery reads entry points only; a plugin is imported when it is asked for, and one
that cannot be imported does not keep the others from working.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import metadata
from types import ModuleType
from typing import Any, Final

import attrs

from frontdesk import contracts
from frontdesk.contracts import CONNECTOR, DESTINATION, Contract
from frontdesk.errors import ConnectorLoadError, ConnectorNotFoundError, InvalidConnectorError
from frontdesk.manifest import DestinationManifest, Manifest

GROUP: Final = CONNECTOR.group


@attrs.frozen
class Connector:
    """A connector that has been loaded and keeps the contract.

    :func:`frontdesk.load` wraps it, so that its hooks can be called on a payload.
    """

    name: str
    module: ModuleType = attrs.field(repr=False)
    manifest: Manifest = attrs.field(repr=False)
    version: str = ""

    @property
    def hooks(self) -> Mapping[str, Callable[..., Any]]:
        """The hooks the connector implements, by name."""
        return _hooks(CONNECTOR, self.module)


@attrs.frozen
class DestinationPlugin:
    """A destination plugin that has been loaded and keeps the contract."""

    name: str
    module: ModuleType = attrs.field(repr=False)
    manifest: DestinationManifest = attrs.field(repr=False)
    version: str = ""

    @property
    def hooks(self) -> Mapping[str, Callable[..., Any]]:
        """The hooks the plugin implements, by name."""
        return _hooks(DESTINATION, self.module)


def _hooks(contract: Contract, module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {name: getattr(module, name) for name in contract.names if hasattr(module, name)}


@attrs.frozen
class Installed:
    """A plugin as discovered: ``ready``, or ``broken`` with its reason.

    Attributes:
        kind: ``connector``, ``destination`` or ``command``.
    """

    name: str
    distribution: str
    version: str
    title: str = ""
    state: str = "ready"
    reason: str = ""
    kind: str = "connector"


def entry_points(group: str = GROUP) -> Mapping[str, metadata.EntryPoint]:
    """Return the entry points of all installed connectors, by connector name."""
    return {point.name: point for point in metadata.entry_points(group=group)}


def load(name: str) -> Connector:
    """Import the connector *name* and hold it to the contract.

    Raises:
        ConnectorNotFoundError: None of this name is installed.
        ConnectorLoadError: Its module does not import.
        InvalidConnectorError: It breaks the hook contract.
    """
    module, version = _load(CONNECTOR, name, entry_points())
    return adopt(name, module, version=version)


def load_destination(name: str) -> DestinationPlugin:
    """Import the destination plugin *name*; like :func:`load`."""
    module, version = _load(DESTINATION, name, entry_points(DESTINATION.group))
    return adopt_destination(name, module, version=version)


def _load(
    contract: Contract, name: str, points: Mapping[str, metadata.EntryPoint]
) -> tuple[ModuleType, str]:
    if name not in points:
        have = ", ".join(sorted(points)) or "none"
        raise ConnectorNotFoundError(
            f"no {contract.kind} {name!r} is installed (installed: {have}); "
            f"try: pip install frontdesk-{name}"
        )
    return imported(contract.kind, points[name])


def imported(kind: str, point: metadata.EntryPoint) -> tuple[Any, str]:
    """Return what an entry point leads to, and the version of its distribution.

    Args:
        kind: What it is called in the message.

    Raises:
        ConnectorLoadError: It does not import.
    """
    distribution, version = distribution_of(point)
    try:
        return point.load(), version
    except (Exception, SystemExit) as error:
        failure = ConnectorLoadError(
            f"{kind} {point.name!r} ({distribution} {version}) does not import: "
            f"{type(error).__name__}: {error}; reinstall or update {distribution}"
        )
        failure.connector = point.name
        raise failure from error


def adopt(name: str, module: ModuleType, *, version: str = "") -> Connector:
    """Make *module* a connector, held to the contract, without an entry point."""
    check(name, module)
    return Connector(name, module, module.manifest, version)


def adopt_destination(name: str, module: ModuleType, *, version: str = "") -> DestinationPlugin:
    """Make *module* a destination plugin, held to the contract, without an entry point."""
    contracts.check(DESTINATION, name, module)
    return DestinationPlugin(name, module, module.manifest, version)


def installed() -> tuple[Installed, ...]:
    """Return every installed connector with its state, sorted by name."""
    return tuple(
        _state("connector", load, name, point) for name, point in sorted(entry_points().items())
    )


def installed_destinations() -> tuple[Installed, ...]:
    """Return every installed destination plugin with its state, sorted by name."""
    points = sorted(entry_points(DESTINATION.group).items())
    return tuple(_state("destination", load_destination, name, point) for name, point in points)


def _state(
    kind: str,
    loaded: Callable[[str], Connector | DestinationPlugin],
    name: str,
    point: metadata.EntryPoint,
) -> Installed:
    distribution, version = distribution_of(point)
    try:
        plugin = loaded(name)
    except (ConnectorLoadError, InvalidConnectorError) as error:
        return Installed(name, distribution, version, state="broken", reason=str(error), kind=kind)
    return Installed(name, distribution, version, plugin.manifest.title, kind=kind)


def distribution_of(point: metadata.EntryPoint) -> tuple[str, str]:
    """Return the name and the version of the distribution that brings an entry point."""
    if point.dist is None:
        return (point.value, "")
    return (point.dist.name, point.dist.version)


def check(name: str, module: ModuleType) -> None:
    """Hold *module* to the contract of a connector.

    Raises:
        InvalidConnectorError: Shows the definition that is rejected.
    """
    contracts.check(CONNECTOR, name, module)
