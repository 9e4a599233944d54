"""Which connectors are installed, and whether each keeps the contract.

Discovery reads entry points only; a connector is imported when it is asked for, and one
that cannot be imported does not keep the others from working.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import metadata
from types import ModuleType
from typing import Any, Final

import attrs

from frontdesk.errors import ConnectorLoadError, ConnectorNotFoundError, InvalidConnectorError
from frontdesk.hooks import OPTIONAL, REQUIRED, ConnectorHooks
from frontdesk.manifest import Manifest

GROUP: Final = "frontdesk.connectors"
#: Hooks that reach the platform; all others are pure.
_ASYNC: Final = frozenset({"open_account", "fetch_history", "manage_webhooks"})


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
        names = (*REQUIRED, *OPTIONAL)
        return {name: getattr(self.module, name) for name in names if hasattr(self.module, name)}


@attrs.frozen
class Installed:
    """A connector as discovered: ``ready``, or ``broken`` with its reason."""

    name: str
    distribution: str
    version: str
    title: str = ""
    state: str = "ready"
    reason: str = ""


def entry_points() -> Mapping[str, metadata.EntryPoint]:
    """Return the entry points of all installed connectors, by connector name."""
    return {point.name: point for point in metadata.entry_points(group=GROUP)}


def load(name: str) -> Connector:
    """Import the connector *name* and hold it to the contract.

    Raises:
        ConnectorNotFoundError: None of this name is installed.
        ConnectorLoadError: Its module does not import.
        InvalidConnectorError: It breaks the hook contract.
    """
    points = entry_points()
    if name not in points:
        have = ", ".join(sorted(points)) or "none"
        raise ConnectorNotFoundError(
            f"no connector {name!r} is installed (installed: {have}); "
            f"try: pip install frontdesk-{name}"
        )
    point = points[name]
    distribution, version = _distribution(point)
    try:
        module = point.load()
    except (Exception, SystemExit) as error:
        failure = ConnectorLoadError(
            f"connector {name!r} ({distribution} {version}) does not import: "
            f"{type(error).__name__}: {error}; reinstall or update {distribution}"
        )
        failure.connector = name
        raise failure from error
    return adopt(name, module, version=version)


def adopt(name: str, module: ModuleType, *, version: str = "") -> Connector:
    """Make *module* a connector, held to the contract, without an entry point."""
    check(name, module)
    return Connector(name, module, module.manifest, version)


def installed() -> tuple[Installed, ...]:
    """Return every installed connector with its state, sorted by name."""
    return tuple(_state(name, point) for name, point in sorted(entry_points().items()))


def _state(name: str, point: metadata.EntryPoint) -> Installed:
    distribution, version = _distribution(point)
    try:
        connector = load(name)
    except (ConnectorLoadError, InvalidConnectorError) as error:
        return Installed(name, distribution, version, state="broken", reason=str(error))
    return Installed(name, distribution, version, connector.manifest.title)


def _distribution(point: metadata.EntryPoint) -> tuple[str, str]:
    if point.dist is None:
        return (point.value, "")
    return (point.dist.name, point.dist.version)


def check(name: str, module: ModuleType) -> None:
    """Hold *module* to the contract, more strictly than pluggy does.

    pluggy passes an argument only if the implementation has one of that name without a
    default: a misspelt ``contxt=None`` would silently stay None for ever.

    Raises:
        InvalidConnectorError: Shows the definition that is rejected.
    """
    manifest = getattr(module, "manifest", None)
    if not isinstance(manifest, Manifest):
        raise _broken(name, f"{module.__name__}.manifest is {manifest!r}, not a frontdesk.Manifest")
    for hook in REQUIRED:
        if not callable(getattr(module, hook, None)):
            raise _broken(name, f"there is no {hook}({', '.join(_allowed(hook))})")
    for hook in (*REQUIRED, *OPTIONAL):
        implementation = getattr(module, hook, None)
        if implementation is not None:
            _check_hook(name, hook, implementation)
    _check_manifest(name, manifest)


def _check_hook(name: str, hook: str, implementation: Callable[..., Any]) -> None:
    if not inspect.isroutine(implementation):
        raise _broken(name, f"{hook} is {implementation!r}, not a function")
    shown = f"{hook}{inspect.signature(implementation)}"
    if not hasattr(implementation, "frontdesk_impl"):
        raise _broken(name, f"{shown} is not marked @frontdesk.hookimpl")
    allowed = _allowed(hook)
    for parameter in inspect.signature(implementation).parameters.values():
        if parameter.name not in allowed:
            raise _broken(
                name, f"{shown} takes {parameter.name!r}, but may only take {', '.join(allowed)}"
            )
        if parameter.default is not parameter.empty:
            raise _broken(
                name, f"{shown} gives {parameter.name!r} a default, so it would never be passed"
            )
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise _broken(name, f"{shown} makes {parameter.name!r} {parameter.kind.description}")
    if hook == "fetch_history" and not inspect.isasyncgenfunction(implementation):
        raise _broken(name, f"{shown} is no async generator: write 'async def' and 'yield' pages")
    if hook in _ASYNC - {"fetch_history"} and not inspect.iscoroutinefunction(implementation):
        raise _broken(name, f"{shown} is not 'async def'")
    if hook not in _ASYNC and _waits(implementation):
        raise _broken(name, f"{shown} is 'async def', but waits for nobody: it must be pure")


def _waits(implementation: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(implementation) or inspect.isasyncgenfunction(implementation)


def _check_manifest(name: str, manifest: Manifest) -> None:
    if not attrs.has(manifest.settings):
        raise _broken(name, f"manifest.settings is {manifest.settings!r}, not an attrs class")
    if not manifest.base_urls:
        raise _broken(name, "manifest.base_urls is empty")
    if manifest.guests is not None and manifest.stream(manifest.guests) is None:
        raise _broken(name, f"manifest.guests names {manifest.guests!r}, which is no stream of it")


def _allowed(hook: str) -> tuple[str, ...]:
    return tuple(inspect.signature(getattr(ConnectorHooks, hook)).parameters)[1:]


def _broken(name: str, message: str) -> InvalidConnectorError:
    error = InvalidConnectorError(f"connector {name!r} breaks the contract: {message}")
    error.connector = name
    return error
