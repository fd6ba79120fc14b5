"""What each mart needs of the raw input, and so what stays empty where something is missing.

The needs stand in mart_needs.yml, beside this file, and nowhere else: `doctor` foretells by them, and the table in
docs/bring-your-own-platform.md is made of them. They are not believed but found out: tests/python/mart_needs.py takes
inputs away from the demo and looks which columns have nothing more to tell. What marts lose where a thing counts as
unrecorded stands in unrecorded_needs.yml, which tests/python/test_both_sources.py holds to what a build shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

FILE = "mart_needs.yml"
FILE_OF_THINGS = "unrecorded_needs.yml"
# The inputs that nobody believes where a thing is unrecorded (docs/decisions/0050): they are as good as missing.
INPUTS_OF: Mapping[str, Sequence[str]] = {
    "focus": ("conversation_opened", "conversation_left"),
    "resolutions": ("conversation_resolved", "conversation_reopened"),
    "csat": ("csat_requested", "csat_responded"),
    "topics": ("topic_added", "topic_removed"),
    "memberships": ("raw_team_memberships",),
    "work": (
        "work_assigned", "work_accepted", "work_declined", "work_push_timed_out", "work_canceled", "work_transferred",
        "work_closed", "after_work_started",
    ),
    "presence": ("raw_presence_events",),
    "assignments": ("work_assigned",),
    "declines": ("work_declined",),
    "push_timeouts": ("work_push_timed_out",),
    "cancellations": ("work_canceled",),
    "transfers": ("work_transferred",),
    "after_work": ("after_work_started",),
    "delivery": ("message_delivered", "message_read", "message_failed"),
}  # fmt: skip
# What is unrecorded wherever another thing is, as `recordable()` of macros/recorded.sql has it.
UNRECORDED_WITH: Mapping[str, Sequence[str]] = {
    "work": (
        "requests", "assignments", "declines", "push_timeouts", "cancellations", "transfers", "after_work",
    ),
    "presence": ("availability", "away"),
    "away": ("availability",),
    "delivery": ("receipt_times",),
    "contacts": ("people",),
}  # fmt: skip
Needs = Mapping[str, Sequence["Need"]]


@dataclass(frozen=True)
class Need:
    """Inputs of which a mart needs one: without all of them it stays empty, or some of its columns do.

    Attributes:
        without: event types, or raw tables other than the event log.
        columns: the columns that then have nothing to tell in any row: null, 0, false or `(none)`. Without any, the
            mart has no rows.
    """

    without: frozenset[str]
    columns: tuple[str, ...] = ()

    @property
    def is_of_the_whole_mart(self) -> bool:
        """Whether the mart has no rows without these inputs."""
        return not self.columns


@dataclass(frozen=True)
class Loss:
    """What a mart cannot tell, and which missing inputs, or things that are unrecorded, would bring it back."""

    mart: str
    is_empty: bool
    columns: tuple[str, ...]
    missing: frozenset[str]


def read_needs() -> dict[str, tuple[Need, ...]]:
    """Return the needs of each mart."""
    return parse_needs(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


@cache
def read_needs_of_things() -> dict[str, tuple[Need, ...]]:
    """Return what marts need to be recorded, whatever events there are."""
    return parse_needs(files(__package__).joinpath(FILE_OF_THINGS).read_text(encoding="utf-8"))


def parse_needs(text: str) -> dict[str, tuple[Need, ...]]:
    """Read the needs out of their YAML: by mart a list of {without: [input], columns: [column]}."""
    return {
        mart: tuple(Need(frozenset(need["without"]), tuple(need.get("columns", ()))) for need in needs)
        for mart, needs in yaml.safe_load(text).items()
    }


def foretell(missing: Collection[str], needs: Needs, unrecorded: Collection[str] = ()) -> list[Loss]:
    """Say what each mart will not tell where inputs are missing, or things unrecorded; of others nothing is said."""
    losses = []
    things = {*unrecorded, *(other for thing in unrecorded for other in UNRECORDED_WITH.get(thing, ()))}
    absent = {*missing, *things, *(name for thing in things for name in INPUTS_OF.get(thing, ()))}
    of_things = read_needs_of_things() if unrecorded else {}
    for mart, needed in needs.items():
        unmet = [need for need in (*needed, *of_things.get(mart, ())) if need.without <= absent]
        of_the_mart = [need for need in unmet if need.is_of_the_whole_mart]
        if unmet:
            losses.append(
                Loss(
                    mart=mart,
                    is_empty=bool(of_the_mart),
                    columns=() if of_the_mart else tuple(sorted({column for need in unmet for column in need.columns})),
                    missing=frozenset().union(*(need.without for need in of_the_mart or unmet)),
                )
            )
    return losses


def inputs_named(needs: Needs) -> set[str]:
    """Return every event type and raw table that some mart needs."""
    return {name for needed in needs.values() for need in needed for name in need.without}


def as_table(needs: Needs) -> str:
    """Return the needs as the guide prints them, a table in Markdown."""
    lines = ["| mart | stays empty without | has columns that stay null or 0 without |", "|---|---|---|"]
    for mart, needed in needs.items():
        wholes, parts = (
            _alternatives(need.without for need in needed if need.is_of_the_whole_mart is whole)
            for whole in (True, False)
        )
        lines.append(f"| `{mart}` | {wholes} | {parts} |")
    return "\n".join(lines) + "\n"


def _alternatives(clauses: Iterable[frozenset[str]]) -> str:
    """Put what is needed into words: what hangs on one input first, then what hangs on one of several."""
    texts = {" *and* ".join(f"`{name}`" for name in sorted(clause)): len(clause) for clause in clauses}
    return "; ".join(sorted(texts, key=lambda text: (texts[text], text))) or "–"
