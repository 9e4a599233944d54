"""The documentation is true: what it shows runs, and what there is, it speaks of."""

from __future__ import annotations

import doctest
import importlib.util
import inspect
import io
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

import frontdesk
from frontdesk import errors, offline
from frontdesk.cli import main
from frontdesk.hooks import OPTIONAL, REQUIRED, ConnectorHooks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "core" / "README.md", *sorted(DOCS.glob("*.md"))]
WRITTEN = sorted(
    {*PAGES, *ROOT.glob("*.md"), *DOCS.glob("connectors/*.md"), ROOT / "examples" / "README.md"}
)
GUEST = '{"Id": "c1", "Email": "ada@example.com", "UpdatedUtc": "2026-05-01T08:00:00Z"}'
DELIVERY = '{"Events": [{"Discriminator": "CustomerUpdated", "Value": {"Id": "c1"}}]}'
WRONG = '[connections.grand-hotel]\nconnector = "mews"\nclient_token = "a"\naccess_tokn = "b"\n'
LOOSELY = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


# -- what is shown runs -------------------------------------------------------------------


@pytest.fixture(name="desk", autouse=True)
def _desk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whoever runs a page's examples does so in a directory of its own, with a hotel."""
    if "page" not in request.fixturenames:
        yield
        return
    for name, value in request.getfixturevalue("small_hotel").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    Path("guest.json").write_text(GUEST, "utf-8")
    Path("delivery.json").write_text(DELIVERY, "utf-8")
    Path("wrong.toml").write_text(WRONG, "utf-8")
    yield
    sys.modules.pop("lido", None)
    sys.modules.pop("gazette", None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_what_a_page_shows_runs(page: Path) -> None:
    parsers = [
        PythonCodeBlockParser(),
        CodeBlockParser("console", run_commands),
        CodeBlockParser("toml", read_toml),
        CodeBlockParser("json", write_json),
        SkipParser(),
    ]
    for example in Sybil(parsers).parse(page).examples():
        example.evaluate()


def run_commands(example: Example) -> str | None:
    """Run each ``$ frontdesk`` line, and compare what it prints with what stands below."""
    commands = re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]
    for shown in commands:
        line, _, wanted = shown.partition("\n")
        status, printed = run(line)
        if status != (2 if wanted.startswith("frontdesk: ") else 0):
            return f"{line}: status {status}\n{printed}"
        if wanted and not doctest.OutputChecker().check_output(wanted, printed, LOOSELY):
            return f"{line}: prints\n{printed}\nand not\n{wanted}"
    return None


def run(line: str) -> tuple[object, str]:
    """Run a command line in this process, which is ten times as fast; return what it printed."""
    printed = io.StringIO()
    with (
        redirect_stdout(printed),
        redirect_stderr(printed),
        patch.object(sys, "argv", shlex.split(line)),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return ended.value.code, printed.getvalue()


def read_toml(example: Example) -> None:
    """Read a block; where there is a configuration by now, it is an addition to it."""
    tomllib.loads(example.parsed)
    config = Path("frontdesk.toml")
    if config.exists():
        addition = re.sub(r"http://127.0.0.1:8123\S*", os.environ["MEWS_BASE_URL"], example.parsed)
        addition = addition.rstrip().rstrip('"') + '"\n'
        first, connector, rest = config.read_text("utf-8").partition('connector = "mews"\n')
        config.write_text(first + connector + addition + rest, "utf-8")


def write_json(example: Example) -> None:
    """Save a guest as the page tells the reader to."""
    Path("guest.json").write_text(example.parsed, "utf-8")


def test_what_docstrings_show_is_true() -> None:
    results = doctest.testmod(offline)

    assert results.attempted > 0
    assert results.failed == 0


def test_the_readme_shows_the_example() -> None:
    example = (ROOT / "examples" / "embed_async.py").read_text("utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)

    assert example.endswith(shown)


@pytest.mark.parametrize("command", ["frontdesk demo", "pytest -n auto"])
def test_the_readme_has_one_line_for_a_fresh_machine(command: str) -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()

    assert f"python3 -m pip install uv && uv run {command}" in lines


@pytest.mark.parametrize("written", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(written: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", written.read_text("utf-8"))

    made = re.compile(r"reference/catalog-\w+\.md$")
    assert [x for x in links if not made.search(x) and not (written.parent / x).exists()] == []


# -- what there is, is spoken of ----------------------------------------------------------


def sections(page: str, level: str = "##") -> dict[str, str]:
    """Return the sections of a page by heading."""
    text = (DOCS / page).read_text("utf-8")
    parts = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("hook", [*REQUIRED, *OPTIONAL])
def test_every_hook_is_documented_with_its_exact_signature(hook: str) -> None:
    function = getattr(ConnectorHooks, hook)
    signature = inspect.signature(function)
    names = ", ".join(list(signature.parameters)[1:])

    section = sections("hooks.md", "###").get(f"`{hook}({names})`", "")

    assert f"Gives `{signature.return_annotation}`." in section
    assert ("sync. Gives" in section) == inspect.iscoroutinefunction(function)
    assert section.lstrip().startswith("Optional") == (hook in OPTIONAL)


def test_no_hook_is_documented_that_there_is_not() -> None:
    documented = [heading for heading in sections("hooks.md", "###") if heading.startswith("`")]

    assert len(documented) == len(REQUIRED) + len(OPTIONAL)


ERRORS = [name for name, kind in vars(errors).items() if inspect.isclass(kind)]


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_explained(name: str) -> None:
    section = sections("errors.md").get(name, "")

    assert "**Cause.**" in section
    assert "**Remedy.**" in section


def test_every_error_is_in_the_tree() -> None:
    tree = (DOCS / "errors.md").read_text("utf-8").split("```")[1]

    assert [n for n in ERRORS if n != "SkipRecord" and not re.search(rf"\b{n}\b", tree)] == []


@pytest.fixture(name="conf", scope="module")
def _conf() -> ModuleType:
    """The code that builds the docs."""
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def paths(command: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of all commands below one."""
    for name, inner in getattr(command, "commands", {}).items():
        yield f"{path} {name}".strip()
        yield from paths(inner, f"{path} {name}".strip())


def test_every_command_has_a_section_and_its_help(conf: ModuleType) -> None:
    root, _ = conf.command("")
    found = sections("commands.md")

    assert sorted(found) == sorted(f"frontdesk {path}" for path in paths(root))
    for heading, section in found.items():
        assert f"```{{frontdesk-help}} {heading.removeprefix('frontdesk ')}\n```" in section


def test_every_option_is_in_the_help(conf: ModuleType) -> None:
    root, _ = conf.command("")
    for path in paths(root):
        command, _ = conf.command(path)
        text = conf.help_of(path)
        for parameter in command.params:
            assert max(parameter.opts, key=len) in text
            assert parameter.help, f"{path}: {parameter.name} has no help"


def test_every_public_name_is_in_the_reference() -> None:
    page = (DOCS / "api.md").read_text("utf-8")
    documented = set(re.findall(r"^\.\. auto\w+:: frontdesk\.(\w+)$", page, re.MULTILINE))

    assert [name for name in frontdesk.__all__ if name not in documented] == []


def test_every_platform_has_a_page() -> None:
    plugins = [path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()]

    assert [name for name in plugins if not (DOCS / "connectors" / f"{name}.md").exists()] == []
    for name in plugins:
        assert f"`frontdesk-{name}`" in (ROOT / "README.md").read_text("utf-8")


def test_the_changelog_can_be_added_to() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    kinds = "|".join(kind["directory"] for kind in settings["type"])

    assert settings["start_string"] in (ROOT / settings["filename"]).read_text("utf-8")
    for fragment in (ROOT / settings["directory"]).iterdir():
        assert re.fullmatch(rf"\+[a-z0-9-]+\.({kinds})\.md", fragment.name)
        assert fragment.read_text("utf-8").strip()
