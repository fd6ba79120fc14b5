"""What each mart needs of the raw input, and so what stays empty where something is missing.

The needs stand in mart_needs.yml, beside this file, and nowhere else: `doctor` foretells by them, and the table in
docs/bring-your-own-platform.md is made of them. They are not believed but found out: tests/python/mart_needs.py takes
inputs away from the demo and looks which columns have nothing more to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

FILE = "mart_needs.yml"
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
    """What a mart cannot tell of some input, and which of the missing inputs would bring it back."""

    mart: str
    is_empty: bool
    columns: tuple[str, ...]
    missing: frozenset[str]


def read_needs() -> dict[str, tuple[Need, ...]]:
    """Return the needs of each mart."""
    return parse_needs(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def parse_needs(text: str) -> dict[str, tuple[Need, ...]]:
    """Read the needs out of their YAML: by mart a list of {without: [input], columns: [column]}."""
    return {
        mart: tuple(Need(frozenset(need["without"]), tuple(need.get("columns", ()))) for need in needs)
        for mart, needs in yaml.safe_load(text).items()
    }


def foretell(missing: Collection[str], needs: Needs) -> list[Loss]:
    """Say what each mart will not tell where inputs are missing; marts that lose nothing are left out."""
    losses = []
    for mart, needed in needs.items():
        unmet = [need for need in needed if need.without <= set(missing)]
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
