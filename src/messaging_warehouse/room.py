"""Room for a build on the disk: whether there is any to begin with, and where to put what memory cannot hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

# A build of the demo, with its copy for readers, takes about so much; of a large log it is nothing, and soon told.
DISK_MB = 64
SPILLED = "duckdb_temp_*"


class RoomError(RuntimeError):
    """One sentence that says what there is no room for, and the remedy. dbt tells it where a start fails."""


def disk_problem(database: Path) -> str:
    """Return a sentence if so little disk is left that no build would get far, else nothing."""
    folder = next(parent for parent in database.absolute().parents if parent.is_dir())
    if (free := shutil.disk_usage(folder).free >> 20) >= DISK_MB:
        return ""
    return (
        f"A build needs {DISK_MB} MB of disk at least, and at {folder} {free} MB are free; free some, or put "
        "MESSAGING_DB elsewhere."
    )


def spill_folder(database: Path, chosen: str = "") -> Path:
    """Return the folder for what a build of this file cannot hold in memory: its own, within one that was chosen."""
    path = database.absolute()
    if not chosen:
        return path.with_name(path.name + ".tmp")  # where the engine spills by itself
    return Path(chosen).absolute() / ("-".join(path.parts[1:])[-200:] + ".tmp")


def make_room_for(folder: Path) -> None:
    """Make the folders above the one to spill to; that one the engine makes and removes itself, as is tried here.

    Raises:
        RoomError: one of them cannot be made.
    """
    at = folder.parent
    try:
        at.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            at = folder
            folder.mkdir()
            folder.rmdir()
    except OSError as error:
        raise RoomError(
            f"MESSAGING_SPILL_DIR: {at} cannot be made ({error.strerror}); name a folder that you may write to."
        ) from error


def refuse_bad_size(variable: str, size: str) -> None:
    """Ask the engine whether it can read a size, before it is given to it among others.

    Raises:
        RoomError: it cannot.
    """
    try:
        duckdb.connect(":memory:", config={"memory_limit": size}).close()
    except duckdb.Error as error:
        raise RoomError(f"{variable}: '{size}' is no size; write it like 4GB.") from error


def remove_spilled(folder: Path) -> None:
    """Remove what a killed process had spilled, which the engine leaves there for ever.

    Only for who has the warehouse open, and so has the folder alone.
    """
    for file in folder.glob(SPILLED):
        file.unlink(missing_ok=True)
