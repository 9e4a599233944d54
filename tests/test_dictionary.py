"""What is declared equals the published pages' data dictionary, name by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import frontdesk
from frontdesk.catalog import catalog
from frontdesk.registry import load

DICTIONARY = Path(__file__).parents[2] / "shared" / "reference" / "data-dictionary.toml"
CONNECTORS = ("mews", "boulevard", "mindbody", "zenoti")

pytestmark = pytest.mark.skipif(
    not DICTIONARY.exists(), reason="the data dictionary lies beside the checkout, if anywhere"
)


@pytest.fixture(name="page", params=CONNECTORS)
def _page(request: pytest.FixtureRequest) -> dict[str, Any]:
    entries = tomllib.loads(DICTIONARY.read_text("utf-8"))["connector"]
    return next(entry for entry in entries if entry["key"] == request.param)


def ours(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what is an addition of ours."""
    return [item for item in items if not item.get("addition")]


def test_metrics_and_properties_are_the_pages(page: dict[str, Any]) -> None:
    expected = {
        # What is yes or no there is that word, and a string here.
        metric["name"]: [
            (p["name"], "string" if p["type"] == "yes/no" else p["type"])
            for p in metric["properties"]
        ]
        for metric in page["metrics"]
    }

    declared = {
        metric["name"]: [(p["name"], p["type"]) for p in ours(metric["properties"])]
        for metric in ours(catalog(load(page["key"]))["metrics"])
    }

    assert expected == declared


def test_profile_fields_are_the_pages(page: dict[str, Any]) -> None:
    expected = {
        (field["name"], kind)
        for kind in ("standard", "custom", "consent")
        for field in page["profile"][kind]
    }

    fields = ours(catalog(load(page["key"]))["profile"])

    assert expected == {(field["name"], field["kind"]) for field in fields}
    assert len(fields) == page["counts"]["profile_fields"]


def test_history_consent_and_real_time_are_the_pages(page: dict[str, Any]) -> None:
    entry = catalog(load(page["key"]))

    assert page["realtime"] == entry["realtime"]
    assert sorted(page["consent"]["records"]) == entry["consent"]["records"]
    assert sorted(page["consent"]["properties_only"]) == entry["consent"]["properties_only"]
    told = {h["stream"]: h.get("years", "all" if "all" in h else "none") for h in entry["history"]}
    pages = {
        h["stream"]: h["years"] if h["mode"] == "years" else h["mode"] for h in page["history"]
    }
    read = {stream: how for stream, how in told.items() if how != "none"}
    if "all" in pages:
        # The page names no streams: what is read goes back as far as it says.
        assert set(read.values()) == {pages["all"]}
    else:
        assert read == {stream: how for stream, how in pages.items() if how != "none"}


def test_allowed_values_are_the_pages(page: dict[str, Any]) -> None:
    """Values the page lists must be known; platforms have added others since."""
    manifest = frontdesk.load(page["key"]).manifest
    for metric in page["metrics"]:
        declared = manifest.metric(metric["name"])
        assert declared is not None
        values = {prop.name: prop.values for prop in declared.properties}
        for prop in metric["properties"]:
            assert set(prop.get("enum", ())) <= set(values[prop["name"]])
