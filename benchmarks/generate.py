"""Make a synthetic event log in the layout of the raw contract, as Parquet.

The rows come out of `generate.sql`: everything is drawn from a seeded hash of what it belongs to,
so the same count and seed give the same rows, whatever the number of threads. A session is a list
of steps; steps become events, messages get receipts, and the last stage spoils some deliveries the
way a real transport does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import duckdb

DEFAULT_SEED = 2026
EVENTS_PER_CONVERSATION = 27  # a little below what comes out, so that the log can always be cut
CONVERSATIONS_PER_USER = 1.4
CONVERSATIONS_PER_AGENT = 700
DEFAULT_WEEKS = 12
SCRIPT = Path(__file__).resolve().with_name("generate.sql")


def generate(folder: Path, event_count: int, seed: int = DEFAULT_SEED, weeks: int = DEFAULT_WEEKS) -> None:
    """Write `event_count` deliveries and the reference tables they need.

    Args:
        folder: receives `<raw table>/part-0.parquet` for each table; such files are replaced.
        event_count: rows of `raw_conversation_events`. Presence events come on top, about six for
            each agent and weekday.
        seed: another seed gives another log of the same kind.
        weeks: over how many weeks the log goes; the centre has as many agents as that many events in twelve weeks need.

    Raises:
        ValueError: when `event_count` is not positive.
    """
    if event_count < 1:
        raise ValueError(f"event_count must be positive, not {event_count}")
    conversation_count = event_count // EVENTS_PER_CONVERSATION + 20
    variables = {
        "seed": seed,
        "event_count": event_count,
        "conversation_count": conversation_count,
        "user_count": int(conversation_count / CONVERSATIONS_PER_USER) + 1,
        "agent_count": conversation_count * DEFAULT_WEEKS // weeks // CONVERSATIONS_PER_AGENT + 8,
        "day_count": 7 * weeks,
    }
    with duckdb.connect() as connection:
        for name, value in variables.items():
            connection.execute(f"set variable {name} = {value}")
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
        made = connection.execute("select count(*) from raw_conversation_events").fetchall()[0][0]
        if made != event_count:
            raise AssertionError(f"{made} deliveries were made instead of {event_count}")
        tables = connection.execute(
            "select table_name from duckdb_tables() where table_name like 'raw^_%' escape '^'"
        ).fetchall()
        for (table,) in tables:
            (folder / table).mkdir(parents=True, exist_ok=True)
            file = folder / table / "part-0.parquet"
            connection.execute(f"copy {table} to '{file}' (format parquet, compression zstd)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files go: a MESSAGING_RAW to build from")
    parser.add_argument("--events", type=int, default=1_000_000, help="rows of the event log (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    parser.add_argument("--weeks", type=int, default=DEFAULT_WEEKS, help="how long the log is (default: %(default)s)")
    options = parser.parse_args(arguments)
    generate(options.folder, options.events, options.seed, options.weeks)


if __name__ == "__main__":
    main()
