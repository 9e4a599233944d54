"""Settings from the outside: structured by cattrs, refused in readable lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
import cattrs
from cattrs import Converter, transform_error

from frontdesk.errors import SettingsError

_T = TypeVar("_T")


def structure(
    cls: type[_T], values: Mapping[str, Any], *, where: str, also: tuple[str, ...] = ()
) -> _T:
    """Make a *cls* of *values*; *where* names the place in error messages.

    Args:
        also: What else may be set at that place, for the list in messages.

    Raises:
        SettingsError: One line for each setting that is missing, unknown or mistyped. It
            names settings, and never shows a value: the value may be a secret.
    """
    try:
        return _CONVERTER.structure(values, cls)
    except cattrs.BaseValidationError as error:
        lines = transform_error(error, path=where, format_exception=_explain)
        said = "; ".join(lines)
        known = ", ".join((*_known(cls, where, said), *also))
        raise SettingsError(f"{said} (settings: {known})") from None


def inner_of(field: attrs.Attribute[Any]) -> type[Any] | None:
    """Return the class of settings that stand together, if the field holds such, or none."""
    kinds = (field.type, *get_args(field.type))
    return next((kind for kind in kinds if isinstance(kind, type) and attrs.has(kind)), None)


def _known(cls: Any, where: str, said: str) -> Iterator[str]:
    """Yield the settings there are; those that stand together where one of them is at fault."""
    for field in attrs.fields(attrs.resolve_types(cls)):
        inner = inner_of(field)
        if inner is None or f"@ {where}.{field.name}" not in said:
            yield field.name
        else:
            yield from (f"{field.name}.{name}" for name in attrs.fields_dict(inner))


def base_url_of(urls: Mapping[str, str], asked: object, where: str) -> str:
    """Return the base URL that is meant: one of *urls* by its name, or one of its own.

    Raises:
        SettingsError: It is neither.
    """
    if asked is None:
        return next(iter(urls.values()))
    if not isinstance(asked, str):
        raise SettingsError(f"{where}: base_url is not a string")
    if asked in urls:
        return urls[asked]
    if asked.startswith(("https://", "http://")):
        return asked
    # Not quoted: somebody may have written a password into it.
    raise SettingsError(f"{where}: base_url is neither a URL nor one of {', '.join(urls)}")


def _explain(error: BaseException, kind: type | None) -> str:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown setting {', '.join(map(repr, sorted(error.extra_fields)))}"
    if isinstance(error, KeyError):
        return f"required setting missing: {error.args[0]!r}"
    kinds = [one for one in get_args(kind) if one is not type(None)]
    if len(kinds) == 1 and get_origin(kind) in {Union, UnionType}:
        # What may be left out is explained like what may not.
        (kind,) = kinds
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if choices:
        return f"must be one of {', '.join(map(repr, choices))}"
    if isinstance(kind, type) and attrs.has(kind):
        return "not a table"
    wanted = getattr(kind, "__name__", None) or str(kind)
    return f"not a valid {wanted}"


def _strictly(kind: type) -> Any:
    def structure_strictly(value: Any, _: Any) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(kind.__name__)
        return value

    return structure_strictly


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _strictly(kind))
    converter.register_structure_hook(
        timedelta, lambda value, _: timedelta(seconds=_strictly(int)(value, int))
    )
    converter.register_structure_hook(datetime, lambda value, _: _moment(value))
    return converter


def _moment(value: Any) -> datetime:
    """Read an aware time; a TOML one may be a datetime already."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.utcoffset() is None:
        raise ValueError("no offset from UTC")
    return moment


_CONVERTER = _converter()
