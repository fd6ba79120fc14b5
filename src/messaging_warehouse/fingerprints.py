"""What a project's numbers are made of, as a hash: another one means that nothing built before can be built on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from messaging_warehouse import intervals


def code_fingerprint(project: str) -> str:
    """Return a hash of what computes the numbers: models, macros, metrics and the interval functions of a project."""
    digest = hashlib.md5(usedforsecurity=False)
    sources = [
        *(file for folder in ("models", "macros") for file in Path(project, folder).rglob("*.sql")),
        *Path(project, "models").rglob("*.py"),
        *Path(project, "models", "metrics").rglob("*.yml"),
        *Path(intervals.__file__).parent.glob("*.py"),
    ]
    for content in sorted(file.read_bytes() for file in sources):
        digest.update(hashlib.md5(content, usedforsecurity=False).digest())
    return digest.hexdigest()
