"""What a look finds: sentences, how bad each is, and how they are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

# Of what is told with its count, no more than so many.
LONGEST_LIST = 5


class Verdict(IntEnum):
    """How bad a finding is, as the command's exit code; 1 and 2 are taken: could not look, and wrong usage."""

    OK = 0
    WARNING = 3
    ERROR = 4


@dataclass(frozen=True)
class Finding:
    """Something that was looked at, in one sentence that names the remedy where there is something to mend."""

    verdict: Verdict
    sentence: str


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of the findings."""
    return max((finding.verdict for finding in findings), default=Verdict.OK)


def describe(findings: Sequence[Finding]) -> str:
    """Lay out the findings one a line, and say in the last whether a build would run."""
    lines = [f"{finding.verdict.name.lower():<7}  {finding.sentence}" for finding in findings]
    errors, warnings = (
        sum(finding.verdict is verdict for finding in findings) for verdict in (Verdict.ERROR, Verdict.WARNING)
    )
    if errors:
        last = f"dbt build would not run through: {counted(errors, 'error')} to mend first."
    elif warnings:
        last = f"dbt build would run; {counted(warnings, 'warning')}: what they name will be missing."
    else:
        last = "dbt build would run."
    return "\n".join([*lines, "", last])


def ok(sentence: str) -> Finding:
    """Return a finding of this verdict."""
    return Finding(Verdict.OK, sentence)


def warning(sentence: str) -> Finding:
    """Return a finding of this verdict."""
    return Finding(Verdict.WARNING, sentence)


def error(sentence: str) -> Finding:
    """Return a finding of this verdict."""
    return Finding(Verdict.ERROR, sentence)


def counted(count: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in words, with its percentage."""
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)"


def bytes_told(count: int) -> str:
    """Return a size in words."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
