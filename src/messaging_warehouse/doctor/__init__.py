"""What `messaging-warehouse doctor` does: look at set-up, raw input and logs before a build, and say what is wrong.

Looking reads and never writes; judging and describing are pure. What the raw contract is stands in the project, in the
YAML of its base views; what each mart needs stands in mart_needs.yml.

`look` and `judge` go through the parts in this order: `project` (what its own files say), `setup` (versions, file and
disk), `places` (what lies where MESSAGING_RAW points), `objects` and `object_values` (of an adapter, with
`service_cloud` and `flaws` for that one), `logs` and `event_log` (of the raw contract), `marts` (what will be missing).
`sighting` holds what was seen, `findings` what is said of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime

from messaging_warehouse.doctor.findings import Finding, Verdict, describe, verdict_of
from messaging_warehouse.doctor.logs import about_logs, look_into_logs
from messaging_warehouse.doctor.marts import about_losses
from messaging_warehouse.doctor.object_values import about_object_values, look_into_objects
from messaging_warehouse.doctor.objects import about_objects
from messaging_warehouse.doctor.places import about_raw, about_the_source, look_at_raw
from messaging_warehouse.doctor.project import DoctorError, Project, Settings, find_project, read_project
from messaging_warehouse.doctor.setup import about_the_database, about_versions, look_at_database, look_at_package
from messaging_warehouse.doctor.sighting import DatabaseSighting, FileState, Package, RawSighting, Sighting
from messaging_warehouse.needs import Needs
from messaging_warehouse.objects import Feeds

__all__ = [
    "DatabaseSighting", "DoctorError", "FileState", "Finding", "Package", "Project", "RawSighting", "Settings",
    "Sighting", "Verdict", "describe", "find_project", "judge", "look", "read_project", "verdict_of",
]  # fmt: skip


def look(settings: Settings, feeds: Mapping[str, Feeds] | None = None) -> Sighting:
    """Look at everything; nothing is written. Raises DoctorError where the project cannot be read."""
    project = read_project(settings.project, settings.source)
    seen = Sighting(
        settings=settings,
        project=project,
        python=sys.version_info[:3],
        packages=tuple(look_at_package(*package) for package in project.packages),
        database=look_at_database(settings),
    )
    if settings.raw == "" and settings.source == "":
        return seen
    fed = (feeds or {}).get(settings.source)
    raw = look_at_raw(settings, project, fed.required if fed else next(iter(project.objects), ""))
    if raw.problems or not raw.is_looked_at:
        return Sighting(**(vars(seen) | {"raw": raw}))
    if settings.source:
        objects, misfits = look_into_objects(settings, project, raw, fed) if fed else ({}, None)
        return Sighting(**(vars(seen) | {"raw": raw, "objects": objects, "misfits": misfits}))
    logs, unreadable = look_into_logs(settings, project, raw)
    return Sighting(**(vars(seen) | {"raw": raw, "logs": logs, "unreadable_logs": unreadable}))


def judge(sighting: Sighting, at: datetime, needs: Needs, feeds: Mapping[str, Feeds] | None = None) -> list[Finding]:
    """Say of everything that was seen whether it is fine at a moment (with its zone), in the order of looking."""
    return [
        *about_versions(sighting),
        *about_the_database(sighting),
        *about_the_source(sighting),
        *about_raw(sighting),
        *(about_objects(sighting, feeds or {}) if sighting.settings.source else ()),
        *about_object_values(sighting, feeds or {}),
        *about_logs(sighting, at),
        *about_losses(sighting, needs, feeds or {}),
    ]
