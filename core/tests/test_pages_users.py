"""The pages of users and of one's own account, and how numbers and times are shown."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import argon2
import inn
import pytest
from browsing import Browsing, pages, somebody, text

from frontdesk import Desk, Role
from frontdesk.errors import ConfigurationError
from frontdesk.store import users
from frontdesk.web.pages import throttle
from frontdesk.web.pages.security import Passwords
from frontdesk.web.pages.wording import make_environment

pytestmark = pytest.mark.usefixtures("quick_hashes")
PASSWORD = "a long pass phrase"


@pytest.mark.anyio
async def test_an_admin_adds_links_changes_and_removes(store: Path) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        await admin.get("/users")
        added = await admin.post("/users", name=" bob ", role="staff")
        assert "A link for bob" in text(added)
        linked = await admin.post("/users/bob/link")
        changed = await admin.follow(await admin.post("/users/bob/role", role="admin"))
        assert "bob has another role now." in text(changed)
        removed = await admin.follow(await admin.post("/users/bob/remove"))
        assert "bob is no user any more." in text(removed)
        refused = await admin.follow(await admin.post("/users/admin/remove"))
        assert "nobody else is an admin" in text(refused)

        noted = [(row.user, row.action) for row in await desk.audit_trail()][:5]
    assert noted == [
        ("admin", "users remove"),
        ("admin", "users role"),
        ("admin", "users link"),
        ("admin", "users link"),
        ("admin", "users add"),
    ]
    links = [page.text.partition("/enter/")[2][:43] for page in (added, linked)]
    assert len(set(links)) == 2


@pytest.mark.anyio
async def test_the_audit_goes_on_where_it_was_cut(store: Path) -> None:
    async with pages(store) as (desk, app):
        admin = await somebody(desk, app, Role.ADMIN)
        for number in range(60):
            await desk.note("admin", f"deed {number:02}")
        first = await admin.get("/audit")
        older = first.text.partition("/audit?before=")[2].partition('"')[0]
        second = await admin.get(f"/audit?before={older}")
        odd = [await admin.get(f"/audit?before={it}") for it in ("x", "9" * 30, "-1", "٣")]

    assert ("deed 59" in first.text, "deed 10" in first.text, "deed 09" in first.text) == (
        (True, True, False)
    )
    assert ("deed 10" in second.text, "deed 09" in second.text) == (False, True)
    assert "Back to the start" in text(second)
    assert [page.status_code for page in odd] == [200] * 4


@pytest.mark.anyio
async def test_ones_own_password_is_guarded_like_the_login(store: Path) -> None:
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        anna = Browsing(app)
        await anna.enter(await desk.login_link("anna"))
        assert "Choose a password" in text(await anna.get("/account"))
        chosen = await anna.post("/account", password=PASSWORD, repeated=PASSWORD)
        assert "You have a new password" in text(await anna.follow(chosen))

        new = {"password": "x" * 12, "repeated": "x" * 12}
        said = [
            text(await anna.follow(await anna.post("/account", old="a guess", **new)))
            for _ in range(6)
        ]
        right = await anna.follow(await anna.post("/account", old=PASSWORD, **new))

    assert ["another one" in one for one in said] == [True] * 5 + [False]
    assert "Too many tries" in text(right)


@pytest.mark.anyio
async def test_who_is_in_need_not_log_in(store: Path) -> None:
    async with pages(store) as (desk, app):
        anna = await somebody(desk, app, Role.VIEWER)

        assert (await anna.get("/login")).headers["location"] == "/"


@pytest.mark.anyio
async def test_a_hash_of_earlier_times_is_made_anew(store: Path) -> None:
    """Seen to fail when the old hash is kept."""
    earlier = argon2.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    async with pages(store) as (desk, app):
        await desk.add_user("anna")
        await desk.store.write(lambda db: users.set_password(db, "anna", earlier))
        assert (await Browsing(app).log_in("anna", PASSWORD)).status_code == 303
        now = await desk.store.read(lambda db: users.password_of(db, "anna"))
        assert (await Browsing(app).log_in("anna", PASSWORD)).status_code == 303

    assert now is not None
    assert now != earlier


def test_passwords_are_hashed_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    hasher = Passwords()._hasher

    assert hasher.type is argon2.Type.ID
    assert hasher.memory_cost >= 19 * 1024
    assert hasher.time_cost >= 2


@pytest.mark.anyio
async def test_whoever_may_use_the_store_gets_in_though_nobody_is_an_admin(store: Path) -> None:
    async with Desk(store, clock=inn.FixedClock()) as desk:
        await desk.add_user("anna", Role.STAFF)

        # Somebody is there, and was to be let in by a link.
        assert await desk.first_login_link() is None
        assert await desk.first_login_link(always=True) is not None
        assert [(row.name, row.role) for row in await desk.users()] == [
            ("anna", Role.STAFF),
            ("operator", Role.ADMIN),
        ]


def test_no_more_is_remembered_of_tries_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen to fail when nothing is ever let go."""
    monkeypatch.setattr(throttle, "_WATCHED", 100)
    counted = throttle.Throttle(inn.FixedClock())
    for number in range(1000):
        counted.note(f"anna{number}", f"10.0.{number}")

    assert len(counted._watched) == 100


@pytest.mark.parametrize("missing", ["argon2", "jinja2", "itsdangerous"])
def test_a_library_that_is_missing_is_named(
    store: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("frontdesk.web.pages")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(ConfigurationError, match=rf"need '{missing}.*frontdesk\[web\]"):
        Desk(store).asgi({"pages"})


def at(exact: str, time: str, zone: str) -> str:
    return f'<time datetime="{exact}">{time} <span class="zone">{zone}</span></time>'


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("{{ 1234567 | number }}", "1,234,567"),
        ("{{ none | number }}{{ none | money }}{{ none | day }}{{ none | moment }}", ""),
        ("{{ amount | money('EUR') }}", "1,234.50 EUR"),
        ("{{ amount | money }}", "1,234.50"),
        ("{{ when | day('Europe/Prague') }}", '<time datetime="2026-11-01">1 Nov 2026</time>'),
        ("{{ when | day }}", '<time datetime="2026-10-31">31 Oct 2026</time>'),
        ("{{ a_day | day }}", '<time datetime="2026-03-29">29 Mar 2026</time>'),
        (
            "{{ when | moment('Europe/Prague') }}",
            at("2026-11-01T00:30:00+01:00", "1 Nov 2026, 00:30", "CET"),
        ),
        (
            "{{ when | moment('No/Such') }}",
            at("2026-10-31T23:30:00+00:00", "31 Oct 2026, 23:30", "UTC"),
        ),
        ("{{ '<b>' }}", "&lt;b&gt;"),
    ],
)
def test_numbers_money_and_times(shown: str, expected: str) -> None:
    given: dict[str, Any] = {
        "amount": Decimal("1234.5"),
        "when": datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
        "a_day": date(2026, 3, 29),
    }

    assert make_environment("en", {}).from_string(shown).render(given) == expected


def test_a_name_that_is_not_known_in_a_template_is_an_error() -> None:
    with pytest.raises(Exception, match="'amuont' is undefined"):
        make_environment("en", {}).from_string("{{ amuont }}").render(amount=1)
