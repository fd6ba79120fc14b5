"""What a project's numbers are made of, as a hash: another one means that nothing built before can be built on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from messaging_warehouse import intervals


def code_fingerprint(project: str, around: Iterable[str] = ()) -> str:
    """Return a hash of what computes the numbers: models, macros, metrics and the interval functions of a project.

    Args:
        project: the folder of this project.
        around: files, and folders of macros, of a project that has this one as a package; some need not be there.

    Raises:
        FileNotFoundError: there is no project in that folder, and the hash would be one of nothing.
    """
    if not Path(project, "dbt_project.yml").is_file():
        raise FileNotFoundError(f"{project} has no dbt_project.yml, so nobody can tell whether code has changed")
    digest = hashlib.md5(usedforsecurity=False)
    sources = [
        *(file for folder in ("models", "macros") for file in Path(project, folder).rglob("*.sql")),
        *Path(project, "models").rglob("*.py"),
        *Path(project, "models", "metrics").rglob("*.yml"),
        *Path(intervals.__file__).parent.glob("*.py"),
        *(file for place in map(Path, around) for file in ([place] if place.is_file() else place.rglob("*.sql"))),
    ]
    for content in sorted(file.read_bytes() for file in sources):
        digest.update(hashlib.md5(content, usedforsecurity=False).digest())
    return digest.hexdigest()
