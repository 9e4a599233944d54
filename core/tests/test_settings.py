"""Settings that are missing, unknown or mistyped are named, and never shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import acorn
import attrs
import pytest
from inn import TOKEN, Inn, connected

import frontdesk
from frontdesk import Account, Desk, Site, setting
from frontdesk.errors import SettingsError
from frontdesk.manifest import without_secrets
from frontdesk.settings import structure

CANARY = "hunter2-CANARY"


@attrs.frozen
class Timed:
    """Settings that speak of time."""

    since: datetime = setting()  # noqa: RUF009  # a field, as connectors declare it
    wait: timedelta = setting(timedelta(1))  # noqa: RUF009  # as above


def refusal(**settings: Any) -> str:
    """Return what is said against settings; a planted secret must not be in it."""
    with pytest.raises(SettingsError) as caught:
        Desk("unused.db").connect(acorn, name="oak", **settings)

    assert "CANARY" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    return str(caught.value)


def test_a_missing_setting_is_named_with_those_there_are() -> None:
    message = refusal()

    assert "required setting missing: 'token' @ connections.oak" in message
    assert "(settings: token, inn, page_size" in message


def test_an_unknown_setting_is_named() -> None:
    assert "unknown setting 'tokn'" in refusal(token=CANARY, tokn=CANARY)


@pytest.mark.parametrize("value", [[CANARY], {"a": CANARY}, 7, None, True])
def test_a_mistyped_secret_is_named_and_never_shown(value: object) -> None:
    """Seen to fail when ``_explain`` adds the error's own words."""
    assert "not a valid str @ connections.oak.token" in refusal(token=value)


@pytest.mark.parametrize("value", [CANARY, True, 1.5])
def test_a_number_must_be_a_number(value: object) -> None:
    message = refusal(token=CANARY, page_size=value)

    assert "not a valid int @ connections.oak.page_size" in message


def test_all_faults_are_said_at_once() -> None:
    message = refusal(inn=CANARY, page_size=CANARY, colour=CANARY)

    assert all(word in message for word in ("'token'", "'colour'", "page_size"))


def test_a_name_a_url_or_nothing_says_where_the_platform_is() -> None:
    def base_url(**given: str) -> str:
        return Desk("unused.db").connect(acorn, token=CANARY, **given).base_url

    assert base_url() == "https://api.acorn.example/"
    assert base_url(base_url="production") == "https://api.acorn.example/"
    assert base_url(base_url="http://127.0.0.1:1/") == "http://127.0.0.1:1/"


@pytest.mark.parametrize("value", [f"ftp://me:{CANARY}@host", CANARY, "", 5, None])
def test_an_address_that_is_none_is_refused_without_being_shown(value: object) -> None:
    """Seen to fail when the message quotes the address, which may hold a password."""
    if value is None:
        assert Desk("unused.db").connect(acorn, token=CANARY, base_url=None).base_url
        return
    message = refusal(token=CANARY, base_url=value)

    assert "connections.oak: base_url is" in message


@pytest.mark.anyio
async def test_a_url_without_a_host_is_refused_before_anything_is_sent() -> None:
    inn = Inn()
    desk = Desk("unused.db")
    desk.connect(acorn, token=TOKEN, transport=inn.transport, base_url="https://")

    found = await desk.check("acorn")

    assert not found.ok
    assert "names a host" in found.problems[0]
    assert inn.requests == []


def test_secrets_are_in_no_repr() -> None:
    """Seen to fail when :func:`frontdesk.secret` leaves out ``repr=False``."""
    desk = Desk("unused.db")
    connection = connected(desk, Inn(), token=CANARY)
    context = connection.context(Account("a", "A", (Site("a", "A"),)), None)
    loaded = frontdesk.load(acorn, settings={"token": CANARY})
    shown = [connection, connection.settings, context, desk, loaded, loaded.context]

    assert not [thing for thing in shown if "CANARY" in f"{thing!r} {thing}"]


def test_mapping_hooks_see_no_secret() -> None:
    """Seen to fail when ``Connection.context`` hands over the settings as they are."""
    desk = Desk("unused.db")
    connection = connected(desk, Inn(), token=CANARY, page_size=3)
    context = connection.context(Account("a", "A"), None)

    assert (context.settings.token, context.settings.page_size) == ("", 3)
    assert connection.settings.token == CANARY


def test_a_name_in_use_is_refused() -> None:
    desk = Desk("unused.db")
    connected(desk, Inn())

    with pytest.raises(
        frontdesk.errors.ConfigurationError, match="already is a connection 'acorn'"
    ):
        connected(desk, Inn())


def test_times_in_settings_are_aware() -> None:
    made = structure(Timed, {"since": "2026-05-01T00:00:00Z", "wait": 60}, where="x")

    assert Timed(since=datetime(2026, 5, 1, tzinfo=UTC), wait=timedelta(minutes=1)) == made
    assert made == without_secrets(made)
    with pytest.raises(SettingsError, match=r"not a valid datetime @ x\.since"):
        structure(Timed, {"since": "2026-05-01T00:00:00"}, where="x")
