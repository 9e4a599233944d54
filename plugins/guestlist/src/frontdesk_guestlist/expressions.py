"""The language of e-mail templates: Jinja's, less all that loops, calls or reaches further.

What may stand in a template is a list, and everything else is refused before it is run. The
sandbox below it is a second wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs
from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: Bytes of a template, more than anybody writes by hand.
LONGEST: Final = 60_000
#: Letters of a value; a longer one is cut. The longest are links, which must stay whole.
LONGEST_VALUE: Final = 1_000
#: Letters of what a template says.
LONGEST_RESULT: Final = 200_000
#: How deep one thing may stand in another: conditions, filters, brackets.
DEEPEST: Final = 30
#: What a template is made of: texts, values, choices.
_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const,
    nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.Concat, nodes.Filter, nodes.Keyword,
)  # fmt: skip
#: What writes a value in another way; none of them makes much of little.
FILTERS: Final[Mapping[str, str]] = {
    "capitalize": "the first letter is a capital, the others are not",
    "date": 'a day, as "full" (with the day of the week), "long", "medium" or "short"',
    "default": 'another text where nothing is known: default("guest")',
    "lower": "in small letters",
    "title": "each word with a capital",
    "trim": "without the space around it",
    "upper": "in capitals",
    "urlencode": "to be part of a web address",
}
#: What people call what they may not use; anything else goes by Jinja's name.
_WORDS: Final[Mapping[str, str]] = {
    "For": "a loop", "Call": "a call", "Getitem": "[ ]", "Mul": "*", "Add": "+ (join with ~)",
    "Sub": "-", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "Neg": "-", "Pos": "+",
    "Assign": "set", "AssignBlock": "set", "FilterBlock": "filter", "List": "a list",
    "Tuple": "a list", "Dict": "a table", "Test": "is", "CallBlock": "call",
}  # fmt: skip
#: What Python says of what is nested deeper than it can read.
_TOO_DEEP: Final = (RecursionError, MemoryError, SyntaxError)

Known: TypeAlias = Mapping[str, Collection[str]]
"""What a template can name: ``{"guest": ("name", ...), ...}``."""
Write: TypeAlias = Callable[[Any], str]
"""Makes text of a value, as it is to stand among the template's own."""


@attrs.frozen
class Fault:
    """What is wrong with a template, and in which line; 0 where that is not known."""

    line: int
    message: str


class _Environment(ImmutableSandboxedEnvironment):
    """Knows the filters of the list, and nothing to call."""

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002  # nothing is
        return False


def faults(source: str, known: Known) -> list[Fault]:
    """Return what is wrong with a template before it is run; nothing, if it is fine."""
    if len(source.encode()) > LONGEST:
        return [Fault(0, f"it is longer than {LONGEST} bytes; shorten it")]
    try:
        parsed = _environment(str, str).parse(source)
        if not _is_flat(parsed):
            return [Fault(0, "it is nested too deep")]
        return list(_strange(parsed, known))
    except TemplateSyntaxError as error:
        return [Fault(error.lineno, _sentence(error.message or "it cannot be read"))]
    except _TOO_DEEP:
        return [Fault(0, "it is nested too deep")]


def compiled(source: str, write: Write, date: Callable[..., Any], known: Known) -> Template:
    """Return a template that can be run.

    Args:
        date: The filter of this name.

    Raises:
        TemplateError: It is not one.
    """
    for fault in faults(source, known):
        raise TemplateSyntaxError(fault.message, fault.line)
    try:
        return _environment(write, date).from_string(source)
    except _TOO_DEEP:
        raise TemplateSyntaxError("it is nested too deep", 0) from None


def run(template: Template, values: Mapping[str, Any]) -> str:
    """Return what a template says with *values*.

    Raises:
        TemplateError: A value cannot be written as it asks.
    """
    try:
        said = template.render(values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Its text may quote a guest.
        kind = type(error).__name__
        raise TemplateError(f"a value cannot be written as the template asks ({kind})") from None
    if len(said) > LONGEST_RESULT:
        raise TemplateError(f"what it says is longer than {LONGEST_RESULT} letters; shorten it")
    return said


def plain(value: Any) -> str:
    """Return a value as one line of text, with nothing in it that is not seen."""
    text = "" if value is None else str(value)[:LONGEST_VALUE]
    # Line ends, marks that turn the direction of reading, what ends a header.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _environment(write: Write, date: Callable[..., Any]) -> _Environment:
    made = _Environment(
        autoescape=False,  # *write* escapes, as the place asks for
        finalize=write,
        keep_trailing_newline=True,
        # A line with nothing but a condition leaves no empty line.
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.clear()
    for name in [name for name in made.filters if name not in FILTERS]:
        del made.filters[name]
    own: Any = {"date": date, "default": _default}
    made.filters.update(own)
    made.tests.clear()
    return made


def _default(value: Any, other: str) -> Any:
    return other if value is None or not str(value).strip() else value


def _strange(node: nodes.Node, known: Known) -> Iterator[Fault]:
    """Yield what stands in a template and is not in the list."""
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__
        yield Fault(node.lineno, f"{_WORDS.get(kind, kind.lower())} cannot stand in a template")
    elif isinstance(node, nodes.Getattr | nodes.Name):
        yield from _unknown(node, known)
    else:
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            there = ", ".join(FILTERS)
            yield Fault(node.lineno, f"there is no filter {node.name}; there are: {there}")
        if isinstance(node, nodes.Filter) and (node.dyn_args or node.dyn_kwargs):
            yield Fault(node.lineno, "* cannot stand in a template")
        for inner in node.iter_child_nodes():
            yield from _strange(inner, known)


def _unknown(node: nodes.Getattr | nodes.Name, known: Known) -> Iterator[Fault]:
    """Yield that a name is not one of those there are."""
    if isinstance(node, nodes.Name):
        owner, name, there = node.name, node.name, known.get(node.name, ())
    elif isinstance(node.node, nodes.Name):
        owner, there = node.node.name, known.get(node.node.name, ())
        if node.attr in there:
            return
        name = f"{owner}.{node.attr}"
    else:
        yield Fault(node.lineno, f"values have no parts: .{node.attr} cannot stand in a template")
        return
    names = [f"{owner}.{one}" for one in there] or [f"{one}...." for one in known]
    yield Fault(node.lineno, f"there is no value {name}; there are: {', '.join(names)}")


def _is_flat(node: nodes.Node, depth: int = 0) -> bool:
    return depth <= DEEPEST and all(_is_flat(one, depth + 1) for one in node.iter_child_nodes())


def _sentence(message: str) -> str:
    return re.sub(r"\s+", " ", message).strip()
