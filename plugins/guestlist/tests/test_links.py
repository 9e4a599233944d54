"""Links: signed, expiring, for one purpose, and silent about the guest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inn import FixedClock

from frontdesk.errors import ConfigurationError
from frontdesk_guestlist import links, templating
from frontdesk_guestlist.links import LinkError, Pass, Purpose
from frontdesk_guestlist.settings import Settings

KEY = b"k" * 32
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def annex(**more: Any) -> Any:
    own = {"pages_url": "https://stay.example.com/", "time_zone": "Europe/Paris", **more}
    settings = Settings(property="grand", title="Grand Hotel", **own)
    return SimpleNamespace(
        name="grand", settings=settings, pages_url="https://desk.example.com", clock=FixedClock(NOW)
    )


@given(st.sampled_from(Purpose), st.uuids(), st.text(max_size=40), st.booleans())
def test_what_was_signed_is_read(purpose: Purpose, uid: Any, mail: str, preview: bool) -> None:
    given = Pass(purpose, str(uid), mail=mail, preview=preview)

    token = links.make(KEY, "grand", given, LATER)

    assert links.read(KEY, token, NOW) == ("grand", given)
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_link_expires_and_says_so() -> None:
    token = links.make(KEY, "grand", Pass(Purpose.CHECK_IN, "u1"), LATER)

    assert links.read(KEY, token, LATER - timedelta(seconds=1))
    with pytest.raises(LinkError, match="expired") as raised:
        links.read(KEY, token, LATER)
    assert raised.value.expired


def test_to_unsubscribe_always_works() -> None:
    token = links.make(KEY, "grand", Pass(Purpose.UNSUBSCRIBE, "u1"), None)

    assert links.read(KEY, token, NOW + timedelta(days=36_500))


@pytest.mark.parametrize("token", ["", ".", "x", "a.b", "WzEs", "é.ü", "a" * 10_000, "\x00.\x00"])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(LinkError, match="not one of ours") as raised:
        links.read(KEY, token, NOW)
    assert not raised.value.expired


def test_a_token_cannot_be_changed_or_signed_by_others() -> None:
    """Seen to fail when the signature is not looked at."""
    token = links.make(KEY, "grand", Pass(Purpose.CONCIERGE, "u1"), LATER)
    other = links.make(b"o" * 32, "grand", Pass(Purpose.CONCIERGE, "u1"), LATER)

    for number in range(len(token)):
        changed = token[:number] + ("A" if token[number] != "A" else "B") + token[number + 1 :]
        if changed != token:
            # The last letter of the signature has bits that nobody reads.
            try:
                assert links.read(KEY, changed, NOW) == links.read(KEY, token, NOW)
                assert number == len(token) - 1
            except LinkError:
                pass
    with pytest.raises(LinkError):
        links.read(KEY, other, NOW)


def test_links_lead_to_the_pages_and_expire_some_days_after_departure() -> None:
    guest = attrs.evolve(templating.sample(annex()), uid="u1", departure=date(2026, 6, 3))

    found = links.guest_links(KEY, annex(link_days=10), guest)

    assert list(found) == list(Purpose)
    assert found[Purpose.CHECK_IN].startswith("https://stay.example.com/plugins/guestlist/g/")
    assert found[Purpose.UNSUBSCRIBE].startswith("https://stay.example.com/plugins/guestlist/u/")
    token = found[Purpose.CHECK_IN].rpartition("/")[2]
    # Until midnight in Paris.
    end = datetime(2026, 6, 13, 22, tzinfo=UTC)
    assert links.read(KEY, token, end - timedelta(seconds=1))[1].guest == "u1"
    with pytest.raises(LinkError):
        links.read(KEY, token, end)


def test_a_guest_without_days_has_links_for_as_long_from_now() -> None:
    guest = attrs.evolve(templating.sample(annex()), departure=None, arrival=None)

    assert links.expires(annex(link_days=0), guest) == datetime(2026, 6, 1, 22, tzinfo=UTC)


def test_no_link_tells_who_the_guest_is() -> None:
    guest = attrs.evolve(templating.sample(annex()), first_name="Zebulon", number="N-777")
    found = " ".join(links.guest_links(KEY, annex(), guest).values())

    import base64

    heads = [url.rpartition("/")[2].partition(".")[0] for url in found.split()]
    told = b" ".join(base64.urlsafe_b64decode(head + "===") for head in heads)
    for word in (b"Zebulon", b"N-777", b"example.com", b"Example"):
        assert word not in told


def test_the_service_knows_where_pages_are_unless_the_house_says() -> None:
    assert links.url(annex(pages_url=None), "t", Purpose.CONCIERGE) == (
        "https://desk.example.com/plugins/guestlist/g/t"
    )
    nowhere = annex(pages_url=None)
    nowhere.pages_url = None
    with pytest.raises(ConfigurationError, match="pages_url"):
        links.url(nowhere, "t", Purpose.CONCIERGE)
