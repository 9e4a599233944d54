"""Cells that a spreadsheet takes for text, whatever guests are called."""

from __future__ import annotations

from typing import Final

#: What makes Excel and its kind compute a cell; of the last four only some do.
_COMPUTED: Final = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def is_computed(cell: str) -> bool:
    """Tell whether a spreadsheet may compute a cell instead of showing it."""
    return bool(cell) and (cell[0] in _COMPUTED or cell.lstrip()[:1] in _COMPUTED)


def protect(cell: str) -> str:
    """Return a cell of a CSV file that no spreadsheet computes."""
    return f"'{cell}" if is_computed(cell) or unprotect(cell) != cell else cell


def unprotect(cell: str) -> str:
    """Return the cell that :func:`protect` made this of."""
    if cell.startswith("'") and (is_computed(cell[1:]) or cell.startswith("''")):
        return cell[1:]
    return cell
