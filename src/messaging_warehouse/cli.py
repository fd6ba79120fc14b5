"""The command line: `messaging-warehouse <group> <command>`."""

from pathlib import Path
from typing import Annotated

import typer

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
