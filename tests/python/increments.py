"""Builds upon builds, replayed in memory: hypothesis wants hundreds of them, and one by dbt takes twenty seconds.

dbt itself says what it executes: its debug log holds every statement with the model that it is for. So a warehouse
without rows is built twice, and what dbt executed is kept for each model: the first time all is made anew, the second
time what is touched. A replay builds a stream batch by batch with these statements, in the order of the graph, and
takes for each model those that dbt would: it puts the same questions to the warehouse that dbt put when it decided.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from raw_folders import ALL_THAT_IS_LEFT, BUILD, Contents, parsed_dbt
from reference import RawInput
from warehouse import RAW_SCHEMA, DbtRun, Replay, load_raw, write_raw_schema

LOGGED = [*ALL_THAT_IS_LEFT, "--log-format-file", "json", "--log-file-max-bytes", "1000000000"]
AS_OF_LITERAL = f"'{Replay.AS_OF}'"
BUILD_ID = "<build_id>"
LOGS = ("raw_conversation_events", "raw_presence_events")
LEDGERS = (
    "staging.stg_messaging__conversation_event_ledger",
    "staging.stg_messaging__presence_event_ledger",
    "staging.stg_messaging__messaging_users",
)
# The part of a log that there is while dbt is recorded: an hour of `received_at` that nothing else names.
PART = "1987-06-05T04"
# A question of dbt's is one by whose answer it chooses what to execute; others are about columns and names.
QUESTIONS_ARE_ABOUT = ("builds_on_the_last", "is_to_be_read", '"journal".')

_LEADING_COMMENTS = re.compile(r"\A(\s+|/\*.*?\*/|--[^\n]*\n)*", re.DOTALL)
_NAME_OF_A_RUN = re.compile(r"__dbt_tmp\d+")
# What makes room for the new relation; a replay does that by itself.
_SWAP = re.compile(
    r'\A(alter (table|view) \S+ rename to "|drop (table|view) (if exists \S+__dbt_(backup|tmp)"|"\S+"\Z))',
)


# --- what dbt executes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Program:
    """What dbt executed to build one model, without what it only asked, and the answers by which it chose to do so."""

    statements: tuple[str, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)


Recording = Mapping[str, Program]


def executed(run: DbtRun) -> Recording:
    """Return what dbt executed in the last build of a warehouse, for each model and hook.

    Its questions are put again to the warehouse as that build left it, where they have the same answers.
    """
    statements: dict[str, list[str]] = {}
    answers: dict[str, dict[str, Any]] = {}
    with run.connect() as connection:
        for line in (run.target.parent / "logs" / "dbt.log").read_text().splitlines():
            event = json.loads(line)
            node = event["data"].get("node_info", {}).get("unique_id", "")
            if event["info"]["name"] != "SQLQuery" or not node.startswith(("model.", "operation.")):
                continue
            statement = _LEADING_COMMENTS.sub("", event["data"]["sql"]).strip()
            match statement.split(maxsplit=1)[0].lower():
                case "create" | "insert" | "update" | "delete" | "alter" | "drop" | "truncate":
                    if not _SWAP.match(statement):
                        statements.setdefault(node, []).append(_of_any_run(statement, event["info"]["invocation_id"]))
                case "select" if node.startswith("model.") and _is_about_what_to_execute(statement):
                    answers.setdefault(node, {})[statement] = ask(connection, statement)
                case "select" | "describe" | "with" | "begin" | "commit":
                    pass
                case other:
                    raise AssertionError(f"dbt executed what a replay does not know: {other}\n{statement}")
    return {node: Program(tuple(statements.get(node, ())), answers.get(node, {})) for node in {**statements, **answers}}


def _is_about_what_to_execute(question: str) -> bool:
    """Tell the questions that choose from those about columns, and about how the place of the raw rows is spelt.

    What a hook asks when a build begins stops the build, or changes nothing.
    """
    return any(word in question for word in QUESTIONS_ARE_ABOUT) and "distinct raw_source" not in question


def ask(connection: duckdb.DuckDBPyConnection, question: str) -> Any:
    """Return an answer as dbt understands it: a value, or the list of the parts of a log that are to be read."""
    rows = connection.execute(question).fetchall()
    return [row[0] for row in rows] if "is_to_be_read" in question else rows[0][0]


def replaces_in_part(program: Program) -> bool:
    """Tell whether dbt computed only some rows of an incremental model."""
    return any("__dbt_new" in statement for statement in program.statements)


def _of_any_run(statement: str, invocation_id: str) -> str:
    """Take out of a statement what belongs to that run alone, and build in place where dbt swaps a new relation in."""
    in_place = _NAME_OF_A_RUN.sub("__dbt_new", statement).replace("__dbt_tmp", "").replace(invocation_id, BUILD_ID)
    return re.sub(r"\Acreate\s+(temporary\s+)?(table|view)\s", r"create or replace \1\2 ", in_place)


@dataclass(frozen=True)
class Recordings:
    """The same project built over nothing, over that with a delivery more, and once more without anything new."""

    whole: Recording
    partial: Recording
    idle: Recording
    built: DbtRun


def record(place: Path, **variables: Any) -> Recordings:
    """Have dbt build a warehouse of next to nothing three times, and keep what it executed."""
    database = place / "warehouse.duckdb"
    write_raw_schema(database)
    recordings: dict[str, Recording] = {}
    for name in ("whole", "partial", "idle"):
        if name != "idle":
            # A delivery that is rejected, but of a part that can be told in what dbt executes.
            with duckdb.connect(str(database)) as connection:
                for log in LOGS:
                    connection.execute(f"insert into {RAW_SCHEMA}.{log} (received_at) values ('{PART}:00:00Z')")
        run = build_by_dbt(place, name, as_of=Replay.AS_OF, **variables)
        recordings[name] = executed(run)
    partial, idle = (
        {node for node, told in recordings[name].items() if replaces_in_part(told)} for name in ("partial", "idle")
    )
    assert partial == idle, f"recorded for one case only: {partial ^ idle}"
    return Recordings(**recordings, built=run)


def build_by_dbt(place: Path, name: str, **variables: Any) -> DbtRun:
    """Build the place's database out of its raw schema; what else dbt writes goes into a folder of that name."""
    (place / name).mkdir()
    run = parsed_dbt().run(
        [*BUILD, *LOGGED], place / name, raw=f"schema:{RAW_SCHEMA}", variables=variables,
        environment={"MESSAGING_DB": str(place / "warehouse.duckdb")},
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    return DbtRun(run.exit_code, run.output, place / "warehouse.duckdb", run.target)


# --- the replay ----------------------------------------------------------------------------------


class Killed(Exception):
    """A build was killed, as a test asked for."""


class IncrementalReplay(Replay):
    """Builds upon builds, in memory; `forget` makes the next one the first."""

    def __init__(self, recordings: Recordings) -> None:
        super().__init__(recordings.built)
        self._recordings = recordings
        self._build_count = 0
        self._kinds: dict[str, str] = {}
        self._partial: list[str] = []
        manifest = json.loads((recordings.built.target / "manifest.json").read_text())
        self._nodes = {node["unique_id"]: node for node in self._models}
        self._parents = {
            unique_id: {parent for parent in node["depends_on"]["nodes"] if parent in self._nodes}
            for unique_id, node in self._nodes.items()
        }
        self._hooks: dict[str, list[str]] = {"on-run-start": [], "on-run-end": []}
        for unique_id in sorted(key for key in manifest["nodes"] if key.startswith("operation.")):
            self._hooks[next(tag for tag in manifest["nodes"][unique_id]["tags"] if tag in self._hooks)].append(
                unique_id
            )

    @property
    def model_count(self) -> int:
        """How many models a build builds."""
        return len(self._nodes)

    @property
    def partially_built(self) -> Sequence[str]:
        """The models that the last build did not make anew."""
        return self._partial

    @property
    def replaced_in_part(self) -> set[str]:
        """The ids of the incremental models of which the last build replaced only rows."""
        programs = self._recordings.partial
        return {
            unique_id
            for unique_id, node in self._nodes.items()
            if node["name"] in self._partial and replaces_in_part(programs[unique_id])
        }

    @property
    def times_of_conversations(self) -> dict[str, tuple[str, bool]]:
        """By table, by what time rows lie that are looked for by their conversation, and whether it may be null."""
        times = {}
        for node in self._nodes.values():
            meta, table = node["config"]["meta"], f"{node['schema']}.{node['name']}"
            if meta.get("lies_by"):
                times[table] = (meta["lies_by"], False)
            elif meta.get("lies_by_unless_null"):
                times[table] = (meta["lies_by_unless_null"], True)
        return times

    def forget(self) -> None:
        """Have the next build make everything anew."""
        self.connection.execute("create schema if not exists journal")
        for (table,) in self.connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'journal'"
        ).fetchall():
            self.connection.execute(f"drop table journal.{table}")

    def build(
        self,
        raw: RawInput,
        as_of: datetime | None = None,
        order: random.Random | None = None,
        killed_after: int | None = None,
    ) -> None:
        """Build on what stands.

        dbt builds in any order that the graph allows: `order` draws one. A build that is killed after so many models
        raises `Killed`; models are transactions, so that it leaves each as it was or as it is to be.
        """
        load_raw(self.connection, RAW_SCHEMA, raw)
        self._configure(raw)
        self._build_count += 1
        self._partial = []
        self._literals = {
            BUILD_ID: f"build {self._build_count}",
            AS_OF_LITERAL: "cast(null as varchar)" if as_of is None else f"'{as_of.isoformat()}Z'",
        }
        self._run_hooks("on-run-start")
        for count, unique_id in enumerate(self._ordered(order)):
            if count == killed_after:
                raise Killed
            self._build_model(unique_id)
        self._run_hooks("on-run-end")

    def _ordered(self, order: random.Random | None) -> Iterable[str]:
        if order is None:
            return list(self._nodes)
        waiting = {unique_id: set(parents) for unique_id, parents in self._parents.items()}
        ordered: list[str] = []
        while waiting:
            ready = order.choice(sorted(unique_id for unique_id, parents in waiting.items() if not parents))
            ordered.append(ready)
            del waiting[ready]
            for parents in waiting.values():
                parents.discard(ready)
        return ordered

    def _run_hooks(self, when: str) -> None:
        # A build over nothing has no `dim_build` to speak of yet: what dbt did over a standing one includes it.
        recording = self._recordings.partial if self._stands("main.dim_build") else self._recordings.whole
        for unique_id in self._hooks[when]:
            self._execute(recording.get(unique_id, Program()).statements)

    def _stands(self, name: str) -> bool:
        return name in self._kinds

    def _build_model(self, unique_id: str) -> None:
        node = self._nodes[unique_id]
        name = f"{node['schema']}.{node['alias']}"
        if node["language"] == "python":
            self._build_in_python(name, node["compiled_code"])
            return
        program, literals = self._chosen(unique_id)
        if program is not self._recordings.whole[unique_id] and any(
            answer is True for answer in program.answers.values()
        ):
            self._partial.append(node["name"])
        self._execute(program.statements, name, literals)

    def _chosen(self, unique_id: str) -> tuple[Program, dict[str, str]]:
        """Return the program that dbt would choose for a model, and what takes the place of the part that it names."""
        recordings = self._recordings
        whole, partial, idle = (each[unique_id] for each in (recordings.whole, recordings.partial, recordings.idle))
        if not partial.answers and not idle.answers:
            # What dbt need not ask is which relations there are: it says whether the ledgers stand.
            assert partial.statements == idle.statements, f"{unique_id}: chosen without a question"
            return (idle if all(map(self._stands, LEDGERS)) else whole), {}
        for program in (partial, idle):
            answers = {question: ask(self.connection, question) for question in program.answers}
            if answers and all(_same_choice(answers[question], told) for question, told in program.answers.items()):
                parts = next((answer for answer in answers.values() if isinstance(answer, list)), [])
                return program, _instead_of_the_part(parts)
        return whole, {}

    def _execute(
        self, statements: Sequence[str], name: str = "", literals: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Execute the statements in a transaction, as dbt does with what replaces a model."""
        connection, kinds = self.connection, dict(self._kinds)
        connection.begin()
        try:
            for statement in statements:
                created = re.match(r"create or replace (table|view) ", statement)
                if created and name:
                    kind, stood = created[1], kinds.get(name, created[1])
                    if kind != stood:
                        connection.execute(f"drop {stood} {name}")
                    kinds[name] = kind
                for literal, value in {**self._literals, **literals}.items():
                    statement = statement.replace(literal, value)
                connection.execute(statement)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        self._kinds = kinds

    def rows_read(self, name: str) -> Counter[str]:
        """Return how many rows of each table the engine reads to build a model once more, which it then takes back."""
        (unique_id,) = (key for key, node in self._nodes.items() if node["name"] == name)
        program, literals = self._chosen(unique_id)
        assert program is not self._recordings.whole[unique_id], f"{name} would be made anew"
        read: Counter[str] = Counter()
        self.connection.begin()
        script = "; ".join(program.statements)
        for literal, value in {**self._literals, **literals}.items():
            script = script.replace(literal, value)
        for statement in self.connection.extract_statements(script):
            if statement.query.strip().startswith("drop"):
                self.connection.execute(statement)
                continue
            ((_, plan),) = self.connection.execute(f"explain (analyze, format json) {statement.query}").fetchall()
            waiting = [json.loads(plan)]
            while waiting:
                node = waiting.pop()
                waiting += node["children"]
                if table := node.get("extra_info", {}).get("Table"):
                    read[str(table).split(".")[-1]] += int(node["operator_cardinality"])
        self.connection.rollback()
        return read

    def published(self) -> Contents:
        """Return the tables of core and marts, parents first, as multisets of rows without what tells builds apart."""
        return self._contents(lambda node: bool(node["schema"] == "main"))

    def kept(self) -> Contents:
        """Return these and what else is kept from build to build, but the ledgers, which hold what is gone, too."""
        return self._contents(
            lambda node: (
                bool(node["schema"] == "main")
                or (node["config"]["materialized"] == "incremental" and node["config"]["meta"]["unit"] != "part")
            )
        )

    def _contents(self, is_meant: Callable[[Mapping[str, Any]], bool]) -> Contents:
        about_the_build = "columns(name -> name not in ('build_id', 'build_state'))"
        return {
            name: Counter(self.connection.execute(f"select {about_the_build} from {schema}.{name}").fetchall())
            for schema, name in ((node["schema"], node["alias"]) for node in self._models if is_meant(node))
            if self._kinds.get(f"{schema}.{name}") == "table"
        }


def _same_choice(answer: Any, told: Any) -> bool:
    """Tell whether dbt goes the same way: which parts there are is filled in, and that there are any decides."""
    return bool(answer) == bool(told) if isinstance(told, list) else bool(answer == told)


def _instead_of_the_part(parts: Sequence[str]) -> dict[str, str]:
    """Name the parts as `raw_is_among` does: what has no time has no bound either."""
    if not parts:
        return {}
    listed = [f"'{part.replace(chr(39), 2 * chr(39))}'" for part in parts]
    bound = f"received_at >= '{PART}' and "
    return {
        bound: "" if parts[0] == "" else bound.replace(f"'{PART}'", listed[0]),
        f"in ('{PART}')": f"in ({', '.join(listed)})",
    }


def differing(found: Contents, expected: Contents) -> list[str]:
    """Return the tables that are not equal, in the order of the expected."""
    return [table for table in {**expected, **found} if found.get(table) != expected.get(table)]


def first_difference(found: Contents, expected: Contents) -> str:
    """Tell which tables are not equal, and of the first some of the rows; nothing where all are equal."""
    tables = differing(found, expected)
    if not tables:
        return ""
    one, other = (contents.get(tables[0], Counter()) for contents in (found, expected))
    surplus, missing = one - other, other - one
    rows = [f"{heading}:\n{_told(rows)}" for heading, rows in (("built on", surplus), ("made anew", missing)) if rows]
    counts = f"{surplus.total()} rows too many and {missing.total()} too few"
    return "\n".join([f"{', '.join(tables)} differ. {tables[0]}: {counts}", *rows])


def _told(rows: Iterable[tuple[Any, ...]]) -> str:
    return "\n".join(f"    {row}" for row in sorted(rows, key=str)[:3])
