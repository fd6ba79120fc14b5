"""What `messaging-warehouse simulate` does: read the options, simulate, write, and say what was done."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from messaging_warehouse.simulator.centre import Centre
from messaging_warehouse.simulator.clock import LONGEST, require_few_days
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.hostility import HOSTILITIES, Hostility
from messaging_warehouse.simulator.layouts import Layout, require_objects
from messaging_warehouse.simulator.presets import default_centre, demo_centre
from messaging_warehouse.simulator.service_cloud import require_plain
from messaging_warehouse.simulator.simulation import Simulation, require_within_reach, simulate
from messaging_warehouse.simulator.writing import OutputFormat, Written, plan_tiles, require_usable, write

KETTLE = "kettle"
_KETTLE_START = "2026-02-14"
_KETTLE_UNTIL = "2026-03-15T20:00:00Z"
_DEFAULT_START = "2026-02-01"
_DEFAULT_DAYS = 28


@dataclass(frozen=True)
class Options:
    """The options as they were given; None is not given. Rates are probabilities, times ISO 8601 text."""

    out: Path
    output_format: str = OutputFormat.PARQUET.value
    layout: str = Layout.EVENTS.value
    whole_seconds: bool = False
    days: int | None = None
    agents: int | None = None
    seed: int = 1
    start: str | None = None
    until: str | None = None
    preset: str | None = None
    sessions_per_day: float | None = None
    capacity: int | None = None
    seats: int | None = None
    events: int | None = None
    tiles: int | None = None
    hostility: str = "none"
    lost_logout_rate: float = 0.02
    id_prefix: str = "sim"


def run(options: Options) -> str:
    """Simulate and write as the options say, and return a summary of a few lines.

    A bar tells the progress where the error output is a terminal. Raises SimulationError for anything impossible,
    before anything is written.
    """
    output_format = OutputFormat.named(options.output_format)
    layout = Layout.named(options.layout)
    require_objects(layout, options.whole_seconds)
    hostility = _hostility(options.hostility)
    require_usable(options.out)
    has_preset = options.preset is not None
    default_start = _KETTLE_START if has_preset else _DEFAULT_START
    start = _moment(default_start if options.start is None else options.start, "start")
    until = options.until
    if has_preset and options.days is None and until is None:
        until = _KETTLE_UNTIL
    if options.days is not None and until is not None:
        raise SimulationError("Both days and until say when the simulation ends; give one of them.")
    require_within_reach(start.date())
    end = None if until is None else _moment(until, "until")
    days = None if end is not None else _DEFAULT_DAYS if options.days is None else options.days
    if days is not None:
        require_few_days(days)
    # What is impossible about the end is told by the simulation.
    span = days if days is not None else max(1, min((end - start).days + 1, LONGEST)) if end is not None else LONGEST
    centre = _centre(options, start.date(), span)
    is_tile = options.events is not None or (options.tiles or 1) > 1
    _require_tiling_makes_sense(options, days)
    if layout is Layout.SERVICE_CLOUD:
        require_plain(hostility.is_active, is_tile)
    began = time.monotonic()
    with _progress() as progress:
        simulating = progress.add_task("Simulating", total=1.0)
        simulation = simulate(
            centre,
            start,
            days,
            options.seed,
            until=end,
            hostility=hostility,
            id_prefix=options.id_prefix,
            is_tile=is_tile,
            progress=lambda part: progress.update(simulating, completed=part),
        )
        if not simulation.tables["raw_conversation_events"]:
            raise SimulationError("Nobody got in touch in the simulated time; give more days or more sessions a day.")
        tiles = _tile_count(options, simulation)
        plan_tiles(simulation, tiles)
        writing = progress.add_task("Writing", total=1.0)
        written = write(
            simulation,
            options.out,
            output_format,
            tiles,
            progress=lambda part: progress.update(writing, completed=part),
            layout=layout,
            whole_seconds=options.whole_seconds,
        )
    return _summary(simulation, written, options.out, layout, time.monotonic() - began)


def _hostility(name: str) -> Hostility:
    if name not in HOSTILITIES:
        raise SimulationError(f"There is no hostility {name!r}; give {', '.join(HOSTILITIES)}.")
    return HOSTILITIES[name]


def _moment(text: str, name: str) -> datetime:
    """Read an ISO date or moment as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError:
        raise SimulationError(f"The {name} {text!r} is no date or moment; write it like 2026-02-01.") from None
    except OverflowError:
        raise SimulationError(f"The {name} {text!r} is out of reach; write it like 2026-02-01.") from None


def _centre(options: Options, start: date, days: int) -> Centre:
    if options.preset is None:
        centre = default_centre(
            agents=20 if options.agents is None else options.agents,
            start=start,
            days=days,
            sessions_per_day=options.sessions_per_day,
            capacity=4 if options.capacity is None else options.capacity,
            seats=options.seats,
        )
    elif options.preset == KETTLE:
        if options.agents is not None or options.capacity is not None or options.seats is not None:
            raise SimulationError("The preset kettle has agents of its own; leave out agents, capacity and seats.")
        centre = demo_centre()
        if options.sessions_per_day is not None:
            centre = replace(centre, sessions_per_day=options.sessions_per_day)
    else:
        raise SimulationError(f"There is no preset {options.preset!r}; give {KETTLE}, or none.")
    return replace(centre, rates=replace(centre.rates, logout_lost=options.lost_logout_rate))


def _require_tiling_makes_sense(options: Options, days: int | None) -> None:
    if options.events is not None and options.tiles is not None:
        raise SimulationError("Both events and tiles say how much to write; give one of them.")
    if options.events is not None and options.events < 1:
        raise SimulationError(f"{options.events} events is nothing to write; give at least 1.")
    if options.tiles is not None and options.tiles < 1:
        raise SimulationError(f"{options.tiles} tiles is nothing to write; give at least 1.")
    wants_tiles = options.events is not None or (options.tiles or 1) > 1
    if wants_tiles and (days is None or days % 7):
        raise SimulationError("Only whole weeks can be tiled; give days as a multiple of 7, and no until.")


def _tile_count(options: Options, simulation: Simulation) -> int:
    if options.events is None:
        return options.tiles or 1
    return max(1, -(-options.events // max(1, simulation.event_count)))


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _summary(simulation: Simulation, written: Written, out: Path, layout: Layout, seconds: float) -> str:
    rows = written.rows
    truths = ", ".join(
        f"{count:,} {table.removeprefix('truth_').replace('_', ' ')}"
        for table, count in rows.items()
        if table.startswith("truth_")
    )
    tiles = f" in {written.tiles:,} tiles" if written.tiles > 1 else ""
    if layout is Layout.SERVICE_CLOUD:
        source = "MESSAGING_SOURCE=service_cloud and "
        contents = f"{rows['MessagingSession']:,} messaging sessions and {rows['AgentWork']:,} pieces of work"
    else:
        source = ""
        contents = (
            f"{rows['raw_conversation_events']:,} conversation events and "
            f"{rows['raw_presence_events']:,} presence events"
        )
    return "\n".join(
        [
            f"Simulated {simulation.start:%Y-%m-%d %H:%M} to {simulation.end:%Y-%m-%d %H:%M} UTC with "
            f"{len(simulation.centre.agents)} agents.",
            f"Wrote to {out}{tiles}: {contents}, in {seconds:.1f} s.",
            f"The truth: {truths}.",
            f"It speaks as of {written.as_of}; build with {source}MESSAGING_RAW={out}.",
        ]
    )
