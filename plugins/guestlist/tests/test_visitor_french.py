"""All that guests' pages say is there in French, and the compiled file is what the text says."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import frontdesk_guestlist
from frontdesk_guestlist.wording import DOMAIN, FOLDER

HERE = Path(frontdesk_guestlist.__file__).parent
PLACE = FOLDER / "fr" / "LC_MESSAGES"


def catalog() -> Catalog:
    with (PLACE / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale="fr")


def said() -> Iterator[str]:
    """Yield every text of the pages, as the mapping beside the catalog finds them."""
    with (FOLDER / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "N_": None, "gettext": None}
    for name, _, text, _, _ in extract_from_dir(HERE, methods, options, keywords):
        assert isinstance(text, str), name
        yield text


def test_no_text_lacks_its_french() -> None:
    known, texts = catalog(), set(said())
    assert len(texts) > 100
    # One of each place.
    assert {"Ask for it", "Noise", "This link has expired", "not confirmed yet"} <= texts
    assert sorted(text for text in texts if not (text in known and known[text].string)) == []


def test_french_keeps_what_is_filled_in() -> None:
    assert [error for _, errors in catalog().check() for error in errors] == []


def test_the_compiled_file_is_what_the_text_says() -> None:
    """Seen to fail when a text is changed and not compiled."""
    made = BytesIO()
    write_mo(made, catalog())
    made.seek(0)
    with (PLACE / f"{DOMAIN}.mo").open("rb") as file:
        kept = gettext.GNUTranslations(file)
    fresh = gettext.GNUTranslations(made)
    texts = [message.id for message in catalog() if message.id]
    assert {text: kept.gettext(text) for text in texts} == {
        text: fresh.gettext(text) for text in texts
    }
