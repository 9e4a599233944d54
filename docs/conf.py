"""How the documentation is built; what can drift is made anew from the code each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import frontdesk
from frontdesk.catalog import markdown
from frontdesk.cli.app import app as commands
from frontdesk.registry import installed, load

HERE = Path(__file__).parent

project = "frontdesk"
author = "the frontdesk authors"
copyright = author
release = version = frontdesk.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = True
# What belongs to others has pages of its own; without a network nobody can link to them.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!frontdesk).*"),
    # Inside the core: signatures may name it, but nobody has to know more about it.
    (r"py:.*", r"frontdesk\.(registry|store|connection|destination|client\._\w+)\..*"),
    (r"py:class", r"frontdesk\.(walkers|sandbox\.\w+)\.[A-Z]"),
]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "frontdesk"
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_use_ivar = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False


def command(path: str) -> tuple[Any, Any]:
    """Return the command of this path, ``quarantine list``, and its context."""
    found: Any = typer.main.get_command(commands)
    context = found.make_context("frontdesk", [], resilient_parsing=True, terminal_width=88)
    for name in path.split():
        found = found.commands[name]
        context = type(context)(found, info_name=name, parent=context, terminal_width=88)
    return found, context


def help_of(path: str) -> str:
    """Return what ``frontdesk PATH --help`` prints."""
    found, context = command(path)
    text: str = found.get_help(context)
    return text


class Help(SphinxDirective):
    """``{frontdesk-help} sync``: the help text of a command, as it is today."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Make a block of the text."""
        path = self.arguments[0] if self.arguments else ""
        return [nodes.literal_block(text=help_of(path), language="text")]


def write_catalogs(_: Sphinx) -> None:
    """Write the data reference of every installed connector."""
    folder = HERE / "reference"
    folder.mkdir(exist_ok=True)
    for found in installed():
        page = folder / f"catalog-{found.name}.md"
        text = markdown(load(found.name))
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def find_public(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """Find what a signature calls by the module it is written in, by its public name."""
    module, _, name = str(node.get("reftarget", "")).rpartition(".")
    if not (module.startswith("frontdesk") or (not module and name in frontdesk.__all__)):
        return None
    for public in (f"frontdesk.{name}", f"frontdesk.errors.{name}", f"frontdesk.client.{name}"):
        domain = env.get_domain("py")
        if public in domain.objects:
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, "obj", public, node, content
            )
    return None


def setup(app: Sphinx) -> None:
    """Add what is ours to Sphinx."""
    app.add_directive("frontdesk-help", Help)
    app.connect("builder-inited", write_catalogs)
    app.connect("missing-reference", find_public)
