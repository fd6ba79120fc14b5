"""Readers of a serving copy: look after look, each in a connection of its own, until they are told to stop.

What a reader asks tells each time how many conversations the build knew: of `dim_build`, of facts, a mart and a view.
As long as every build knows another number, a look that finds two has seen two builds.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import NullPool, create_engine, text

BUILD_ID = "select build_id from dim_build"
# Of conversations with one event and one message each.
CONVERSATIONS_BY_QUESTION = (
    "select delivery_count from dim_build",
    "select count(distinct conversation_id) from fct_conversation_events",
    "select count(*) from fct_messaging_sessions",
    "select cast(sum(session_count) as bigint) from mart_channel_traffic_by_day",
    "select count(*) from exp_messages",
)
# A reader looks all the time, so that publications come in the middle of a look; between its questions it waits, since
# builds need their share of the machine. With a longer pause an unsafe publication is not seen any more.
SECONDS_BETWEEN_QUESTIONS = 0.02
ONE_THREAD: dict[str, Any] = {"threads": 1}

Ask = Callable[[str], Any]


@dataclass
class Looks:
    """What one reader saw: (build id before, numbers of conversations, build id after) of each look, and errors."""

    seen: list[tuple[str, tuple[int, ...], str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def mixed(self) -> list[tuple[str, tuple[int, ...], str]]:
        """The looks that saw two builds."""
        return [look for look in self.seen if look[0] != look[2] or len(set(look[1])) != 1]


@contextmanager
def by_driver(path: Path) -> Iterator[Ask]:
    """Read through DuckDB's own driver."""
    with duckdb.connect(str(path), read_only=True, config=ONE_THREAD) as connection:
        yield lambda question: (connection.execute(question).fetchone() or (None,))[0]


@contextmanager
def by_sqlalchemy(path: Path) -> Iterator[Ask]:
    """Read as a BI tool does."""
    arguments = {"read_only": True, "config": ONE_THREAD}
    engine = create_engine(f"duckdb:///{path}", connect_args=arguments, poolclass=NullPool)
    with engine.connect() as connection:
        yield lambda question: connection.execute(text(question)).scalar_one()


def look(ask: Ask) -> tuple[str, tuple[int, ...], str]:
    """Ask everything once."""
    before = str(ask(BUILD_ID))
    numbers = []
    for question in CONVERSATIONS_BY_QUESTION:
        numbers.append(int(ask(question)))
        time.sleep(SECONDS_BETWEEN_QUESTIONS)
    return before, tuple(numbers), str(ask(BUILD_ID))


def _look_on(path: Path, by: Callable[..., Any], stop: Event, results: Any) -> None:
    looks = Looks()
    while not stop.is_set():
        try:
            with by(path) as ask:
                looks.seen.append(look(ask))
        except Exception as error:  # whatever a reader may meet is what this is about
            looks.errors.append(repr(error))
    results.put(looks)


@contextmanager
def readers(path: Path) -> Iterator[list[Looks]]:
    """Let a process read by each way while the block runs; the list is filled at its end."""
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    processes = [context.Process(target=_look_on, args=(path, by, stop, results)) for by in (by_driver, by_sqlalchemy)]
    found: list[Looks] = []
    for process in processes:
        process.start()
    try:
        yield found
    finally:
        stop.set()
        found.extend(results.get(timeout=60) for _ in processes)
        for process in processes:
            process.join(timeout=60)
