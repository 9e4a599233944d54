"""What a plugin's module is held to when it is loaded, more strictly than pluggy does.

pluggy passes an argument only if the implementation has one of that name without a
default: a misspelt ``contxt=None`` would silently stay None for ever.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Final, cast

import attrs
import pluggy

from frontdesk.errors import InvalidConnectorError
from frontdesk.hooks import (
    DESTINATION_OPTIONAL,
    DESTINATION_REQUIRED,
    OPTIONAL,
    REQUIRED,
    ConnectorHooks,
    DestinationHooks,
)
from frontdesk.manifest import DestinationManifest, Manifest


@attrs.frozen
class Contract:
    """What plugins of one kind must keep.

    Args:
        kind: What they are called in messages.
        group: The group of their entry points.
        walks: Hooks that are async generators, with what they yield.
        waits: Hooks that are ``async def``; those in neither are pure.
    """

    kind: str
    group: str
    specification: type
    manifest: type
    required: tuple[str, ...]
    optional: tuple[str, ...]
    walks: dict[str, str]
    waits: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """All hooks there are."""
        return (*self.required, *self.optional)

    def arguments(self, hook: str) -> tuple[str, ...]:
        """Return what a hook may take."""
        return tuple(inspect.signature(getattr(self.specification, hook)).parameters)[1:]


CONNECTOR: Final = Contract(
    kind="connector",
    group="frontdesk.connectors",
    specification=ConnectorHooks,
    manifest=Manifest,
    required=REQUIRED,
    optional=OPTIONAL,
    walks={"fetch_history": "pages"},
    waits=frozenset({"open_account", "manage_webhooks"}),
)
DESTINATION: Final = Contract(
    kind="destination plugin",
    group="frontdesk.destinations",
    specification=DestinationHooks,
    manifest=DestinationManifest,
    required=DESTINATION_REQUIRED,
    optional=DESTINATION_OPTIONAL,
    walks={"read_consent": "pages of opt-outs"},
    waits=frozenset({"open_account", "deliver", "read_subscriptions", "forget", "preview"}),
)


def check(contract: Contract, name: str, module: ModuleType) -> None:
    """Hold *module* to *contract*.

    Raises:
        InvalidConnectorError: Shows the definition that is rejected.
    """
    broken = _Broken(contract, name)
    manifest = getattr(module, "manifest", None)
    if not isinstance(manifest, contract.manifest):
        wanted = f"frontdesk.{contract.manifest.__name__}"
        raise broken(f"{module.__name__}.manifest is {manifest!r}, not a {wanted}")
    for hook in contract.required:
        if not callable(getattr(module, hook, None)):
            raise broken(f"there is no {hook}({', '.join(contract.arguments(hook))})")
    for hook in contract.names:
        implementation = getattr(module, hook, None)
        if implementation is not None:
            _check_hook(broken, hook, implementation)
    _check_manifest(broken, cast("Any", manifest))


@attrs.frozen
class _Broken:
    """Makes the error that names the plugin."""

    contract: Contract
    name: str

    def __call__(self, message: str) -> InvalidConnectorError:
        error = InvalidConnectorError(
            f"{self.contract.kind} {self.name!r} breaks the contract: {message}"
        )
        error.connector = self.name
        return error


def _check_hook(broken: _Broken, hook: str, implementation: Callable[..., Any]) -> None:
    contract = broken.contract
    if not inspect.isroutine(implementation):
        raise broken(f"{hook} is {implementation!r}, not a function")
    shown = f"{hook}{inspect.signature(implementation)}"
    if not hasattr(implementation, "frontdesk_impl"):
        raise broken(f"{shown} is not marked @frontdesk.hookimpl")
    allowed = contract.arguments(hook)
    for parameter in inspect.signature(implementation).parameters.values():
        if parameter.name not in allowed:
            raise broken(
                f"{shown} takes {parameter.name!r}, but may only take {', '.join(allowed)}"
            )
        if parameter.default is not parameter.empty:
            raise broken(f"{shown} gives {parameter.name!r} a default, so it would never be passed")
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            raise broken(f"{shown} makes {parameter.name!r} {parameter.kind.description}")
    if hook in contract.walks and not inspect.isasyncgenfunction(implementation):
        what = contract.walks[hook]
        raise broken(f"{shown} is no async generator: write 'async def' and 'yield' {what}")
    if hook in contract.waits and not inspect.iscoroutinefunction(implementation):
        raise broken(f"{shown} is not 'async def'")
    if hook not in {*contract.walks, *contract.waits} and _waits(implementation):
        raise broken(f"{shown} is 'async def', but waits for nobody: it must be pure")


def _waits(implementation: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(implementation) or inspect.isasyncgenfunction(implementation)


def _check_manifest(broken: _Broken, manifest: Manifest | DestinationManifest) -> None:
    if not attrs.has(manifest.settings):
        raise broken(f"manifest.settings is {manifest.settings!r}, not an attrs class")
    if not manifest.base_urls:
        raise broken("manifest.base_urls is empty")
    if (
        isinstance(manifest, Manifest)
        and manifest.guests is not None
        and manifest.stream(manifest.guests) is None
    ):
        raise broken(f"manifest.guests names {manifest.guests!r}, which is no stream of it")


def managed(
    contract: Contract, name: str, plugin: ModuleType, wrappers: Iterable[object]
) -> pluggy.PluginManager:
    """Return a manager of its own for *plugin*, with the application's wrappers around it.

    Raises:
        InvalidConnectorError: A wrapper is none, or wraps what is no hook.
    """
    manager = pluggy.PluginManager("frontdesk")
    manager.add_hookspecs(contract.specification)
    manager.register(plugin, name=name)
    around = f"a wrapper around {contract.kind} {name!r} breaks the contract"
    try:
        for wrapper in wrappers:
            manager.register(wrapper)
            _refuse_replacing(manager, around, wrapper)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise InvalidConnectorError(f"{around}: {error}") from error
    return manager


def _refuse_replacing(manager: pluggy.PluginManager, around: str, wrapper: object) -> None:
    """Refuse a hook that wraps nothing: it would be called instead of the plugin's own."""
    for caller in manager.get_hookcallers(wrapper) or ():
        for found in caller.get_hookimpls():
            if found.plugin is wrapper and not (found.wrapper or found.hookwrapper):
                shown = f"{caller.name}{inspect.signature(found.function)}"
                raise InvalidConnectorError(
                    f"{around}: {shown} would replace its own; "
                    "mark it @hookimpl(wrapper=True), and let it yield"
                )
