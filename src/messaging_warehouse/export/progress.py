"""How far an export is, shown to whoever waits for it at a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

# Called now and then with what is being done, and the share of it that is done (0 to 1) or None where nobody knows.
Watch = Callable[[str, float | None], None]

PATIENCE_SECONDS = 1.0  # what is over by then needs no bar


def unwatched(_: str, __: float | None) -> None:
    """Show nothing."""


@contextmanager
def shown(console: Console | None = None) -> Iterator[Watch]:
    """Show a bar while something takes long, if somebody is there to see it."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    begun = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        console=console, transient=True,
    )  # fmt: skip
    task = bar.add_task("", total=1.0)

    def watch(doing: str, share: float | None) -> None:
        if time.monotonic() - begun >= PATIENCE_SECONDS and not bar.live.is_started:
            bar.start()
        bar.update(task, description=doing, total=None if share is None else 1.0, completed=share or 0.0)

    try:
        yield watch
    finally:
        if bar.live.is_started:
            bar.stop()
