"""Progress of a sync: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from frontdesk.progress import Update

#: Seconds between lines where there is no terminal.
PAUSE: Final = 5.0


@contextmanager
def bars() -> Generator[Callable[[Update], None]]:
    """Show what is reported to the listener this yields; on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[records]:>9,} records"),
        TextColumn("{task.fields[rate]:>7,.0f}/s"),
        TimeRemainingColumn(compact=True),
        console=console,
    ) as progress:
        yield _Bars(progress)


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, str, str], TaskID] = {}

    def __call__(self, update: Update) -> None:
        key = (update.connection, update.stream, update.purpose)
        if key not in self._tasks:
            title = f"{update.connection} {update.stream} {update.purpose.value}"
            self._tasks[key] = self._progress.add_task(title, total=None, records=0, rate=0.0)
        total = update.done if update.finished else update.total
        self._progress.update(
            self._tasks[key],
            total=max(total or 0, 1) if update.finished else total,
            completed=max(update.done, 1) if update.finished else update.done,
            records=update.records,
            rate=update.rate,
        )


class _Lines:
    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], float] = {}

    def __call__(self, update: Update) -> None:
        key = (update.connection, update.stream, update.purpose)
        now = time.monotonic()
        if not update.finished and now - self._last.get(key, -PAUSE) < PAUSE:
            return
        self._last[key] = now
        of = f"{update.done} of {update.total}" if update.total else str(update.done)
        state = "done" if update.finished else of
        sys.stderr.write(
            f"{update.connection} {update.stream} {update.purpose.value}: {state}, "
            f"{update.records:,} records, {update.rate:,.0f}/s\n"
        )
