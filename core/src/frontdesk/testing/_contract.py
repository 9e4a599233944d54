"""The connector is found, keeps the hook contract, and its suite is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from frontdesk import registry
from frontdesk.errors import SettingsError
from frontdesk.testing._base import Base

if TYPE_CHECKING:
    from frontdesk.testing._observed import Observed


class Contract(Base):
    """Tests of the package, the module and its settings."""

    def test_is_discoverable(self) -> None:
        """An entry point in the group ``frontdesk.connectors`` names the module.

        If this fails, add ``[project.entry-points."frontdesk.connectors"]`` to your
        pyproject.toml, with ``name = "module"``, and install the package again.
        """
        module = self.connector
        names = [n for n, p in registry.entry_points().items() if p.value == module.__name__]

        assert len(names) == 1, f"{len(names)} entry points name {module.__name__}"
        assert registry.load(names[0]).module is module

    def test_keeps_the_hook_contract(self) -> None:
        """The module has a manifest and the hooks, and they take what they may.

        If this fails, the message shows the definition that is wrong, and what is allowed.
        """
        registry.check(self.connector.__name__, self.connector)

    def test_settings_reject_missing_and_unknown_ones(self, observed: Observed) -> None:
        """A setting that is misspelt or forgotten is refused by its name.

        If this fails, make manifest.settings an attrs class whose fields have no default
        unless there is one that is right for everybody.
        """
        with pytest.raises(SettingsError, match="no_such_setting"):
            self.connected(observed.platform, no_such_setting=1)
        needed = [
            field.alias
            for field in attrs.fields(observed.connection.manifest.settings)
            if field.default is attrs.NOTHING
        ]
        assert needed, "no setting is required, so everybody would share an account"
        for name in needed:
            given = {k: v for k, v in observed.platform.settings.items() if k != name}
            if name in self.settings:
                continue
            with pytest.raises(SettingsError, match=name):
                self.connected(attrs.evolve(observed.platform, settings=given))

    def test_no_standard_test_is_weakened(self) -> None:
        """Every test of the suite is there as it was, or is marked as one that fails.

        If this fails, remove your own version of the test. If your connector cannot pass it,
        override it with a method that calls super(), marked
        ``@pytest.mark.xfail(reason="...")``.
        """
        assert weakened(type(self)) == []


def weakened(suite: type[Any]) -> list[str]:
    """Return the standard tests that *suite* replaces without saying why."""
    from frontdesk.testing.suite import ConnectorSuite  # noqa: PLC0415  # it is made of us

    found: list[str] = []
    for name in dir(ConnectorSuite):
        own = getattr(suite, name, None)
        if not name.startswith("test_") or own is getattr(ConnectorSuite, name):
            continue
        marks = getattr(own, "pytestmark", [])
        if not any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks):
            found.append(name)
    return found
