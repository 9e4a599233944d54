"""The way of the staff through an e-mail, in a browser: write it, mend it, look, switch it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time, timedelta
from pathlib import Path

import pytest
from browser import Visitor, _browser, _visit
from furnishing import HOSTILE
from guesthouse import TODAY
from mailroom import Room, open_room

from frontdesk import Role
from frontdesk_guestlist import emails, exclusions
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.rules import Criterion, Kind, Phase, Segment
from frontdesk_guestlist.templating import Text

__all__ = ["_browser", "_visit"]
Visit = Callable[..., Visitor]
HERE = "plugins/guestlist/grand/"
BODY = 'Dear {{ guest.first_name }},\n\nyou *arrive* on {{ guest.arrival | date("short") }}.'


@pytest.fixture(name="room")
def _room(tmp_path: Path) -> Iterator[Room]:
    with open_room(tmp_path / "frontdesk.db") as room:
        yield room


def fill(visitor: Visitor, **said: str) -> None:
    """Fill in fields by their names; two underscores are a hyphen."""
    for name, value in said.items():
        visitor.page.locator(f"[name='{name.replace('__', '-')}']").fill(value)


def written(room: Room, name: str = "Welcome", **more: str) -> int:
    """Save an e-mail without the browser; return its id."""
    texts = {"en": Text("Hello {{ guest.first_name }}", BODY), **more}
    email = Email(name=name, kind=Kind.INFORMATION, phase=Phase.PRE_STAY, texts=texts)
    made: int = room.write(emails.save, email, "Grace")
    return made


def test_an_email_is_written_mended_looked_at_and_switched_on(room: Room, visit: Visit) -> None:
    """Seen to fail when texts are not checked field by field."""
    coming = [room.put(first_name=name, email=f"{name}@example.com") for name in ("ada", "bob")]
    room.put(first_name="cy", email="cy@example.com", arrival=TODAY + timedelta(days=120))
    staff = visit(room.address).enter(room.link()).go(HERE + "emails").follow("New e-mail")
    staff.follow("Information Before the stay")
    assert staff.page.get_by_label("Days after departure").count() == 0
    fill(staff, name="Welcome", subject__en="Hello", body__en="Dear\n{{ guest.frist_name }}")
    fill(staff, earliest="5", latest="1", at="10:30")
    staff.press("Save")

    said = staff.page.get_by_role("alert").inner_text()
    assert "Text, English: line 2: there is no value guest.frist_name" in said
    assert staff.barriers() == []
    assert staff.page.locator("[name=body-en]").get_attribute("aria-invalid") == "true"
    assert staff.page.locator("[name=body-en]").input_value() == "Dear\n{{ guest.frist_name }}"
    assert staff.page.locator("[name=earliest]").input_value() == "5"
    assert room.read(emails.all_) == []

    fill(staff, subject__en="Hello {{ guest.first_name }}", body__en=BODY)
    staff.press("Look at it, without saving")
    look = staff.page.locator("#look").inner_text()
    assert "2 guests of the next 90 days" in look
    assert "Hello Ada" in look
    assert staff.barriers() == []
    staff.shot("guestlist-emails-look")
    assert room.read(emails.all_) == []
    staff.press("Save")
    assert "It is off" in staff.page.get_by_role("status").inner_text()
    assert staff.heading == "Welcome"

    staff.page.get_by_label("For").select_option(coming[1].uid)
    staff.press("Show")
    assert "Hello bob" in staff.page.locator("main").inner_text()
    assert staff.page.locator(".mail em").inner_text() == "arrive"
    assert "bob" not in staff.page.url
    staff.follow("Switch on")
    assert "2 guests of the next 90 days" in staff.page.locator("main").inner_text()
    assert staff.page.get_by_label("Only those that are made from now on").is_checked()
    staff.press("Switch on")

    [email] = room.read(emails.all_)
    assert (email.active, email.listed_since) == (True, room.house.clock.now())
    assert (email.rules.earliest, email.rules.latest, email.rules.at) == (5, 1, time(10, 30))
    staff.press("Switch off")
    assert not room.read(emails.all_)[0].active
    done = [action for user, action in room.audit() if user == "staff"]
    assert done[:3] == ["guestlist email off", "guestlist email on", "guestlist email save"]


def test_reservations_that_exist_get_it_only_if_staff_say_so(room: Room, visit: Visit) -> None:
    staff, id = visit(room.address).enter(room.link()), written(room)
    staff.go(HERE + f"emails/{id}/activation")
    staff.page.get_by_label("Those that exist already, too").check()
    staff.press("Switch on")

    email = room.read(emails.get, id)
    assert (email.active, email.listed_since) == (True, None)
    staff.follow("Change for which reservations").press("Switch on")
    assert room.read(emails.get, id).listed_since == room.house.clock.now()


def test_languages_conditions_and_exclusions_are_added_and_kept(room: Room, visit: Visit) -> None:
    """Seen to fail when a button that only makes room forgets what was filled in."""
    staff = visit(room.address).enter(room.link())
    staff.go(HERE + "emails/new?kind=post-stay:feedback")
    fill(staff, name="Thanks", subject__en="Thanks", body__en="Thank you", days_after="2")
    staff.page.get_by_label("Another language").select_option("French")
    staff.press("Add the language")
    fill(staff, subject__fr="Merci", body__fr="Merci beaucoup")
    staff.press("Add a condition").press("Add a condition")
    staff.page.locator("[name=criterion-0]").select_option("nights")
    fill(staff, values__0="3-7\n14+", values__1="fr\nde")
    staff.page.locator("[name=criterion-1]").select_option("language")
    staff.page.locator("[name=include-1]").select_option("no")
    fill(staff, excluded="boss@example.com\n\nnot a domain", active_from="2026-12-31")
    fill(staff, active_until="2026-12-01")
    staff.page.get_by_label("It is part of the stay").check()
    staff.press("Save")
    staff.shot("guestlist-emails-conditions")
    said = staff.page.get_by_role("alert").inner_text()
    assert "Last day it is sent: This must not be before the first day." in said
    fill(staff, active_until="2027-01-31")
    staff.press("Save")
    assert "line 3: value: must be a domain" in staff.page.get_by_role("alert").inner_text()
    assert room.read(emails.all_) == []
    fill(staff, excluded="boss@example.com\n\n@competitor.example")
    staff.press("Save")

    [email] = room.read(emails.all_)
    assert (email.phase, email.kind, email.service) == (Phase.POST_STAY, Kind.FEEDBACK, True)
    assert email.texts == {
        "en": Text("Thanks", "Thank you"),
        "fr": Text("Merci", "Merci beaucoup"),
    }
    assert email.rules.days_after == 2
    assert email.rules.segments == (
        Segment(criterion=Criterion.NIGHTS, values=("3-7", "14+")),
        Segment(criterion=Criterion.LANGUAGE, include=False, values=("fr", "de")),
    )
    assert [(one.kind.value, one.value) for one in room.read(exclusions.listed, email.id)] == [
        ("address", "boss@example.com"),
        ("domain", "competitor.example"),
    ]
    staff.follow("Change")
    assert staff.page.locator("[name=values-0]").input_value() == "3-7\n14+"
    fill(staff, excluded="@competitor.example")
    staff.press("Leave out French").press("Save")
    assert set(room.read(emails.get, email.id).texts) == {"en"}
    assert [one.value for one in room.read(exclusions.listed, email.id)] == ["competitor.example"]


def test_two_who_change_the_same_are_told(room: Room, visit: Visit) -> None:
    """Seen to fail when the time of the last change is not compared."""
    staff, id = visit(room.address).enter(room.link()), written(room)
    staff.go(HERE + f"emails/{id}/edit")
    room.house.clock.at += timedelta(minutes=1)
    other = room.read(emails.get, id)
    room.write(emails.save, other, "Grace")
    fill(staff, subject__en="Mine")
    staff.press("Save")

    assert "somebody else changed this e-mail" in staff.page.get_by_role("alert").inner_text()
    assert room.read(emails.get, id).texts["en"].subject == "Hello {{ guest.first_name }}"
    assert staff.page.locator("[name=subject-en]").input_value() == "Mine"


def test_global_exclusions_come_and_go(room: Room, visit: Visit) -> None:
    staff = visit(room.address).enter(room.link()).go(HERE + "exclusions")
    staff.page.get_by_label("What is excluded").select_option("Domain")
    fill(staff, value="nothing")
    staff.press("Exclude")
    assert "must be a domain" in staff.page.get_by_role("alert").inner_text()
    assert staff.page.locator("[name=value]").input_value() == "nothing"
    fill(staff, value="@competitor.example")
    staff.press("Exclude")
    assert [one.value for one in room.read(exclusions.listed)] == ["competitor.example"]
    assert staff.barriers() == []
    row = staff.page.get_by_role("row", name="competitor.example")
    row.locator("summary").click()
    staff.press("Remove", row)
    assert room.read(exclusions.listed) == []


def test_one_that_never_went_out_is_removed(room: Room, visit: Visit) -> None:
    staff, id = visit(room.address).enter(room.link()), written(room)
    staff.go(HERE + f"emails/{id}").page.locator(".ask summary").click()
    staff.press("Remove")

    assert staff.heading == "E-mails"
    assert room.read(emails.all_) == []


def test_viewers_look_and_change_nothing(room: Room, visit: Visit) -> None:
    """Seen to fail when the buttons are for viewers."""
    viewer, id = visit(room.address).enter(room.link(Role.VIEWER)), written(room)
    viewer.go(HERE + "emails").follow("Welcome")
    assert "Hello Ada" in viewer.page.locator("main").inner_text()
    for path in ("emails", f"emails/{id}", "exclusions"):
        assert viewer.go(HERE + path).page.locator("main form[method=post]").count() == 0
    for path in ("emails/new", f"emails/{id}/edit", f"emails/{id}/activation"):
        assert viewer.go(HERE + path).heading == "You may not do this"


@pytest.mark.parametrize("view", ["wide", "phone", "dark"])
def test_hostile_texts_are_shown_as_they_are(room: Room, visit: Visit, view: str) -> None:
    """Seen to fail when Markdown lets HTML through, or a value is not escaped."""
    guest = room.put(first_name=HOSTILE, last_name="[x](javascript:alert(3))")
    spoiled = HOSTILE.replace("{{7*7}}", "") + "\n\n# A heading\n\n[x](javascript:alert(3))\n\n"
    body = spoiled + "{{ guest.name }} ![](https://elsewhere.example/x.png)"
    id = written(room, HOSTILE[:90], fr=Text("{{ guest.first_name }}", body))
    room.write(exclusions.add, exclusions.Kind.COMPANY, HOSTILE, "Grace")
    staff = visit(room.address, view).enter(room.link())

    for path in (
        "emails",
        f"emails/{id}?language=fr&guest={guest.uid}",
        f"emails/{id}/edit",
        f"emails/{id}/activation",
        "emails/new",
        "exclusions",
    ):
        staff.go(HERE + path)
        assert staff.page.locator("main script, main img, main [href^=javascript]").count() == 0
        assert staff.barriers() == []
        assert staff.sideways() == 0
        staff.shot(f"guestlist-{path.partition('?')[0].replace('/', '-')}-{view}")
