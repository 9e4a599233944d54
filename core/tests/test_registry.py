"""What is installed is found, what breaks the contract is refused with its definition shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import acorn
import attrs
import pytest
from inn import altered, install

import frontdesk
from frontdesk import hookimpl
from frontdesk.errors import ConnectorLoadError, ConnectorNotFoundError, InvalidConnectorError
from frontdesk.registry import installed


def refusal(module: ModuleType) -> str:
    """Return what the registry says against a connector."""
    with pytest.raises(InvalidConnectorError) as caught:
        frontdesk.load(module)

    assert caught.value.connector == "acorn"
    return str(caught.value)


# Without annotations: a signature shows those of this module as texts.


def misspelt(record, contxt=None): ...


def unknown(record, contxt): ...


def defaulted(record, context=None): ...


def keyword_only(record, *, context): ...


def gathering(record, **rest): ...


async def awaiting(record): ...


async def no_generator(client, query):
    return []


def synchronous_pages(client, query):
    yield client


async def pages(client, query):
    yield client


def synchronous(client): ...


@pytest.mark.parametrize(
    ("hook", "definition", "shown", "why"),
    [
        ("map_profile", misspelt, "map_profile(record, contxt=None)", "'contxt'"),
        ("map_profile", unknown, "map_profile(record, contxt)", "may only take record"),
        ("map_profile", defaulted, "context=None", "would never be passed"),
        ("map_profile", keyword_only, "map_profile(record, *, context", "keyword-only"),
        ("map_profile", gathering, "**rest", "'rest'"),
        ("map_profile", awaiting, "map_profile(record)", "must be pure"),
        ("sync_consent", pages, "sync_consent(client, query)", "'client'"),
        ("fetch_history", no_generator, "fetch_history(client, query", "async generator"),
        ("fetch_history", synchronous_pages, "fetch_history(client", "async generator"),
        ("open_account", synchronous, "open_account(client)", "not 'async def'"),
    ],
)
def test_a_hook_that_breaks_the_contract_is_refused_with_its_definition(
    hook: str, definition: Callable[..., Any], shown: str, why: str
) -> None:
    message = refusal(altered(**{hook: definition}))

    assert shown in message
    assert why in message


@pytest.mark.parametrize(
    "hook", ["open_account", "fetch_history", "parse_event", "map_profile", "sync_consent"]
)
def test_a_missing_hook_is_refused_with_the_arguments_it_may_take(hook: str) -> None:
    module = altered()
    delattr(module, hook)

    message = refusal(module)

    assert f"there is no {hook}(" in message


def test_a_hook_that_is_not_marked_is_refused() -> None:
    module = altered()
    module.map_profile = lambda record: None  # type: ignore[attr-defined]

    message = refusal(module)

    assert "map_profile(record) is not marked @frontdesk.hookimpl" in message


def test_an_optional_hook_that_is_no_function_is_refused() -> None:
    module = altered()
    module.route_webhook = "later"  # type: ignore[attr-defined]

    assert "route_webhook is 'later', not a function" in refusal(module)


def test_an_optional_hook_may_be_left_out() -> None:
    module = altered()
    del module.map_reservation

    assert frontdesk.load(module).name == "acorn"


def test_a_missing_manifest_is_refused() -> None:
    module = altered()
    del module.manifest

    assert "acorn.manifest is None, not a frontdesk.Manifest" in refusal(module)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"settings": dict}, "not an attrs class"),
        ({"base_urls": {}}, "base_urls is empty"),
        ({"guests": "people"}, "names 'people', which is no stream"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(change: dict[str, object], why: str) -> None:
    assert why in refusal(altered(manifest=attrs.evolve(acorn.manifest, **change)))


def test_a_connector_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(ConnectorNotFoundError, match="pip install frontdesk-oakwood"):
        frontdesk.load("oakwood")


def test_an_installed_connector_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path))

    found = {one.name: one for one in installed()}["acorn"]

    assert (found.title, found.distribution, found.version) == ("Acorn", "frontdesk-acorn", "1.2")
    assert found.state == "ready"


@pytest.fixture(name="broken")
def _broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Acorn, installed beside three plugins that are broken in ways of their own."""
    install(tmp_path)
    for name, source in {
        "rotten": "import no_such_library",
        "leaving": "raise SystemExit(4)",
        "hollow": "manifest = None",
    }.items():
        (tmp_path / f"{name}_plugin.py").write_text(source)
        install(tmp_path, name, f"{name}_plugin")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_broken_plugins_are_listed_with_their_reasons_and_stop_no_other(broken: Path) -> None:
    """Seen to fail when ``_state`` lets the error of a plugin pass."""
    found = {one.name: one for one in installed()}

    assert found["acorn"].state == "ready"
    assert {"broken"} == {found[name].state for name in ("rotten", "leaving", "hollow")}
    assert "No module named 'no_such_library'" in found["rotten"].reason
    assert "reinstall or update frontdesk-rotten" in found["rotten"].reason
    assert "SystemExit" in found["leaving"].reason
    assert "not a frontdesk.Manifest" in found["hollow"].reason


def test_a_broken_plugin_asked_for_by_name_says_which_distribution_it_is(broken: Path) -> None:
    with pytest.raises(ConnectorLoadError, match=r"frontdesk-rotten 1\.2") as caught:
        frontdesk.load("rotten")

    assert caught.value.connector == "rotten"


def test_a_wrapper_with_a_misspelt_argument_is_refused() -> None:
    class Wrapper:
        @hookimpl(wrapper=True)
        def map_profile(self, recrod):
            return (yield)

    desk = frontdesk.Desk("unused.db")

    with pytest.raises(InvalidConnectorError, match="recrod"):
        desk.connect(acorn, token="x", wrappers=[Wrapper()])


@pytest.mark.parametrize("how", [{}, {"tryfirst": True}])
def test_what_would_replace_a_hook_is_no_wrapper(how: dict[str, bool]) -> None:
    """Seen to fail when it is registered like any other: the connector's own is never called."""

    class Impostor:
        @hookimpl(wrapper=True)
        def sync_consent(self):
            return (yield)

        @hookimpl(**how)
        def map_profile(self, record):
            return None

    desk = frontdesk.Desk("unused.db")

    with pytest.raises(InvalidConnectorError) as caught:
        desk.connect(acorn, token="x", wrappers=[Impostor()])

    said = str(caught.value)
    assert "map_profile(record)" in said
    assert "@hookimpl(wrapper=True)" in said
    assert "'acorn'" in said
