"""The commands by which people are let into the pages."""

from __future__ import annotations

import re
from pathlib import Path

import anyio
import pytest
from browsing import Browsing, pages
from test_cli import Run

from frontdesk.client import SystemClock


@pytest.fixture(name="run")
def _run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FRONTDESK_CONFIG", raising=False)
    run = Run(tmp_path, monkeypatch, capsys)
    run.configure("[service]\npages_url = 'https://desk.example.com/tools'\n")
    return run


def test_users_are_added_listed_changed_and_removed(run: Run) -> None:
    added = run("users", "add", "anna", "--role", "admin")
    run("users", "add", "bob")
    table = run("users", "list").out
    changed = run("users", "role", "bob", "staff")
    listed = run("users", "list", "--json").json
    removed = run("users", "remove", "bob")

    assert added.status == 0
    assert "lets anna in, once, within 24 hours" in added.out
    assert re.search(r"^  https://desk.example.com/tools/enter/[\w-]{43}$", added.out, re.MULTILINE)
    assert re.search(r"^anna +│ admin +│ no", table, re.MULTILINE)
    assert changed.out == "bob is staff now\n"
    assert [(one["name"], one["role"], one["seen"]) for one in listed] == [
        ("anna", "admin", None),
        ("bob", "staff", None),
    ]
    assert removed.out == "bob is no user any more\n"
    assert [one["name"] for one in run("users", "list", "--json").json] == ["anna"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "b c"), "'b c' is no name for a user"),
        (("add", "anna"), "there already is a user 'anna'"),
        (("add", "cy", "--role", "boss"), "there is no role 'boss'; there are: viewer, staff"),
        (("link", "cy"), "there is no user 'cy'"),
        (("remove", "anna"), "nobody else is an admin"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    run("users", "add", "anna", "--role", "admin")

    ended = run("users", *arguments)

    assert ended.status == 2
    assert said in ended.err


@pytest.mark.usefixtures("quick_hashes")
def test_a_link_that_is_printed_lets_in(run: Run) -> None:
    run("users", "add", "anna")
    first = run("users", "link", "anna", "--hours", "1").out
    printed = run("users", "link", "anna", "--hours", "1").out
    assert "within 1 hours" in printed

    async def enter() -> list[int]:
        async with pages(run.folder / "frontdesk.db", clock=SystemClock()) as (_, app):
            links = [re.findall(r"enter/\S+", text)[0] for text in (first, printed)]
            return [(await Browsing(app).get(link)).status_code for link in links]

    # Somebody else may have the earlier one.
    assert anyio.run(enter) == [410, 200]
