"""Says what marts will not tell for want of input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from messaging_warehouse.doctor.findings import LONGEST_LIST, Finding, counted, ok, warning
from messaging_warehouse.doctor.logs import PRESENCE_TABLE
from messaging_warehouse.doctor.project import Project
from messaging_warehouse.doctor.sighting import Sighting
from messaging_warehouse.needs import Needs, foretell
from messaging_warehouse.objects import Feeds, inputs_lost, things_unrecorded
from messaging_warehouse.raw_input import REQUIRED_TABLE

# What a log records or does not, as the var `unrecorded` calls it, and the inputs of which one would tell it.
RECORDED_BY = {
    "focus": ("conversation_opened", "conversation_left"),
    "resolutions": ("conversation_resolved",),
    "csat": ("csat_requested", "csat_responded"),
    "topics": ("topic_added",),
    "work": ("work_accepted",),
    "presence": (PRESENCE_TABLE,),
    "memberships": ("raw_team_memberships",),
    "delivery": ("message_delivered", "message_read", "message_failed"),
}


def what_is_missing(sighting: Sighting, feeds: Mapping[str, Feeds]) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the inputs that are missing, and what counts as unrecorded; `None` where there is nothing to look at."""
    unrecorded: frozenset[str] = frozenset()
    if sighting.settings.source:
        fed = feeds.get(sighting.settings.source)
        if fed is None or sighting.raw is None or not sighting.raw.tables:
            return None
        empty = {name for name, seen in sighting.objects.items() if not (seen.rows or seen.complaint)}
        told = {name: fields for name, fields in sighting.raw.tables.items() if name not in empty}
        missing = inputs_lost(fed, told, all_inputs(sighting.project))
        unrecorded = things_unrecorded(fed, sighting.project.object_tells, sighting.raw.tables)
    elif REQUIRED_TABLE in sighting.logs:
        presence = sighting.logs.get(PRESENCE_TABLE)
        tables = set(sighting.raw.tables if sighting.raw else ())
        if presence is None or not presence.kinds:
            tables.discard(PRESENCE_TABLE)
        missing = frozenset(all_inputs(sighting.project)) - tables - set(sighting.logs[REQUIRED_TABLE].kinds)
    else:
        return None
    said = sighting.project.variables.get("unrecorded")
    if isinstance(said, list):
        unrecorded = frozenset(said)
    # Of no session of an adapter is it known what was said, where no entry tells it.
    is_silent = bool(sighting.settings.source) and "message_sent" in missing
    return missing, unrecorded | ({"messages"} if is_silent else set())


def about_losses(sighting: Sighting, needs: Needs, feeds: Mapping[str, Feeds]) -> Iterator[Finding]:
    """Say which inputs are missing altogether, and what marts will not tell without them."""
    looked = what_is_missing(sighting, feeds)
    if looked is None:
        return
    missing, unrecorded = looked
    types = [name for name in sighting.project.vocabulary.event_types if name in missing]
    absent = [name for name in all_inputs(sighting.project) if name in missing and name not in types]
    if types:
        of_all = f"{len(types)} of {len(sighting.project.vocabulary.event_types)} event types"
        yield warning(
            f"{of_all} are told by no object that is there: {', '.join(types)}."
            if sighting.settings.source
            else f"{of_all} never occur: {', '.join(types)}; map them if the platform records such a thing."
        )
    if absent:
        yield warning(f"there is nothing of {', '.join(absent)}; add what the platform has of it.")
    silent = [what for what, inputs in RECORDED_BY.items() if missing.issuperset(inputs) and what not in unrecorded]
    if silent and not sighting.settings.source:
        yield warning(
            f"where nothing tells of {', '.join(silent)} marts count 0; if it happens and is not recorded, say so, "
            f"and they say null: --vars '{{unrecorded: [{', '.join(silent)}]}}'."
        )
    for loss in foretell(missing, needs, unrecorded):
        named = [name for name in all_inputs(sighting.project) if name in loss.missing]
        things = " and ".join(sorted(loss.missing - set(named)))
        lacking = ", ".join([*named, *([f"a record of {things}"] if things else [])])
        if loss.is_empty and things:
            yield warning(f"{loss.mart}: stays empty, because nothing is recorded of {things}.")
        elif loss.is_empty:
            yield warning(f"{loss.mart}: stays empty without {lacking}.")
        else:
            more = len(loss.columns) - LONGEST_LIST
            yield warning(
                f"{loss.mart}: {counted(len(loss.columns), 'column')} with nothing to tell without {lacking}: "
                f"{', '.join(loss.columns[:LONGEST_LIST])}{f', and {more} more' if more > 0 else ''}."
            )
    if not missing:
        yield ok("every event type occurs, and every table is there: no mart stays empty for want of input")


def all_inputs(project: Project) -> tuple[str, ...]:
    """Event types, and raw tables other than the event log; configuration has defaults, and nobody needs redactions."""
    return (
        *project.vocabulary.event_types,
        *(table for table in project.contract if table.startswith("raw_") and table != REQUIRED_TABLE),
    )
