"""The command line: `messaging-warehouse <group> <command>`."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from messaging_warehouse import doctor
from messaging_warehouse.check import CheckError, Limits, describe, judge, look_at, verdict_of
from messaging_warehouse.export import ExportError, Format, export
from messaging_warehouse.export import Options as ExportOptions
from messaging_warehouse.export.progress import shown
from messaging_warehouse.needs import read_needs
from messaging_warehouse.objects import read_feeds
from messaging_warehouse.simulator import SimulationError
from messaging_warehouse.simulator.command import Options, run
from messaging_warehouse.simulator.interruption import Interrupted, interruptible
from messaging_warehouse.twitter import (
    OutputFormat,
    TwitterConversionError,
    convert_twitter,
)

app = typer.Typer(no_args_is_help=True, help="Tools beside the messaging warehouse.")
convert_app = typer.Typer(no_args_is_help=True, help="Bring a public data set into the raw contract.")
app.add_typer(convert_app, name="convert")


@app.callback()
def main() -> None:
    """Tools beside the messaging warehouse."""


@convert_app.callback()
def convert() -> None:
    """Bring a public data set into the raw contract."""


@convert_app.command("twitter")
def convert_twitter_command(
    input_csv: Annotated[Path, typer.Argument(help="twcs.csv of “Customer Support on Twitter”.", show_default=False)],
    output_folder: Annotated[
        Path, typer.Argument(help="A new or empty folder for the raw tables.", show_default=False)
    ],
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="The kind of files to write.")
    ] = OutputFormat.CSV,
) -> None:
    """Convert the “Customer Support on Twitter” data set; see docs/twitter.md."""
    try:
        summary = convert_twitter(input_csv, output_folder, output_format)
    except TwitterConversionError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(code=1) from None
    typer.echo(summary.describe())


@app.command("simulate")
def simulate_command(
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder for the tables.", show_default=False)],
    output_format: Annotated[str, typer.Option("--format", help="parquet, csv or ndjson.")] = "parquet",
    layout: Annotated[
        str, typer.Option(help="events: the raw contract. service_cloud: the objects of a platform.")
    ] = "events",
    whole_seconds: Annotated[
        bool, typer.Option("--whole-seconds", help="Objects without milliseconds, as the platform keeps them.")
    ] = False,
    days: Annotated[int | None, typer.Option(help="How many days to simulate; 28 if not told.")] = None,
    agents: Annotated[int | None, typer.Option(help="How many agents; 20 if not told.")] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal runs; 0 or more.")] = 1,
    start: Annotated[str | None, typer.Option(help="The first day, or moment, in UTC; 2026-02-01 if not told.")] = None,
    until: Annotated[str | None, typer.Option(help="The exact end, instead of days.")] = None,
    preset: Annotated[str | None, typer.Option(help="kettle: the centre of the demo.")] = None,
    sessions_per_day: Annotated[float | None, typer.Option(help="Inbound contacts a day; 36 per agent.")] = None,
    capacity: Annotated[int | None, typer.Option(help="The load that an agent can carry at once; 4.")] = None,
    seats: Annotated[int | None, typer.Option(help="Agents wanted at work at the same time.")] = None,
    events: Annotated[int | None, typer.Option(help="At least so many events, by as many tiles as needed.")] = None,
    tiles: Annotated[int | None, typer.Option(help="So many copies of the block, moved on in time.")] = None,
    hostility: Annotated[str, typer.Option(help="What goes wrong on the way: none, mild or wild.")] = "none",
    lost_logout_rate: Annotated[float, typer.Option(help="The part of all log-outs that nobody hears of.")] = 0.02,
    id_prefix: Annotated[str, typer.Option(help="What the ids of everything simulated begin with.")] = "sim",
) -> None:
    """Simulate a contact centre, and tell the truth about it; see docs/simulator.md."""
    options = Options(
        out=out,
        output_format=output_format,
        layout=layout,
        whole_seconds=whole_seconds,
        days=days,
        agents=agents,
        seed=seed,
        start=start,
        until=until,
        preset=preset,
        sessions_per_day=sessions_per_day,
        capacity=capacity,
        seats=seats,
        events=events,
        tiles=tiles,
        hostility=hostility,
        lost_logout_rate=lost_logout_rate,
        id_prefix=id_prefix,
    )
    try:
        with interruptible():
            summary = run(options)
    except SimulationError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(code=1) from None
    except Interrupted as interrupted:
        raise typer.Exit(code=interrupted.exit_code) from None
    typer.echo(summary)


@app.command("check")
def check_command(
    database: Annotated[
        Path | None,
        typer.Argument(help="The warehouse's file; MESSAGING_DB or warehouse.duckdb if not told.", show_default=False),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="The moment to judge by, ISO 8601; now if not told.", show_default=False)
    ] = None,
    max_age_hours: Annotated[float, typer.Option(min=0, help="Data older than this is stale.")] = Limits.age
    / timedelta(hours=1),
    max_late_rate: Annotated[
        float, typer.Option(min=0, max=1, help="The share of late events that is still fine.")
    ] = Limits.late_rate,
    max_rejected_rate: Annotated[
        float, typer.Option(min=0, max=1, help="The share of rejected deliveries that is still fine.")
    ] = Limits.rejected_rate,
) -> None:
    """Say whether the warehouse is fresh and its last day usual; see docs/operations.md.

    Exit codes: 0 fine, 1 could not check, 2 wrong usage, 3 unusual, 4 not to be trusted (stale or incomplete).
    """
    moment = datetime.now(UTC) if at is None else _moment(at)
    limits = Limits(timedelta(hours=max_age_hours), max_late_rate, max_rejected_rate)
    try:
        sighting = look_at(database or Path(os.environ.get("MESSAGING_DB", "warehouse.duckdb")))
    except CheckError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(code=1) from None
    findings = judge(sighting, moment, limits)
    typer.echo(describe(sighting, findings, moment))
    raise typer.Exit(code=verdict_of(findings))


@app.command("export")
def export_command(
    report: Annotated[
        str,
        typer.Argument(
            help="resolved-conversations, open-conversations, unresolved-conversations, contacts, messages, "
            "response-times, topics, teams, users or user-presence.",
            show_default=False,
        ),
    ],
    start: Annotated[
        str | None,
        typer.Option("--from", help="The first day, or a time, on the clocks of the time zone.", show_default=False),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="The last day, which is included, or a time, which is not.", show_default=False),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--timezone", help="IANA name; the warehouse's reporting zone if not told.", show_default=False),
    ] = None,
    file_format: Annotated[Format, typer.Option("--format", help="The kind of file.")] = Format.CSV,
    out: Annotated[Path, typer.Option("--out", help="The folder to write into.")] = Path("."),
    database: Annotated[
        Path | None,
        typer.Option("--database", help="The file to read; the serving copy if not told.", show_default=False),
    ] = None,
    is_for_spreadsheets: Annotated[
        bool,
        typer.Option("--for-spreadsheets", help="A CSV to be opened by people: UTF-8 is marked, formulas are inert."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
) -> None:
    """Write a report as a file, named after report, range and time zone; see docs/exports.md.

    Exit codes: 0 written, 1 could not write, 2 wrong usage.
    """
    options = ExportOptions(
        report=report,
        start=start,
        end=end,
        zone=zone,
        file_format=file_format,
        folder=out,
        database=database,
        is_for_spreadsheets=is_for_spreadsheets,
        overwrite=overwrite,
    )
    try:
        with interruptible(), shown() as watch:
            summary = export(options, watch=watch)
    except ExportError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(code=error.exit_code) from None
    except Interrupted as interrupted:
        raise typer.Exit(code=interrupted.exit_code) from None
    typer.echo(summary)


@app.command("doctor")
def doctor_command(
    raw: Annotated[str, typer.Option("--raw", envvar="MESSAGING_RAW", help="Where the raw rows are.")] = "",
    source: Annotated[str, typer.Option("--source", envvar="MESSAGING_SOURCE", help="The adapter, if any.")] = "",
    database: Annotated[
        str, typer.Option("--database", envvar="MESSAGING_DB", help="The file to build.")
    ] = "warehouse.duckdb",
    attach: Annotated[
        str, typer.Option("--attach", envvar="MESSAGING_ATTACH", help="A second DuckDB file to read from.")
    ] = "",
    project_dir: Annotated[
        Path | None,
        typer.Option(
            "--project-dir", help="The folder of dbt_project.yml; here or above if not told.", show_default=False
        ),
    ] = None,
) -> None:
    """Say whether a build would run on this input, and what it could not tell; see docs/bring-your-own-platform.md.

    Exit codes: 0 fine, 1 could not look, 2 wrong usage, 3 warnings (something will be missing), 4 errors (a build would
    stop).
    """
    try:
        project = doctor.find_project(project_dir or Path.cwd())
        feeds = read_feeds()
        sighting = doctor.look(doctor.Settings(project, raw, source, database, attach), feeds)
    except doctor.DoctorError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(code=1) from None
    findings = doctor.judge(sighting, datetime.now(UTC), read_needs(), feeds)
    typer.echo(doctor.describe(findings))
    raise typer.Exit(code=doctor.verdict_of(findings))


def _moment(text: str) -> datetime:
    """Read a moment; one without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a moment; write it like 2026-03-15T18:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
