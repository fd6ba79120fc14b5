"""A warehouse of one's own to look at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from raw_folders import BUILD, parsed_dbt

# Long enough for two cores that do something else as well.
PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Place:
    """A warehouse that is built from a folder of raw files, to which more can be added.

    Attributes:
        folder: where the raw files are, by table.
        root: where the warehouse and its serving copy are.
    """

    folder: Path
    root: Path

    @property
    def serving(self) -> Path:
        """The copy for readers."""
        return self.root / "warehouse_serving.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        """What a command that works on it finds in its environment."""
        told = {name: value for name, value in os.environ.items() if not name.startswith(("MESSAGING_", "DBT_"))}
        return told | {
            "MESSAGING_DB": str(self.root / "warehouse.duckdb"),
            "MESSAGING_RAW": str(self.folder),
            "MESSAGING_SERVING": str(self.serving),
        }

    def build(self) -> None:
        """Build what is in the folder."""
        run = parsed_dbt().run(BUILD, self.root, str(self.folder), environment={"MESSAGING_SERVING": str(self.serving)})
        assert run.exit_code == 0, run.output

    def add(self, table: str, name: str, text: str) -> None:
        """Add a file of rows to a table."""
        (self.folder / table).mkdir(parents=True, exist_ok=True)
        (self.folder / table / name).write_text(text)
