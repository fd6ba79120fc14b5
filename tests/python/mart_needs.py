"""What marts need, found out: inputs are taken away from the demo, and what falls silent is written down.

`python tests/python/mart_needs.py` writes src/messaging_warehouse/mart_needs.yml anew, and the table of the guide.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from messaging_warehouse.needs import FILE, Need, as_table, foretell, read_needs
from reference import RawInput
from warehouse import PROJECT, RAW_COLUMNS, Replay

EVENTS = "raw_conversation_events"
AS_OF = datetime(2026, 3, 15, 20)  # of the demo, whatever is taken away from it
GUIDE = PROJECT / "docs" / "bring-your-own-platform.md"
GUIDE_TABLE = ("<!-- needs: written by tests/python/mart_needs.py -->\n", "<!-- /needs -->\n")
# What a column says where it has nothing to tell.
SILENT_TEXTS = ("(none)", "(unknown)", "")

# Columns that tell of mishaps: to have none is no loss, and an accident of the demo which event had one.
MISHAPS = ("is_inferred", "has_clock_anomaly", "clock_anomaly_event_count")

# A mart, or one of its columns: what can fall silent.
Thing = tuple[str, str | None]
Silent = frozenset[Thing]


def event_types() -> tuple[str, ...]:
    """Return the vocabulary."""
    with (PROJECT / "seeds" / "config" / "event_types.csv").open() as seed:
        return tuple(row["event_type"] for row in csv.DictReader(seed))


def inputs() -> tuple[str, ...]:
    """Return all that may be missing: event types, and raw tables other than the event log."""
    return (*event_types(), *(table for table in RAW_COLUMNS if table != EVENTS))


# What platforms and their exports have, each with a name; the rest is missing.
PLATFORMS: Mapping[str, Collection[str]] = {
    "messages and nothing else": {"message_sent"},
    "messages, channels and users, as of the tweets": {
        "message_sent", "raw_agents", "raw_channels", "raw_messaging_users",
    },
    "a ticket system: messages and resolutions": {
        "message_sent", "conversation_resolved", "conversation_reopened", "topic_added", "raw_agents", "raw_teams",
        "raw_team_memberships", "raw_channels", "raw_messaging_users", "raw_accounts", "raw_topics",
    },
    "sessions and routing without messages": {
        "conversation_started", "conversation_ended", "work_requested", "work_assigned", "work_accepted",
        "work_declined", "work_push_timed_out", "work_canceled", "work_transferred", "work_closed",
        "after_work_started", "raw_presence_events", "raw_agents", "raw_teams", "raw_channels", "raw_messaging_users",
        "raw_accounts",
    },
    "sessions, routing and messages, without focus and resolution": {
        "conversation_started", "conversation_ended", "message_sent", "message_delivered", "message_read",
        "message_failed", "bot_handoff", "work_requested", "work_assigned", "work_accepted", "work_declined",
        "work_push_timed_out", "work_canceled", "work_transferred", "work_closed", "after_work_started",
        "raw_presence_events", "raw_agents", "raw_teams", "raw_channels", "raw_messaging_users", "raw_accounts",
    },
    "agents' screens and nothing else": {
        "conversation_started", "conversation_opened", "conversation_left", "raw_presence_events",
    },
}  # fmt: skip

# Inputs that may stand in for each other: of which of several one has to be there is looked for here first.
ALTERNATIVES: tuple[frozenset[str], ...] = (
    frozenset({"conversation_started", "message_sent", "conversation_reopened"}),
    frozenset({"csat_requested", "csat_responded"}),
    frozenset({"message_delivered", "message_read", "message_failed"}),
    frozenset({"work_requested", "work_assigned", "bot_handoff"}),
    frozenset({"work_requested", "work_assigned", "bot_handoff", "raw_team_memberships"}),
    frozenset({"work_requested", "work_assigned", "bot_handoff", "raw_team_memberships", "raw_teams"}),
    frozenset({"work_closed", "work_transferred"}),
    frozenset({"work_canceled", "work_declined", "work_push_timed_out"}),
    frozenset({
        "conversation_opened", "topic_added", "topic_removed", "conversation_resolved", "conversation_reopened",
        "after_work_started",
    }),
)  # fmt: skip


# --- taking away ----------------------------------------------------------------------------------


def missing_of(platform: str) -> frozenset[str]:
    """Return what a platform lacks."""
    return frozenset(inputs()) - frozenset(PLATFORMS[platform])


def without(raw: RawInput, missing: Collection[str]) -> RawInput:
    """Return the rows without some event types and some raw tables."""
    kept: dict[str, Any] = {
        table.removeprefix("raw_"): [] for table in RAW_COLUMNS if table != EVENTS and table in missing
    }
    return replace(
        raw, conversation_events=[row for row in raw.conversation_events if row["event_type"] not in missing], **kept
    )


# What a platform with figures of its own would report of a conversation of the demo, at its end.
REPORTED = (
    {"figure": "agent_message_count", "value": 2},
    {"figure": "max_agent_response_time", "value": 301},
    {"figure": "work_handle_seconds", "value": 235, "work_id": "w1"},
)


def demo_input() -> RawInput:
    """Return the raw rows of the demo, as texts, with figures that its platform does not report."""
    rows = {}
    for table in RAW_COLUMNS:
        with (PROJECT / "seeds" / "demo" / f"{table}.csv").open(encoding="utf-8", newline="") as seed:
            rows[table.removeprefix("raw_")] = [
                {column: value or None for column, value in row.items()} for row in csv.DictReader(seed)
            ]
    (ended,) = [row for row in rows["conversation_events"] if row["event_id"] == "frt-within-hours-16"]
    for number, figure in enumerate(REPORTED):
        reported = {"event_id": f"reported-{number}", "event_type": "figure_reported", "payload": json.dumps(figure)}
        rows["conversation_events"].append(ended | reported)
    return RawInput(**rows)


def things_told(connection: duckdb.DuckDBPyConnection, marts: Iterable[str]) -> Silent:
    """Return which marts have rows, and which of their columns tell something in any of them."""
    told: set[Thing] = set()
    for mart in marts:
        columns = [row for row in connection.execute(f"describe {mart}").fetchall() if row[0] not in MISHAPS]
        counts = ", ".join(f"count(*) filter (where {_tells_something(name, kind)})" for name, kind, *_ in columns)
        row_count, *told_counts = connection.execute(f"select count(*), {counts} from {mart}").fetchone() or (0,)
        if row_count:
            told.add((mart, None))
        told |= {(mart, name) for (name, *_), count in zip(columns, told_counts, strict=True) if count}
    return frozenset(told)


def _tells_something(name: str, kind: str) -> str:
    if kind == "BOOLEAN":
        return f'"{name}"'
    if kind == "VARCHAR":
        return f'"{name}" not in {SILENT_TEXTS}'
    if kind.startswith(("DATE", "TIME")):
        return f'"{name}" is not null'
    return f'"{name}" != 0'


class Losses:
    """What falls silent in the marts of the demo where inputs are missing; each set of inputs is built once."""

    def __init__(self, replay: Replay, raw: RawInput) -> None:
        self._replay = replay
        self._raw = raw
        self._known: dict[frozenset[str], Silent] = {}
        self.all_told = self._told(frozenset())

    def of_marts(self, missing: frozenset[str], marts: Collection[str]) -> Silent:
        """Return the same of some marts alone: where nothing is known yet of these inputs, no more is built."""
        if missing in self._known:
            return frozenset(thing for thing in self._known[missing] if thing[0] in marts)
        self._replay.build_only(without(self._raw, missing), AS_OF, marts)
        told = things_told(self._replay.connection, marts)
        return frozenset(thing for thing in self.all_told - told if thing[0] in marts)

    def _told(self, missing: frozenset[str]) -> Silent:
        self._replay.build(without(self._raw, missing), AS_OF)
        return things_told(self._replay.connection, self._replay.marts)

    def of(self, missing: Collection[str]) -> Silent:
        """Return the marts and columns that tell something in the demo, and nothing without these inputs."""
        key = frozenset(missing)
        if key not in self._known:
            self._known[key] = self.all_told - self._told(key)
        return self._known[key]

    def known_to_silence(self, thing: Thing, within: frozenset[str]) -> list[frozenset[str]]:
        """Return the sets of inputs, out of some, of which it is known that a thing is silent without them."""
        return [missing for missing, silent in self._known.items() if missing <= within and thing in silent]


def foretold(missing: Collection[str], all_told: Silent) -> Silent:
    """Return what `doctor` would say falls silent, thing by thing."""
    silent: set[Thing] = set()
    for loss in foretell(missing, read_needs()):
        if loss.is_empty:
            silent |= {thing for thing in all_told if thing[0] == loss.mart}
        silent |= {(loss.mart, column) for column in loss.columns}
    return frozenset(silent)


# --- finding out ----------------------------------------------------------------------------------


def find_out(losses: Losses, say: Callable[[str], None] = lambda _: None) -> dict[str, list[Need]]:
    """Find for each mart and column the smallest sets of inputs without which it is silent.

    First each input alone; then what falls silent without several, and is not explained yet, is traced back to the few
    of them that matter, by giving back ever smaller parts: of inputs that stand in for each other, and of all that
    platforms lack.
    """
    found: dict[Thing, set[frozenset[str]]] = defaultdict(set)
    for name in inputs():
        for thing in losses.of({name}):
            found[thing].add(frozenset({name}))
        say(f"without {name}: {len(losses.of({name}))}")
    for missing in (*ALTERNATIVES, *map(missing_of, PLATFORMS)):
        for thing in sorted(losses.of(missing), key=str):
            if not any(clause <= missing for clause in found[thing]):
                found[thing].add(_smallest(losses, thing, missing))
                say(f"{thing}: {sorted(*(clause for clause in found[thing] if clause <= missing))}")
        say(f"without {len(missing)}: {len(losses.of(missing))}")
    return _by_mart(found, {mart for mart, _ in losses.all_told})


def _smallest(losses: Losses, thing: Thing, missing: frozenset[str]) -> frozenset[str]:
    """Give back of the missing inputs as many as can be, in ever smaller parts, and return those that matter."""
    missing = min(losses.known_to_silence(thing, missing), key=_order)
    size = len(missing) // 2
    while size:
        given_back = sorted(missing, key=inputs().index)
        for start in range(0, len(given_back), size):
            part = frozenset(given_back[start : start + size])
            if part < missing and thing in losses.of(missing - part):
                missing -= part
        size //= 2
    return missing


def _by_mart(found: Mapping[Thing, set[frozenset[str]]], marts: Iterable[str]) -> dict[str, list[Need]]:
    """Put columns that hang on the same inputs together; an empty mart needs no word about its columns."""
    needs = {}
    for mart in sorted(marts):
        wholes = found.get((mart, None), set())
        columns: dict[frozenset[str], list[str]] = defaultdict(list)
        for (of_mart, column), clauses in found.items():
            if of_mart == mart and column is not None:
                for clause in clauses:
                    if not any(whole <= clause for whole in wholes):
                        columns[clause].append(column)
        needs[mart] = [Need(whole) for whole in sorted(wholes, key=_order)] + [
            Need(clause, tuple(sorted(columns[clause]))) for clause in sorted(columns, key=_order)
        ]
    return needs


def _order(clause: frozenset[str]) -> tuple[int, list[int]]:
    places = inputs()
    return len(clause), sorted(places.index(name) for name in clause)


# --- writing down -----------------------------------------------------------------------------------


def as_yaml(needs: Mapping[str, Iterable[Need]]) -> str:
    """Return the needs as the file holds them."""
    lines = [
        "# What each mart needs of the raw input. Written by tests/python/mart_needs.py, which takes inputs away from",
        "# the demo. `without`: event types and raw tables; where all of them are missing, `columns` are null, 0,",
        "# false or (none) in every row, or, where no columns are named, the mart has no rows.",
    ]
    places = inputs()
    for mart, needed in needs.items():
        lines.append(f"{mart}:{'' if needed else ' []'}")
        for need in needed:
            lines.append(f"  - without: [{', '.join(sorted(need.without, key=places.index))}]")
            if need.columns:
                lines.append("    columns:")
                lines.extend(f"      - {column}" for column in need.columns)
    return "\n".join(lines) + "\n"


def with_table(guide: str) -> str:
    """Return the guide with the table of the needs as they stand."""
    opening, closing = GUIDE_TABLE
    before, rest = guide.split(opening)
    _, after = rest.split(closing)
    return before + opening + as_table(read_needs()) + closing + after


def main() -> None:
    """Find out what marts need, and write it down."""
    from conftest import GUARDS_OFF, compiled

    if "--table" not in sys.argv:
        with tempfile.TemporaryDirectory() as place:
            losses = Losses(Replay(compiled(Path(place), **GUARDS_OFF, as_of=Replay.AS_OF)), demo_input())
        text = as_yaml(find_out(losses, say=print))
        (PROJECT / "src" / "messaging_warehouse" / FILE).write_text(text)
    GUIDE.write_text(with_table(GUIDE.read_text()))


if __name__ == "__main__":
    main()
