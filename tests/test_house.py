"""The house rules that can be counted, counted: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import frontdesk

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(
    path.parent
    for path in (*ROOT.glob("core/src/*/"), *ROOT.glob("plugins/*/src/*/"))
    for path in [path / "__init__.py"]
    if path.exists()
)
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
PROJECTS = sorted((ROOT / "core" / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")))
FOLDERS = ("core", "plugins", "docs", "examples", "tests", "benchmarks", "changelog.d", ".ci")
#: Everything that is handed on, but what is made.
WRITTEN = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.is_file()
    and path != Path(__file__)
    and path.suffix in {"", ".py", ".md", ".toml", ".json", ".txt", ".mako"}
    and not re.search(
        r"/(__pycache__|_build|\.?venv|\.\w+_cache|\.hypothesis|reference)/", str(path)
    )
) + sorted(path for path in ROOT.glob("*.*") if path.suffix in {".md", ".toml"})

#: Functions that may be longer, with the reason.
LONG = {
    # What a migration did is never changed again, so there is nothing to keep small.
    "frontdesk_guestlist/migrations/0001_first.py: upgrade",
    "store/migrations/versions/0001_first.py: upgrade",
    "store/migrations/versions/0003_inbox.py: upgrade",
    "store/migrations/versions/0005_delivery.py: upgrade",
}
#: What is meant by a URL in code, docs and tests.
HOSTS = re.compile(
    r"""(
        127\.0\.0\.1 | localhost | host
        | ([\w-]+\.)*example(\.\w+)? | ([\w-]+\.)*test | ([\w-]+\.)*invalid
        | (api|app|docs|ws)\.mews(-demo)?\.com
        | (a|developers|www)\.klaviyo\.com
        | (dashboard\.boulevard\.io|(developers|sandbox)\.joinblvd\.com)
        | (api|clients|developers|mb-api)\.mindbodyonline\.com
        | (api|docs)\.zenoti\.com
        | www\.w3\.org | www\.apache\.org | semver\.org | keepachangelog\.com
        | docs\.astral\.sh
    )""",
    re.VERBOSE,
)
#: Paths that only one machine has, and where it gets its packages from.
MACHINES = re.compile(
    r"(?<![\w.}\]/-])/(home|root|Users|mnt|opt|work|workspace|builds)/\w"
    r"|index[-_]url|UV_(DEFAULT_)?INDEX|artifactory|devpi"
)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    return path.read_text("utf-8")


def definitions(
    node: ast.AST, public: bool = True
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, bool]]:
    """Yield classes and functions, and whether each is public; what a function holds is not."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            yield inner, public and not inner.name.startswith("_")
            yield from definitions(inner, public=False)
        elif isinstance(inner, ast.ClassDef):
            yield inner, public and not inner.name.startswith("_")
            yield from definitions(inner, public and not inner.name.startswith("_"))
        else:
            yield from definitions(inner, public)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_there_is_something_to_count() -> None:
    assert len(PACKAGES) >= 2
    assert len(MODULES) > 100


def test_nothing_is_left_to_do() -> None:
    notes = re.compile(r"\b(TODO|FIXME|XXX)\b")

    assert [shown(path) for path in MODULES if notes.search(text(path))] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [shown(path) for path in MODULES if not ast.get_docstring(ast.parse(text(path)))]

    assert silent == []


def test_every_public_class_and_function_has_a_sentence() -> None:
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node, public in definitions(ast.parse(text(path)))
        if public and not ast.get_docstring(node)
    ]

    assert silent == []


def test_functions_are_short() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name}: {length(node)} lines"
        for path in MODULES
        for node, _ in definitions(ast.parse(text(path)))
        if not isinstance(node, ast.ClassDef)
        and length(node) > 40
        and not any(f"{shown(path)}: {node.name}".endswith(known) for known in LONG)
    ]

    assert long == []


def test_modules_are_short() -> None:
    lines = {shown(path): len(text(path).splitlines()) for path in MODULES}

    assert {path: number for path, number in lines.items() if number > 400} == {}
    assert statistics.median(lines.values()) <= 150


def test_types_are_ignored_rarely_and_for_a_reason() -> None:
    lines = [(path, line) for path in MODULES for line in text(path).splitlines()]
    ignored = [(shown(path), line.strip()) for path, line in lines if "type: ignore" in line]

    explained = re.compile(r"# type: ignore\[[\w-]+(, ?[\w-]+)*\]  # \S")
    assert [found for found in ignored if not explained.search(found[1])] == []
    assert len(ignored) <= len(lines) / 1000


def test_public_names_are_sorted_and_are_what_is_visible() -> None:
    assert sorted(frontdesk.__all__) == frontdesk.__all__
    assert dir(frontdesk) == sorted(frontdesk.__all__)
    assert all(hasattr(frontdesk, name) for name in frontdesk.__all__)


def test_all_packages_share_one_version() -> None:
    projects = {shown(path): tomllib.loads(text(path))["project"] for path in PROJECTS}
    (version,) = {project["version"] for project in projects.values()}
    major, minor, _ = version.split(".")
    wanted = f"frontdesk>={major}.{minor},<{major}.{int(minor) + 1}"

    assert frontdesk.__version__ == version
    for project in projects.values():
        if project["name"] != "frontdesk":
            needs = [
                re.sub(r"^frontdesk\[[\w,]+\]", "frontdesk", n) for n in project["dependencies"]
            ]
            assert wanted in needs


def test_every_package_is_typed_and_licensed() -> None:
    assert [shown(path) for path in PACKAGES if not (path / "py.typed").exists()] == []
    for path in PROJECTS:
        assert tomllib.loads(text(path))["project"]["license"] == "Apache-2.0"


def test_no_file_names_a_machine() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in WRITTEN
        for number, line in enumerate(text(path).splitlines(), 1)
        if MACHINES.search(line)
    ]

    assert found == []


def test_urls_lead_to_known_hosts() -> None:
    url = re.compile(r"\b(?:https?|wss?)://(?:[^\s/@\"'`]*@)?([A-Za-z0-9][\w.-]*)")
    strange = [
        f"{shown(path)}: {host}"
        for path in WRITTEN
        for host in url.findall(text(path))
        if not HOSTS.fullmatch(host) and not ("tests" in path.parts and "." not in host)
    ]

    assert strange == []


@pytest.mark.parametrize("code", ["import frontdesk", "import frontdesk.hooks, frontdesk.manifest"])
def test_importing_is_light(code: str) -> None:
    heavy = {"alembic", "anyio", "cryptography", "httpx", "rich", "sqlalchemy", "typer"}

    assert imported_by(code) & heavy == set()


def test_help_is_light() -> None:
    code = "import sys; from frontdesk.cli.app import app; app(['--help'], standalone_mode=False)"

    assert imported_by(code) & {"alembic", "cryptography", "httpx", "sqlalchemy"} == set()


def test_who_keeps_no_secrets_loads_no_encryption() -> None:
    """Seen to fail when the key ring imports its library at the top."""
    code = "from frontdesk import Desk; Desk('x.db', key='A' * 43 + '=')"

    assert "cryptography" not in imported_by(code)


def imported_by(code: str) -> set[str]:
    """Return the packages a new interpreter imports for *code*."""
    ask = f"{code}\nimport sys\nprint()\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, encoding="utf-8"
    )
    return set(ran.stdout.splitlines()[-1].split())
