"""Templates: what staff can write, what they cannot, and what guests' values cannot do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html.parser import HTMLParser
from time import process_time
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import FixedClock

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import links, templating, values
from frontdesk_guestlist.emails import Email
from frontdesk_guestlist.guests import Guest
from frontdesk_guestlist.rules import Kind, Phase
from frontdesk_guestlist.settings import Settings
from frontdesk_guestlist.templating import Rendered, Text

KEY = b"k" * 32
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def annex(**more: Any) -> Any:
    own = {"pages_url": "https://stay.example.com", "language": "en", **more}
    settings = Settings(property="grand", title="Grand Hotel", **own)
    return SimpleNamespace(name="grand", settings=settings, pages_url=None, clock=FixedClock(NOW))


def guest(**more: Any) -> Guest:
    return attrs.evolve(templating.sample(annex()), **more)


def said(body: str, subject: str = "Hello", language: str = "en", **more: Any) -> Rendered:
    return templating.render_text(annex(), KEY, Text(subject, body), guest(**more), language)


def faults(body: str, subject: str = "Hello") -> list[str]:
    """Return what is wrong, as ``where:line message``."""
    return [f"{p.where}:{p.line} {p.message}" for p in templating.check(subject, body)]


def test_values_stand_in_text_and_html() -> None:
    shown = said(
        "# For {{ guest.name }}\n\nFrom *{{ property.title }}*", "To {{ guest.first_name }}"
    )

    assert shown.subject == "To Ada"
    assert shown.text.startswith("# For Ada Example\n\nFrom *Grand Hotel*\n")
    assert "<h1>For Ada Example</h1>\n<p>From <em>Grand Hotel</em></p>" in shown.content
    assert shown.content in shown.html
    assert '<html lang="en">' in shown.html


@pytest.mark.parametrize(
    ("language", "body", "shown"),
    [
        ("en-GB", "{{ guest.arrival }}", "Monday, 6 May 2030"),
        ("en", "{{ guest.arrival }}", "Monday, May 6, 2030"),
        ("fr", "{{ guest.arrival }}", "lundi 6 mai 2030"),
        ("fr", '{{ guest.arrival|date("short") }}', "06/05/2030"),
        ("xx", '{{ guest.arrival|date("long") }}', "May 6, 2030"),
        ("en", "{{ guest.nights }}", "3"),
        ("en", '{{ guest.last_name|default("guest")|upper }}', "EXAMPLE"),
        ("en", "{% if guest.nights > 2 %}long{% else %}short{% endif %}", "long"),
        ("en", '{{ "a" if guest.number == "A-1001" else "b" }}', "a"),
        ("en", "?q={{ guest.name|urlencode }}", "?q=Ada%20Example"),
        ("en", '{{ guest.first_name ~ " & " ~ guest.last_name }}', "Ada & Example"),
    ],
)
def test_values_are_written_as_asked(language: str, body: str, shown: str) -> None:
    assert templating.check("Hello", body) == []
    assert said(body, language=language).text.partition("\n")[0] == shown


def test_what_is_not_known_can_be_said_otherwise() -> None:
    shown = said(
        'Dear {{ guest.first_name|default("guest") }}, {{ guest.arrival }}!',
        first_name=" ",
        arrival=None,
    )

    assert shown.text.startswith("Dear guest, !")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("{{ guest.frist_name }}", "body:1 there is no value guest.frist_name; there are: guest.f"),
        ("\n\n{{ name }}", "body:3 there is no value name; there are: guest...."),
        ("\n{{ guest }}", "body:2 there is no value guest; there are: guest.first_name"),
        ("{% for a in guest.name %}{{ a }}{% endfor %}", "body:1 a loop cannot stand"),
        ("{{ range(10) }}", "body:1 a call cannot stand"),
        ("{{ guest.name.upper() }}", "body:1 a call cannot stand"),
        ("{{ guest['name'] }}", "body:1 [ ] cannot stand"),
        ("{{ guest.__class__ }}", "body:1 there is no value guest.__class__"),
        ("{{ guest.name.__class__.__mro__ }}", "body:1 values have no parts"),
        ("{{ ''.__class__ }}", "body:1 values have no parts"),
        ("{{ 'a' * 1000000000 }}", "body:1 * cannot stand"),
        ("{{ guest.nights ** 99 }}", "body:1 ** cannot stand"),
        ("{{ guest.name|center(1000000000) }}", "body:1 there is no filter center; there are: cap"),
        ("{{ guest.name|attr('x') }}", "body:1 there is no filter attr"),
        ("{{ guest.name|safe }}", "body:1 there is no filter safe"),
        ("{% set x = 1 %}", "body:1 set cannot stand"),
        ("{% include 'x' %}", "body:1 include cannot stand"),
        ("{% import 'x' as y %}", "body:1 import cannot stand"),
        ("{% macro m() %}{% endmacro %}", "body:1 macro cannot stand"),
        ("{% block a %}{% endblock %}", "body:1 block cannot stand"),
        ("{{ self }}", "body:1 there is no value self"),
        ("{{ loop }}", "body:1 there is no value loop"),
        ("{{ [1, 2] }}", "body:1 a list cannot stand"),
        ("{{ guest.name", "body:1 unexpected end of template"),
        ("one\ntwo {% if guest.name %}", "body:2 Unexpected end of template"),
        ("{{ guest.nights > 'a' }}", "body:0 a value cannot be written as the template asks"),
        ("{{ guest.name|date }}", "body:0 date is for guest.arrival and guest.departure"),
        ("{{ guest.arrival|date('odd') }}", "body:0 date is one of: full, long, medium, short"),
        ("a\n<{{ links.concierge }}>", "body:2 write [text]({{ links.concierge }})"),
        ("{{" + "(" * 9_000 + "1" + ")" * 9_000 + "}}", "body:0 it is nested too deep"),
        ("{{ guest.name" + "|urlencode" * 500 + " }}", "body:0 it is nested too deep"),
        ("{% if 1 %}" * 200 + "{% endif %}" * 200, "body:0 it is nested too deep"),
        ("a" * 60_001, "body:0 it is longer than 60000 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_template_is_named_with_its_line(body: str, wrong: str) -> None:
    """Seen to fail, most of it, when the list of what may stand holds all of Jinja's."""
    (first, *_) = faults(body)

    assert first.startswith(wrong)


def test_a_subject_is_one_line_that_says_something() -> None:
    assert faults("x", "  ") == ["subject:0 there is none; write one"]
    assert faults("x", "a\nb") == ["subject:0 it must be one line"]
    assert faults("x", "{{ nobody }}")[0].startswith("subject:1 there is no value nobody")


@pytest.mark.parametrize("piece", ["[", "*a ", "> ", "`", "![](", "- ", "<", "&", "(", "_a*"])
def test_no_template_takes_long(piece: str) -> None:
    body = piece * (60_000 // len(piece))
    began = process_time()

    assert faults(body) == []
    said(body)

    assert process_time() - began < 5


def test_no_email_grows_huge() -> None:
    shown = said("{{ guest.name }}" * 10, first_name="*" * 100_000, last_name="<" * 100_000)

    assert len(shown.text) < 15_000
    body = "{{ guest.name }}" * 3_000
    assert faults(body) == []
    with pytest.raises(ConfigurationError, match="longer than 200000 letters"):
        said(body, first_name="*" * 100_000)


class Links(HTMLParser):
    """Collects tags, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.to: list[str] = []
        self.text = ""
        self.feed(str(page))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.to += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.text += data


TRICKS = st.text(
    st.one_of(st.sampled_from("<>[]()!*_`#\\&\"'\n\r\t|~:/{}%=+-.1 "), st.characters()), max_size=60
)


@given(TRICKS)
def test_a_guest_called_anything_stays_a_word(name: str) -> None:
    """Seen to fail when values are not kept from being read as Markdown."""
    plain = said(
        "Dear **{{ guest.first_name }}**, see [here]({{ links.concierge }}).", first_name="A"
    )

    shown = said(
        "Dear **{{ guest.first_name }}**, see [here]({{ links.concierge }}).",
        "For {{ guest.first_name }}!",
        first_name=f"x{name}x",
    )

    assert Links(shown.content).tags == Links(plain.content).tags
    assert Links(shown.content).to == Links(plain.content).to
    words = " ".join("".join(c if c.isprintable() else " " for c in f"x{name}x").split())
    assert f"Dear {words}, see" in Links(shown.content).text
    assert shown.subject == f"For {words}!"[:200]


@pytest.mark.parametrize(
    "name",
    ["[win](https://evil.example)", "<script>alert(1)</script>", "# big", "![x](y)", "1. a", "> a",
     "- a", "`a`", "***", "&lt;b&gt;", "javascript:alert(1)", "<https://evil.example>"],
)  # fmt: skip
def test_a_name_is_no_markup(name: str) -> None:
    shown = said("{{ guest.first_name }}", first_name=name)

    assert Links(shown.content).tags == ["p", "hr", "p", "a"]
    assert name in Links(shown.content).text


def test_staff_cannot_write_html_or_scripts() -> None:
    body = "<script>x</script>\n\n[a](javascript:alert(1)) [b](data:text/html,x)"
    shown = said(body)

    assert Links(shown.content).tags == ["p", "p", "hr", "p", "a"]
    assert "&lt;script&gt;" in shown.content


def test_a_way_to_unsubscribe_is_always_there() -> None:
    """Seen to fail when nothing is added to a text that has no link."""
    shown = said("Come in.")
    (link,) = Links(shown.content).to

    assert link == shown.unsubscribe
    assert f"Unsubscribe from all e-mails: {link}" in shown.text
    said_in_french = said("Entrez.", language="fr-CA")
    assert "Se désabonner de tous les e-mails" in said_in_french.content
    assert "Se désabonner de tous les e-mails: http" in said_in_french.text


def test_who_writes_the_link_has_no_second_one() -> None:
    shown = said("Come in.\n\n[Leave]({{ links.unsubscribe }})")

    assert Links(shown.content).to == [shown.unsubscribe]
    assert shown.text.count(shown.unsubscribe) == 1


def test_a_link_that_cannot_be_clicked_is_not_enough() -> None:
    shown = said("Come in. {% if guest.nights > 99 %}[Leave]({{ links.unsubscribe }}){% endif %}")
    bare = said("Leave: {{ links.unsubscribe }}")

    assert Links(shown.content).to == [shown.unsubscribe]
    assert Links(bare.content).to == [bare.unsubscribe]


def test_links_say_for_whom_they_are_and_which_email_they_stood_in() -> None:
    shown = templating.render_text(
        annex(), KEY, Text("x", "[a]({{ links.check_in }})"), guest(uid="u1"), "en", mail="m1"
    )
    check_in, unsubscribe = Links(shown.content).to

    assert check_in.startswith("https://stay.example.com/plugins/guestlist/g/")
    assert unsubscribe.startswith("https://stay.example.com/plugins/guestlist/u/")
    for url, purpose in ((check_in, "check-in"), (unsubscribe, "unsubscribe")):
        property, found = links.read(KEY, url.rpartition("/")[2], NOW)
        told = (property, found.purpose, found.guest, found.mail, found.preview)
        assert told == ("grand", purpose, "u1", "m1", False)


def test_a_preview_has_links_without_effect() -> None:
    shown = templating.render_text(annex(), KEY, Text("x", "y"), guest(), "en", preview=True)

    assert links.read(KEY, shown.unsubscribe.rpartition("/")[2], NOW)[1].preview


@pytest.mark.parametrize(
    ("there", "asked", "own", "chosen"),
    [
        ("en fr", "fr", "en", "fr"),
        ("en fr", "fr-CA", "en", "fr-CA"),
        ("en fr fr-CA", "fr_CA", "en", "fr_CA"),
        ("en fr-BE", "fr", "en", "fr"),
        ("en fr", "de", "fr", "fr"),
        ("en fr", "", "fr", "fr"),
        ("de fr", "it", "en", "de"),
        ("en fr", "fr\r\nX-Evil: 1", "en", "en"),
    ],
)
def test_a_guest_is_written_to_in_the_best_language(
    there: str, asked: str, own: str, chosen: str
) -> None:
    email = Email(
        name="x",
        phase=Phase.PRE_STAY,
        kind=Kind.INFORMATION,
        texts={language: Text(language, "{{ guest.arrival }}") for language in there.split()},
    )

    shown = templating.render(annex(language=own), KEY, email, guest(language=asked))

    assert shown.language == chosen
    assert shown.subject == {"fr_CA": "fr-CA"}.get(chosen, shown.subject)


def test_it_is_said_that_nobody_knows_how_guests_reach_the_pages() -> None:
    with pytest.raises(ConfigurationError, match="pages_url"):
        templating.render_text(annex(pages_url=None), KEY, Text("x", "y"), guest(), "en")


def test_every_value_has_a_meaning() -> None:
    known = [f"{part}.{name}" for part, names in values.KNOWN.items() for name in names]

    assert list(values.VARIABLES) == known


def test_the_sample_is_nobody() -> None:
    made = templating.sample(annex(), "fr")

    assert (made.arrival, made.language) == (date(2030, 5, 6), "fr")
    assert made.address.endswith("@example.com")
