"""Everything the pages say can be said in another language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from browsing import Browsing, pages, somebody, text
from jinja2 import Environment, nodes

from frontdesk import Role
from frontdesk.web.pages import wording

pytestmark = pytest.mark.usefixtures("quick_hashes")
HERE = Path(wording.__file__).parent
TEMPLATES = sorted(HERE.glob("templates/**/*.html"))
MODULES = sorted(HERE.glob("*.py"))
#: What is text in an attribute.
SPOKEN = {"alt", "aria-label", "aria-description", "label", "placeholder", "title"}
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """Collects what a reader is told; values stand as ``@``, translated texts as ``#``."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in {"code", "pre"}
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in {"code", "pre"}

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.found.append(data)


def bare(template: Path) -> list[str]:
    """Return texts of a template that nobody can translate."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    parsed = environment.parse(template.read_text("utf-8"))
    words = Words()
    words.feed("".join(_pieces(parsed)))
    return [word.strip() for word in words.found if LETTERS.search(word)]


def _pieces(node: nodes.Node) -> Iterator[str]:
    """Yield what a template puts out, in its order."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Const) and isinstance(node, nodes.Output):
            yield str(child.value)
        elif isinstance(child, nodes.Expr):
            # Blocks stand within calls; values say nothing themselves.
            yield "@"
        else:
            yield from _pieces(child)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_but_through_gettext(template: Path) -> None:
    """Seen to fail with a heading written as it is."""
    assert bare(template) == []


def test_what_is_bare_is_found(tmp_path: Path) -> None:
    template = tmp_path / "bare.html"
    lines = ('<h1>{{ _("Fine") }}</h1>', "<p>Not fine: {{ x }}</p>", '<img alt="Nor this">')
    template.write_text("{% if x %}" + "".join(lines) + "{% endif %}", "utf-8")

    assert bare(template) == ["Not fine: @", "Nor this"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_says_anything_but_through_gettext(module: Path) -> None:
    """What is told to the reader by a name: seen to fail with a message given as it is."""
    told = {"back": 1, "fail": 2}
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    said = [
        argument
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in told
        for argument in [
            *call.args[told[call.func.id] :],
            *(word.value for word in call.keywords if word.arg in {"message", "reason"}),
        ]
    ]

    assert [ast.unparse(one) for one in said if isinstance(one, ast.JoinedStr | ast.Constant)] == []


def extracted() -> Catalog:
    """Return all texts, as translators get them."""
    with (HERE / "locale" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(HERE, methods, options, keywords=_keywords())
    catalog = Catalog("eo")
    for _, _, message, _, _ in found:
        catalog.add(message)
    return catalog


def _keywords() -> dict[str, tuple[int, ...] | None]:
    return {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def marked(message: str) -> str:
    return f"«{message}»"


@pytest.fixture(name="esperanto")
def _esperanto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another language: every text between quotes."""
    catalog = extracted()
    for message in catalog:
        if isinstance(message.id, tuple):
            message.string = tuple(map(marked, message.id))
        elif message.id:
            message.string = marked(message.id)
    place = tmp_path / "locale" / "eo" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "frontdesk.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(wording, "FOLDER", tmp_path / "locale")
    wording.languages.cache_clear()
    wording.texts.cache_clear()
    yield
    wording.languages.cache_clear()
    wording.texts.cache_clear()


@pytest.mark.anyio
@pytest.mark.usefixtures("esperanto")
async def test_another_language_is_a_folder_more(store: Path) -> None:
    """Seen to fail when a label of the navigation is shown as it is written."""
    async with pages(store) as (desk, app):
        anna = await somebody(desk, app, Role.ADMIN, "anna")
        asking = {"accept-language": "de, eo;q=0.9, en;q=0.5"}
        shown = [await anna.get(path, headers=asking) for path in ("/users", "/audit", "/account")]
        shown.append(await Browsing(app).get("/login", headers=asking))
        english = await anna.get("/users")

    for page in shown:
        assert '<html lang="eo">' in page.text
        said = re.sub(
            r"«[^»]*»|\banna\b|\badmin\b|users (add|link)|\b(name|role)\b", "", text(page)
        )
        said = re.sub(r"\d+ \w+ \d+, \d+:\d+ UTC", "", said)
        assert LETTERS.findall(said) == []
    assert "«" not in english.text
    assert '<html lang="en">' in english.text


def test_all_texts_are_found_by_who_translates() -> None:
    ids = {message.id for message in extracted()}

    assert {"Log in", "Metrics", "viewer", "There is no such page", "Users"} <= ids
    assert len(ids) > 50
