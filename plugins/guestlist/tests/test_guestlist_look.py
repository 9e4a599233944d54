"""Every page of the guest list, as it looks: for everybody, on any screen, whoever the guests are.

Those of the staff and those of guests are opened alike: what links lead to, and what forms show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import attrs
import pytest
from browser import VIEWS, Visitor, _browser, _visit, kind_of, slug
from furnishing import HOSTILE
from guesthouse import TODAY
from mailroom import Room, open_room

from frontdesk import Role
from frontdesk_guestlist import concierge, emails, exclusions, forms, links, subscribing
from frontdesk_guestlist.concierge import Offer, Section, Wording
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.forms import Form
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.links import Pass, Purpose
from frontdesk_guestlist.rules import Kind, Phase
from frontdesk_guestlist.templating import Text

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HERE = "plugins/guestlist/"
LIST = HERE + "grand/guests"
FORMULA = "=cmd|' /C calc'!A0"
FORMS = {"check-in", "in-stay", "post-stay"}
#: Where somebody's own word is shown as text, rather than in a field.
HOSTILE_SHOWN = {
    *("grand/guests?", "search", "transferred", "add same", "imported"),
    *(f"grand/guests/*?{tab}" for tab in ("", "tabactivities", "tabcheck-in", "taborders")),
    *("grand/emails?", "grand/emails/*?", "grand/exclusions?", "grand/concierge?"),
    *("grand/orders?", "grand/subscribers?"),
    *("guest concierge", "guest check-in", "guest in-stay", "guest post-stay"),
}
MAIL = {"sender": "Grand <stay@grand.example>", "tls": "none", "allow": ["@grand.example"]}


@attrs.frozen
class Furnished:
    """A served guest list with everything that pages can show."""

    room: Room
    guest: Guest
    #: What people call themselves and everything.
    word: str

    def links(self) -> dict[str, str]:
        """Return the paths of the guest's links, by what they are for."""
        key, found = self.room.portal.call(self.room.house.annex.key), {}
        for purpose in Purpose:
            token = links.make(key, "grand", Pass(purpose, self.guest.uid), None)
            place = "u" if purpose is Purpose.UNSUBSCRIBE else "g"
            found[purpose.value] = f"{HERE}{place}/{token}"
        return found


def furnish(room: Room, word: str) -> Furnished:
    """Fill a guest list; everything that is somebody's own word is *word*."""
    told = {"channel": word, "room_type": word, "company": word, "country": "FR", "language": "fr"}
    told |= {"phone": "+33142685300", "amount": Decimal("199.5"), "currency": "EUR"}
    named = {"first_name": word, "last_name": FORMULA, "email": "ada@example.com"}
    guest = room.put(**named, **told, number=word, rating=2)
    room.put(**named, **told, arrival=TODAY - timedelta(days=90), departure=TODAY, checked_in=True)
    room.put(last_name=word, email=word, status="cancelled", duplicate_of=word)
    for number in range(60):
        room.put(last_name=f"Guest {number}", email="many@example.com")
    texts = {"en": Text("Hello {{ guest.first_name }}", "Dear **{{ guest.name }}**")}
    email = Email(name=word, kind=Kind.INFORMATION, phase=Phase.PRE_STAY, texts=texts)
    number = room.write(emails.save, email, word)
    room.write(emails.activate, number, word, existing=True)
    room.write(concierge.save_information, Section(language="en", title=word, body=word), word)
    words = {"en": Wording(title=word, text=word)}
    offer = Offer(active=True, price=Decimal(9), currency="EUR", texts=words)
    offered = room.write(concierge.save_offer, offer, word)
    room.write(concierge.order, guest, offered, 1, note=word)
    room.write(forms.submit, guest, Form.CHECK_IN, {"arrival_time": "15:30", "city": word})
    for form in (Form.IN_STAY, Form.POST_STAY):
        room.write(forms.submit, guest, form, {"rating": 2, "comment": word})
    room.write(subscribing.transfer, [guest.id], word, word)
    room.write(exclusions.add, exclusions.Kind.COMPANY, word, word)
    return Furnished(room, guest, word)


def _furnished(folder: Any, word: str) -> Iterator[Furnished]:
    with open_room(folder / "frontdesk.db", campaigns=True, mail=MAIL) as room:
        yield furnish(room, word)


@pytest.fixture(name="house", scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    yield from _furnished(tmp_path_factory.mktemp("house"), "Ada")


@pytest.fixture(name="hostile", scope="module")
def _hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    yield from _furnished(tmp_path_factory.mktemp("hostile"), HOSTILE)


def around(visitor: Visitor, house: Furnished) -> Iterator[str]:
    """Open every page of the staff that links lead to, and each a guest's link leads to.

    Yields what kind it is, without the folder all of them are in.
    """
    waiting = [LIST, f"{LIST}/{house.guest.uid}"]
    known, kinds = set(waiting), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path).replace(house.guest.uid, "*") + path.partition("tab=")[2]
        kinds[kind] += 1
        if kinds[kind] > 1:
            continue
        visitor.go(path)
        yield kind.removeprefix(HERE)
        found: list[str] = visitor.page.eval_on_selector_all(
            "a[href]", "found => found.map(one => one.href.split('#')[0])"
        )
        for link in found if visitor.path.startswith(f"/{HERE}grand/") else ():
            path = link.removeprefix(visitor.address)
            if path.startswith(HERE) and "/static/" not in path and path not in known:
                known.add(path)
                waiting.append(path)
    for purpose, path in house.links().items():
        visitor.go(path)
        yield f"guest {purpose}"
        if purpose in FORMS:
            visitor.go(f"{path}?again=1")
            yield f"guest {purpose} again"


def behind_forms(staff: Visitor, house: Furnished) -> Iterator[str]:
    """Open what forms of the staff's pages show; yield what it is."""
    page = staff.go(LIST).page
    page.locator("[name=name]").fill(house.word[:9])
    staff.press("Filter")
    yield "search"
    staff.go(LIST + "?arrival_from=x&departure_from=2026-06-02&departure_to=2026-06-01")
    yield "no day"
    page = staff.go(LIST + "?emailable=no").page
    for box in page.locator("[name=guest]").all()[:3]:
        box.check()
    page.locator("[name=accepted]").check()
    staff.press("Transfer the chosen guests")
    yield "transferred"
    page = staff.go(LIST + "/add").page
    page.locator("[name=first_name]").fill(house.word)
    page.locator("[name=email]").fill(house.word)
    staff.press("Add guest")
    yield "add wrong"
    page.locator("[name=email]").fill("ada@example.com")
    page.locator("[name=arrival]").fill(TODAY.isoformat())
    page.locator("[name=departure]").fill((TODAY + timedelta(days=1)).isoformat())
    staff.press("Add guest")
    yield "add same"
    page = staff.go(LIST + "/import").page
    rows = (
        f'Last name,Arrival,Departure,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\nA,2026-06-02,x,y'
    )
    file = {"name": f"{house.word[:40]}.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("[type=file]").set_input_files(file)
    staff.press("Import")
    yield "imported"


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_kept_out(house: Furnished, visit: Visit, view: str) -> None:
    """Seen to fail with a form that is wider than a phone."""
    staff = visit(house.room.address, view).enter(house.room.link(Role.STAFF, f"olga-{view}"))
    barriers: dict[str, list[str]] = {}
    wide: dict[str, int] = {}

    def look(name: str) -> None:
        barriers[name], wide[name] = staff.barriers(), staff.sideways()
        staff.shot(f"guestlist-{slug(name)}-{view}")

    for name in chain(around(staff, house), behind_forms(staff, house)):
        look(name)

    assert {name: found for name, found in barriers.items() if found} == {}
    assert {name: pixels for name, pixels in wide.items() if pixels > 0} == {}
    assert len(barriers) > 25


def test_what_guests_are_called_is_shown_and_never_run(hostile: Furnished, visit: Visit) -> None:
    """Seen to fail when a value is marked as safe in a template."""
    staff = visit(hostile.room.address).enter(hostile.room.link())
    shown: dict[str, bool] = {}

    def look(name: str) -> None:
        planted = "script, img[src='x'], [onerror]"
        assert staff.page.locator(planted).count() == 0, name
        # Letter by letter: nothing of it was taken for a mark, a template or an entity.
        shown[name] = HOSTILE in staff.page.locator("body").inner_text()

    for name in chain(around(staff, hostile), behind_forms(staff, hostile)):
        look(name)

    assert staff.wrong == []
    assert {name for name, there in shown.items() if there} >= HOSTILE_SHOWN
