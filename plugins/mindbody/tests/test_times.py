"""One conversion for every time: offsets, wall clocks, hours that come twice or never."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.errors import RecordError
from frontdesk.model import Site
from frontdesk_mindbody.times import shown, to_utc, utc, wall, zone_named, zone_of

WARSAW = ZoneInfo("Europe/Warsaw")
ANGELES = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # Wall clock at the site: winter and summer.
        ("2026-01-03T10:33:46", WARSAW, "2026-01-03T09:33Z"),
        ("2026-07-03T10:33:46", WARSAW, "2026-07-03T08:33Z"),
        ("2026-08-18T07:00:00", ANGELES, "2026-08-18T14:00Z"),
        # An offset says itself what it means.
        ("2026-08-18T17:12:00Z", ANGELES, "2026-08-18T17:12Z"),
        ("2026-08-18T17:12:00+02:00", ANGELES, "2026-08-18T15:12Z"),
        # An hour that comes twice is the first of the two.
        ("2026-10-25T02:30:00", WARSAW, "2026-10-25T00:30Z"),
        ("2026-11-01T01:30:00", ANGELES, "2026-11-01T08:30Z"),
        # One that the clocks skip is as much later.
        ("2026-03-29T02:30:00", WARSAW, "2026-03-29T01:30Z"),
        ("2026-03-08T02:30:00", ANGELES, "2026-03-08T10:30Z"),
        # However fractions are written.
        ("2025-08-28T06:45:58.483", WARSAW, "2025-08-28T04:45Z"),
        ("2026-08-01T17:12:03.12Z", WARSAW, "2026-08-01T17:12Z"),
        ("2025-08-28T06:45:58:483", WARSAW, "2025-08-28T04:45Z"),
        # What is not set comes as the first day there is.
        ("0001-01-01T00:00:00", WARSAW, None),
        ("", WARSAW, None),
        (None, None, None),
    ],
)
def test_a_time_is_one_instant(text: str | None, zone: ZoneInfo | None, expected: str) -> None:
    """Seen to fail when a naive time was taken for UTC."""
    assert shown(to_utc(text, zone, "StartDateTime")) == expected


@pytest.mark.parametrize("text", ["soon", "2026-13-01T00:00:00", "2026-01-01T25:00:00", "12:00"])
def test_what_is_no_time_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        to_utc(text, WARSAW, "StartDateTime")
    assert str(caught.value) == "StartDateTime is not a time"
    assert caught.value.__cause__ is None


def test_a_wall_clock_without_a_zone_is_refused_rather_than_guessed() -> None:
    with pytest.raises(RecordError, match="the site's is not known"):
        to_utc("2026-01-03T10:33:46", None, "StartDateTime")
    assert to_utc("2026-01-03T10:33:46Z", None, "StartDateTime") is not None


def test_what_is_in_utc_need_not_say_so() -> None:
    assert shown(utc("2026-08-01T17:12:03", "Told")) == "2026-08-01T17:12Z"
    assert shown(utc("2026-08-01T17:12:03+02:00", "Told")) == "2026-08-01T15:12Z"


def test_a_z_can_be_told_to_mean_nothing() -> None:
    assert shown(wall("2026-01-03T10:33:46Z", WARSAW, "SaleDateTime")) == "2026-01-03T09:33Z"
    assert shown(to_utc("2026-01-03T10:33:46Z", WARSAW, "SaleDateTime")) == "2026-01-03T10:33Z"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Warsaw", "Europe/Warsaw"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("Middle-earth Standard Time", None),
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_zones_go_by_both_their_names(name: str, expected: str | None) -> None:
    found = zone_named(name)
    assert (found.key if found else None) == expected
    assert (zone_of(Site("1", "A", time_zone=name)) is None) is (expected is None)
    assert zone_of(None) is None


@given(st.datetimes(datetime(2001, 1, 1), datetime(2036, 1, 1)))  # noqa: DTZ001  # wall clocks
def test_a_wall_clock_read_back_is_the_same_unless_the_clocks_skip_it(moment: datetime) -> None:
    found = to_utc(moment.isoformat(), ANGELES, "StartDateTime")
    assert found is not None
    assert found.tzinfo is UTC
    back = found.astimezone(ANGELES).replace(tzinfo=None, fold=0)
    skipped = moment.replace(tzinfo=ANGELES).astimezone(UTC).astimezone(ANGELES)
    assert back == skipped.replace(tzinfo=None, fold=0)
    assert (back - moment).total_seconds() in {0.0, 3600.0}
