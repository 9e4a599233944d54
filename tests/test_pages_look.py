"""Every page there is, as it looks: for everybody, on any screen, whatever guests are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_kept_out(house: Furnished, visit: Visit, view: str) -> None:
    """Seen to fail with a text in pale grey, and with a table wider than a phone."""
    link = house.link()
    anna = visit(house.address, view)
    barriers: dict[str, list[str]] = {}
    wide: dict[str, int] = {}

    def look(path: str) -> None:
        barriers[path], wide[path] = anna.barriers(), anna.sideways()
        anna.shot(f"{slug(kind_of(path))}-{view}")

    for path in ("login", link, "nowhere"):
        anna.go(path)
        look("enter" if path == link else path)
    anna.enter(link)
    for path in crawl(anna, most=1):
        look(path)

    assert {path: found for path, found in barriers.items() if found} == {}
    assert {path: pixels for path, pixels in wide.items() if pixels > 0} == {}
    assert len(barriers) > 8


def test_what_guests_are_called_is_shown_and_never_run(hostile: Furnished, visit: Visit) -> None:
    """Seen to fail when a value is marked as safe in a template."""
    anna = visit(hostile.address)
    hostile.desk.note(HOSTILE, HOSTILE, **{HOSTILE: HOSTILE})
    anna.enter(hostile.link())
    shown = {}

    for path in crawl(anna):
        planted = "script, img[src='x'], [onerror], textarea + *"
        assert anna.page.locator(planted).count() == 0, path
        # Letter by letter: nothing of it was taken for a mark, a template or an entity.
        shown[path] = HOSTILE in anna.page.locator("body").inner_text()

    assert anna.wrong == []
    assert shown["audit"]
