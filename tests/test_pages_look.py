"""Every page there is, as it looks: for everybody, on any screen, whatever guests are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest
from browser import VIEWS, Visitor, crawl, kind_of, slug
from furnishing import HOSTILE, Furnished, furnished

Visit = Callable[..., Visitor]


@pytest.fixture(name="house", scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(tmp_path_factory.mktemp("house") / "frontdesk.db") as house:
        yield house


@pytest.fixture(name="hostile", scope="module")
def _hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(tmp_path_factory.mktemp("hostile") / "frontdesk.db", hostile=True) as house:
        yield house


#: Pages that a button shows, by the kind of the page it is on.
BUTTONS = (
    ("connections?", "Check"),
    ("connections?", "What going live would send"),
    ("profiles/*?", "Show sensitive fields"),
    ("quarantine/*?", "Show guest data"),
)


def behind_buttons(anna: Visitor, paths: Iterable[str], sought: str) -> Iterator[str]:
    """Open pages that are shown for a form, found among those at *paths*; yield their names."""
    found = {kind_of(path): path for path in paths}
    for kind, button in BUTTONS:
        anna.go(found[kind]).press(button)
        yield f"{kind} {button}"
    anna.go("profiles").page.get_by_role("searchbox").fill(sought)
    anna.press("Search")
    yield "profiles search"


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_kept_out(house: Furnished, visit: Visit, view: str) -> None:
    """Seen to fail with a text in pale grey, and with a table wider than a phone."""
    link = house.link()
    anna = visit(house.address, view)
    barriers: dict[str, list[str]] = {}
    wide: dict[str, int] = {}

    def look(path: str) -> None:
        barriers[path], wide[path] = anna.barriers(), anna.sideways()
        anna.shot(f"{slug(path if ' ' in path else kind_of(path))}-{view}")

    for path in ("login", link, "nowhere"):
        anna.go(path)
        look("enter" if path == link else path)
    anna.enter(link)
    for path in crawl(anna, most=1):
        look(path)
    for name in behind_buttons(anna, list(barriers), "a"):
        look(name)

    assert {path: found for path, found in barriers.items() if found} == {}
    assert {path: pixels for path, pixels in wide.items() if pixels > 0} == {}
    assert len(barriers) > 8


def test_what_guests_are_called_is_shown_and_never_run(hostile: Furnished, visit: Visit) -> None:
    """Seen to fail when a value is marked as safe in a template."""
    anna = visit(hostile.address)
    hostile.desk.note(HOSTILE, HOSTILE, **{HOSTILE: HOSTILE})
    anna.enter(hostile.link())
    shown: dict[str, bool] = {}

    def look(path: str) -> None:
        planted = "script, img[src='x'], [onerror]"
        assert anna.page.locator(planted).count() == 0, path
        # Letter by letter: nothing of it was taken for a mark, a template or an entity.
        shown[path] = HOSTILE in anna.page.locator("body").inner_text()

    for path in crawl(anna):
        look(path)
    for name in behind_buttons(anna, list(shown), "alert(1)"):
        look(name)

    assert anna.wrong == []
    kinds = {kind_of(path) for path, hostile in shown.items() if hostile}
    seen = {"audit", "connections", "metrics/*", "profiles", "profiles/*", "quarantine"}
    assert {f"{kind}?" for kind in seen} <= kinds
    assert shown["quarantine/*? Show guest data"]
    assert shown["profiles search"]
