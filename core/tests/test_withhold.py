"""What is withheld appears in nothing that a destination could be given."""

from __future__ import annotations

import acorn
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as some

from frontdesk import Desk, Kind, Profile, ProfileField, Property, jsons
from frontdesk.errors import SettingsError
from frontdesk.wire import profile_json
from frontdesk.withholding import Withheld, sensitive_names

MANIFEST = attrs.evolve(
    acorn.manifest,
    metrics=(
        attrs.evolve(
            acorn.manifest.metrics[0],
            properties=(Property("Room", "string"), Property("Diet", "string", sensitive=True)),
        ),
    ),
    profile=(
        ProfileField("Email", Kind.STANDARD, attribute="email"),
        ProfileField("First Name", Kind.STANDARD, attribute="first_name"),
        ProfileField("City", Kind.STANDARD, attribute="location.city"),
        ProfileField("Notes", Kind.CUSTOM, sensitive=True),
    ),
)
NAMES = ["Room", "Diet", "Email", "First Name", "City", "Notes"]


def test_sensitive_means_all_that_is_marked() -> None:
    assert Withheld(MANIFEST, "sensitive").names == {"Diet", "Notes"} == sensitive_names(MANIFEST)


def test_an_unknown_name_is_refused_with_those_meant_perhaps() -> None:
    with pytest.raises(SettingsError, match=r"no field 'Note'; sensitive ones are: Diet, Notes"):
        Withheld(MANIFEST, ["Note"])


@given(some.sets(some.sampled_from(NAMES)))
def test_no_output_holds_what_is_withheld(names: set[str]) -> None:
    withheld = Withheld(MANIFEST, names)
    values = {name: f"CANARY-{name}" for name in NAMES}
    profile = Profile(
        guest="g",
        email=values["Email"],
        first_name=values["First Name"],
        location={"city": values["City"]},
        properties={"Notes": values["Notes"], "Diet": values["Diet"], "Room": values["Room"]},
    )

    out = jsons.encode(profile_json(withheld.profile(profile))).decode()
    event = jsons.encode(withheld.properties(values)).decode()

    for name, value in values.items():
        assert (value in out) == (name not in names)
        assert (value in event) == (name not in names)


def test_a_connection_is_told_what_to_withhold() -> None:
    desk = Desk("none.db")

    connection = desk.connect(acorn, token="t", withhold=["Room"])

    assert connection.withheld is not None
    assert connection.withheld.names == {"Room"}
    with pytest.raises(SettingsError, match=r"connections\.b: withhold: there is no field 'Rom'"):
        desk.connect(acorn, name="b", token="t", withhold=["Rom"])
    with pytest.raises(SettingsError, match="withhold is no list"):
        desk.connect(acorn, name="b", token="t", withhold=3)
