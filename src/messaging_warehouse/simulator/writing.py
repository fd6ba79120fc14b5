"""Write a simulation to files, once or in tiles: copies of it one after another, and side by side.

A layout says whose tables are written; tiles are of the raw contract's alone.

Rows are spooled as CSV text into a database file below the output folder, and DuckDB writes every tile from there, so
that memory stays bounded however many there are. Nothing is sniffed. A tile is the simulated block with

- its times moved by whole blocks, until a year is full; the tile after that begins at the start again, in a *layer* of
  its own, beside the first;
- its customers, conversations and events under ids of their own: prefix `sim` becomes `sim1`, `sim2`, …;
- its agents the same within a layer; in layer n their ids end in `.n`.

Teams, channels, topics, accounts and configuration are written once.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import duckdb

from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.layouts import Layout, laid_out
from messaging_warehouse.simulator.simulation import Simulation
from messaging_warehouse.simulator.tables import ALL_TABLES, SERVICE_CLOUD_IDS, TRUTH_TABLES, Kind
from messaging_warehouse.simulator.truth import Row

LAYER_DAYS = 364
MOST_TILES = 20_000
_MEMORY = "1500MB"
_WORKSPACE = ".writing-"
_TILED = {
    "raw_conversation_events",
    "raw_presence_events",
    "raw_messaging_users",
    *TRUTH_TABLES,
}
_CUSTOMER_SIDE_IDS = {
    "event_id",
    "visit_id",
    "presence_event_id",
    "conversation_id",
    "session_id",
    "messaging_user_id",
    "contact_id",
}
_AGENT_IDS = {"agent_id", "resolved_by_agent_id", "first_response_agent_id"}

Progress = Callable[[float], None]


class OutputFormat(StrEnum):
    """The kind of file that the tables are written to."""

    CSV = "csv"
    PARQUET = "parquet"
    NDJSON = "ndjson"

    @classmethod
    def named(cls, name: str) -> OutputFormat:
        """Return the format of that name; raise SimulationError, with the names there are, if there is none."""
        try:
            return cls(name.lower())
        except ValueError:
            raise SimulationError(f"There is no format {name!r}; give {', '.join(cls)}.") from None


@dataclass(frozen=True)
class Tile:
    """One copy of the simulated block: its number from 0, the layer it lies in, and how far its times are moved."""

    number: int
    layer: int
    shift: timedelta

    @property
    def shift_milliseconds(self) -> int:
        """The shift in milliseconds."""
        return self.shift // timedelta(milliseconds=1)


def plan_tiles(simulation: Simulation, tiles: int) -> list[Tile]:
    """Return the tiles in order; raise SimulationError for a number, or a block, that cannot be tiled."""
    if not 1 <= tiles <= MOST_TILES:
        raise SimulationError(f"{tiles:,} tiles cannot be laid; give 1 to {MOST_TILES:,}.")
    if tiles == 1:
        return [Tile(0, 0, timedelta(0))]
    block = simulation.end - simulation.start
    if not simulation.is_tile or block % timedelta(weeks=1) or block > timedelta(days=LAYER_DAYS):
        raise SimulationError(
            f"A block of {block / timedelta(days=1):g} days cannot be tiled; give whole weeks, up to {LAYER_DAYS} days."
        )
    per_layer = timedelta(days=LAYER_DAYS) // block
    return [Tile(number, number // per_layer, number % per_layer * block) for number in range(tiles)]


@dataclass(frozen=True)
class Written:
    """What was written: rows by table, and a moment at which every simulated session is over (`as_of`, ISO, UTC)."""

    rows: dict[str, int]
    as_of: str
    tiles: int

    @property
    def event_count(self) -> int:
        """How many deliveries the two logs hold; none where no logs were written."""
        return self.rows.get("raw_conversation_events", 0) + self.rows.get("raw_presence_events", 0)


def write(
    simulation: Simulation,
    output_folder: Path,
    output_format: OutputFormat,
    tiles: int = 1,
    progress: Progress | None = None,
    layout: Layout = Layout.EVENTS,
    whole_seconds: bool = False,
) -> Written:
    """Write all tables of a layout below a new or empty folder.

    `<output_folder>/<table>/part-<tile>.<format>` for the raw (or a platform's) and configuration tables, which a build
    reads when MESSAGING_RAW names the folder; `<output_folder>/truth/<table>/…` for the truth. Timestamps are typed in
    Parquet (text where hostility spoilt some), ISO 8601 text otherwise; of `whole_seconds` see `laid_out`. Raises
    SimulationError when the folder is not empty or cannot be written to, and for what the layout cannot hold.
    """
    planned = plan_tiles(simulation, tiles)
    tables = laid_out(simulation, layout, whole_seconds)
    with _workspace(output_folder) as workspace:
        with duckdb.connect(workspace / "spool.duckdb") as connection:
            connection.execute(f"set TimeZone = 'UTC'; set enable_progress_bar = false; set memory_limit = '{_MEMORY}'")
            counts = {}
            for table, rows in tables.items():
                own = _tiled_memberships(simulation, planned) if table == "raw_team_memberships" else rows
                own = _tiled_agents(own, planned) if table == "raw_agents" else own
                _spool(connection, workspace, table, own)
                counts[table] = len(own) * (len(planned) if table in _TILED else 1)
            for tile in planned:
                for table in tables:
                    if table in _TILED or tile.number == 0:
                        _write_tile(connection, simulation, table, tile, workspace / "tables", output_format)
                if progress is not None:
                    progress((tile.number + 1) / len(planned))
        for folder in sorted((workspace / "tables").iterdir()):
            folder.rename(output_folder / folder.name)
    as_of = simulation.as_of + max(tile.shift for tile in planned)
    return Written(counts, f"{as_of:%Y-%m-%dT%H:%M:%S}.{as_of.microsecond // 1000:03d}Z", len(planned))


def require_usable(output_folder: Path) -> None:
    """Raise SimulationError unless the folder is new or empty."""
    if output_folder.exists() and not output_folder.is_dir():
        raise SimulationError(f"{output_folder} is a file; give a new or empty folder.")
    if not output_folder.is_dir():
        return
    names = sorted(path.name for path in output_folder.iterdir())
    if names and all(name.startswith(_WORKSPACE) for name in names):
        raise SimulationError(
            f"{output_folder} holds {names[0]}, which a run that was killed has left behind, or one that still writes; "
            "remove it, or give another folder."
        )
    if names:
        raise SimulationError(f"{output_folder} is not empty; give a new or empty folder.")


@contextmanager
def _workspace(output_folder: Path) -> Iterator[Path]:
    """Make a folder to work in below the output folder; what is in it at the end is removed.

    Whoever fails, or is broken off, leaves nothing behind, not even the folders that were made for it.
    """
    require_usable(output_folder)
    missing = [folder for folder in (output_folder, *output_folder.parents) if not folder.exists()]
    workspace: Path | None = None
    is_done = False
    try:
        try:
            output_folder.mkdir(parents=True, exist_ok=True)
            workspace = output_folder / f"{_WORKSPACE}{uuid4().hex}"
            (workspace / "tables").mkdir(parents=True)
        except OSError as error:
            reason = error.strerror or "it cannot be written to"
            raise SimulationError(f"{output_folder} cannot be used ({reason}); give a folder that can.") from error
        try:
            yield workspace
        except (OSError, duckdb.Error) as error:
            raise SimulationError(f"Writing to {output_folder} failed ({str(error).splitlines()[0]}).") from error
        is_done = True
    finally:
        if workspace is not None:
            shutil.rmtree(workspace, ignore_errors=True)
        if not is_done:
            _undo(output_folder, missing)


def _undo(output_folder: Path, made: Sequence[Path]) -> None:
    """Remove the tables that are there already, and the folders that were made, the innermost first."""
    for table in (*ALL_TABLES, "truth"):
        shutil.rmtree(output_folder / table, ignore_errors=True)
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


# --- reference tables of tiles ----------------------------------------------------------------


def _tiled_agents(rows: Sequence[Row], tiles: Sequence[Tile]) -> list[Row]:
    layers = tiles[-1].layer + 1
    return [(f"{agent_id}{_layer_suffix(layer)}", *rest) for layer in range(layers) for agent_id, *rest in rows]


def _tiled_memberships(simulation: Simulation, tiles: Sequence[Tile]) -> list[Row]:
    """Return the memberships of all layers; a change of team within the block happens anew in every block."""
    if len(tiles) == 1:
        return list(simulation.tables["raw_team_memberships"])
    rows: list[Row] = []
    block = (simulation.end - simulation.start).days
    start = simulation.start.date()
    for tile in tiles:
        is_first, suffix = tile.shift == timedelta(0), _layer_suffix(tile.layer)
        for agent in simulation.centre.agents:
            for membership in agent.memberships:
                moves = len(agent.memberships) > 1
                if not moves and not is_first:
                    continue
                valid_from: date = membership.valid_from
                valid_to: date | None = membership.valid_to
                if moves:
                    valid_from = valid_from if is_first and valid_from < start else max(valid_from, start) + tile.shift
                    valid_to = min(valid_to or date.max, start + timedelta(days=block)) + tile.shift
                row_dates = (valid_from.isoformat(), None if valid_to is None else valid_to.isoformat())
                rows.append((f"{agent.agent_id}{suffix}", membership.team_id, *row_dates))
    return rows


def _layer_suffix(layer: int) -> str:
    return f".{layer}" if layer else ""


# --- the spool --------------------------------------------------------------------------------


def _spool(connection: duckdb.DuckDBPyConnection, workspace: Path, table: str, rows: Sequence[Row]) -> None:
    """Load rows into a table of the spool, moments and durations in milliseconds, all else as its kind."""
    path = workspace / "spool.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    columns = ", ".join(f"'{name}': '{_spool_type(table, kind)}'" for name, kind in ALL_TABLES[table].items())
    connection.execute(
        f'create table "{table}" as from read_csv($path, columns = {{{columns}}}, header = false, auto_detect = false, '
        "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', strict_mode = true, parallel = false)",
        {"path": str(path)},
    )
    path.unlink()


def _spool_type(table: str, kind: Kind) -> str:
    match kind:
        case Kind.MOMENT:
            # A log may hold times that are none.
            return "VARCHAR" if table.startswith("raw_") else "BIGINT"
        case Kind.DURATION | Kind.INTEGER:
            return "BIGINT"
        case Kind.BOOLEAN:
            return "BOOLEAN"
        case _:
            return "VARCHAR"


def _write_tile(
    connection: duckdb.DuckDBPyConnection,
    simulation: Simulation,
    table: str,
    tile: Tile,
    folder: Path,
    output_format: OutputFormat,
) -> None:
    place = folder / ("truth" if table in TRUTH_TABLES | SERVICE_CLOUD_IDS else "") / table
    place.mkdir(parents=True, exist_ok=True)
    columns = ",\n    ".join(
        f"{_expression(simulation, table, name, kind, tile, output_format)} as {name}"
        for name, kind in ALL_TABLES[table].items()
    )
    options = {
        OutputFormat.CSV: "format csv, header true, delim ',', quote '\"', escape '\"'",
        OutputFormat.PARQUET: "format parquet, compression zstd",
        OutputFormat.NDJSON: "format json",
    }[output_format]
    path = place / f"part-{tile.number:05d}.{output_format}"
    quoted_path = str(path).replace("'", "''")
    connection.execute(f"copy (select {columns} from \"{table}\") to '{quoted_path}' ({options})")


def _expression(
    simulation: Simulation, table: str, name: str, kind: Kind, tile: Tile, output_format: OutputFormat
) -> str:
    """Return the SQL for one column of one tile."""
    if kind is Kind.MOMENT:
        return _moment(
            name, tile, is_text_in_spool=table.startswith("raw_"), is_typed=_is_typed(simulation, table, output_format)
        )
    if kind is Kind.DURATION:
        seconds = f"cast(cast({name} as decimal(15, 0)) * cast(0.001 as decimal(4, 3)) as decimal(18, 3))"
        return seconds if output_format is OutputFormat.PARQUET else f"cast({seconds} as varchar)"
    if kind is Kind.DAY:
        day = f"cast({name} as date) + {tile.shift.days}"
        return day if output_format is OutputFormat.PARQUET else f"cast({day} as varchar)"
    text = name
    if kind is Kind.TEXT and tile.number and table in _TILED:
        text = _shifted_id(simulation, table, name, tile)
    return text


def _is_typed(simulation: Simulation, table: str, output_format: OutputFormat) -> bool:
    is_spoilt = simulation.has_bad_times and table.startswith("raw_")
    return output_format is OutputFormat.PARQUET and not is_spoilt


def _moment(name: str, tile: Tile, is_text_in_spool: bool, is_typed: bool) -> str:
    milliseconds = f"try_cast({name} as bigint)" if is_text_in_spool else name
    moment = f"make_timestamp(({milliseconds} + {tile.shift_milliseconds}) * 1000)"
    if is_typed:
        return moment
    text = f"strftime({moment}, '%Y-%m-%dT%H:%M:%S.%gZ')"
    return f"coalesce({text}, {name})" if is_text_in_spool else text


def _shifted_id(simulation: Simulation, table: str, name: str, tile: Tile) -> str:
    """Return the SQL for a text column of a tile after the first."""
    prefix = simulation.id_prefix
    own = f"'{prefix}{tile.number}' || substr({{0}}, {len(prefix) + 1})"
    suffix = _layer_suffix(tile.layer)
    if name in _CUSTOMER_SIDE_IDS:
        return own.format(name)
    if name == "responder_id":
        return (
            f"case responder_type when 'end_user' then {own.format(name)} "
            f"when 'agent' then {name} || '{suffix}' else {name} end"
        )
    if not suffix:
        return name
    if name in _AGENT_IDS:
        return f"{name} || '{suffix}'"
    if name == "actor_id":
        return f"case actor_type when 'agent' then {name} || '{suffix}' else {name} end"
    if name == "payload":
        # Agents are named by the assignment and by a transfer to a colleague.
        renamed = f"""regexp_replace(payload, '(agent_id": "[^"]*)', '\\1{suffix}')"""
        return f"case when event_type in ('work_assigned', 'work_transferred') then {renamed} else payload end"
    return name
