"""The configuration file: what is wrong in it is named with its place, never its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from inn import install

from frontdesk import Desk
from frontdesk.config import find
from frontdesk.errors import ConfigurationError, ConnectorNotFoundError, SettingsError

CANARY = "hunter2-CANARY"


@pytest.fixture(autouse=True)
def _acorn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "site"))


def desk(folder: Path, text: str) -> Desk:
    file = folder / "frontdesk.toml"
    file.write_text(text)
    return Desk.from_config(file)


def refusal(folder: Path, text: str, kind: type[ConfigurationError] = SettingsError) -> str:
    with pytest.raises(kind) as caught:
        desk(folder, text)

    assert "CANARY" not in f"{caught.value} {caught.value!r}"
    return str(caught.value)


def test_a_file_makes_a_desk_with_its_connections(tmp_path: Path) -> None:
    made = desk(
        tmp_path,
        f"""
        [store]
        url = "here.db"
        [connections.oak]
        connector = "acorn"
        brand = "trees"
        token = "{CANARY}"
        [connections."elm house"]
        connector = "acorn"
        token = "other"
        page_size = 5
        """,
    )

    assert list(made.connections) == ["oak", "elm house"]
    assert made.connections["oak"].brand == "trees"
    assert made.connections["elm house"].settings.page_size == 5
    # A relative path is meant from where the file is.
    assert str(tmp_path / "here.db") == made.store.where


def test_a_url_of_a_store_is_taken_as_it_is(tmp_path: Path) -> None:
    made = desk(tmp_path, '[store]\nurl = "postgresql://db.example/frontdesk"')

    assert made.store.where == "postgresql://db.example/frontdesk"


def test_secrets_come_from_the_environment_and_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAK_TOKEN", CANARY)
    (tmp_path / "secret").write_text(f"{CANARY}\n")
    made = desk(
        tmp_path,
        f"""
        [connections.oak]
        connector = "acorn"
        token = {{ env = "OAK_TOKEN" }}
        [connections.elm]
        connector = "acorn"
        token = {{ file = "{tmp_path / "secret"}" }}
        """,
    )

    assert [one.settings.token for one in made.connections.values()] == [CANARY, CANARY]


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[connections.oak]\nconnector="acorn"\ntoken={env="NO_SUCH"}')

    assert message == "connections.oak.token: environment variable 'NO_SUCH' is not set"


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), (b"\xff" + CANARY.encode(), "no UTF-8 text")]
)
def test_a_secret_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    message = refusal(
        tmp_path,
        f'[connections.oak]\nconnector="acorn"\ntoken={{file="{tmp_path / "secret"}"}}',
    )

    assert message.startswith("connections.oak.token: file ")
    assert why in message


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[connection.oak]", "unknown 'connection'; known are store, connections"),
        ("[store]\npath = 'x'", "[store]: unknown 'path'"),
        ("[store]\nurl = 5", "store.url is not a string"),
        ("store = 5", "store is not a table"),
        ("connections = 5", "connections is not a table"),
        ("[connections]\noak = 'CANARY'", "connections.oak is not a table"),
        ("[connections.oak]\ntoken = 'CANARY'", "connector is missing"),
        ("[connections.oak]\nconnector='acorn'\nbrand=5", "brand is not a string"),
        ("[connections.oak]\nconnector='acorn'\ntoken={enw='CANARY'}", "not a valid str"),
        ("[connections.oak]\nconnector='acorn'\ntoken=['CANARY']", "not a valid str"),
        ("[connections.oak]\nconnector='acorn'\ntoken='CANARY'\ntokne=1", "unknown setting 'tok"),
        ("[connections.oak]\nconnector='acorn'\nbase_url='CANARY'", "base_url is neither"),
        ("[connections.oak]\nconnector='acorn'\nname='CANARY'", "unknown setting 'name'"),
        ("[connections.oak]\nconnector='acorn'\ntransport='x'", "unknown setting 'transport'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    assert why in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text", ["[connections.oak", f"token = {CANARY}", f'token = "{CANARY}', "a = 1\na = 2"]
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    assert "is no valid TOML" in refusal(tmp_path, text, ConfigurationError)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "frontdesk.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        Desk.from_config(file)


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="frontdesk init CONNECTOR"):
        Desk.from_config(tmp_path / "none.toml")


def test_an_unknown_connector_says_what_to_install(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[connections.x]\nconnector="elmo"', ConnectorNotFoundError)

    assert "pip install frontdesk-elmo" in message


def test_the_file_asked_for_wins_over_the_environments_and_that_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRONTDESK_CONFIG", raising=False)

    assert find(None) is None
    (tmp_path / "frontdesk.toml").touch()
    assert Path("frontdesk.toml") == find(None)
    monkeypatch.setenv("FRONTDESK_CONFIG", "elsewhere.toml")
    assert Path("elsewhere.toml") == find(None)
    assert Path("mine.toml") == find(Path("mine.toml"))
