"""Looks into the logs of the raw contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb

from messaging_warehouse.doctor.event_log import LogSighting, look_into_events, look_into_presence
from messaging_warehouse.doctor.findings import LONGEST_LIST, Finding, error, ok, share, warning
from messaging_warehouse.doctor.places import opened, raw_relations
from messaging_warehouse.doctor.project import Project, Settings
from messaging_warehouse.doctor.sighting import RawSighting, Sighting
from messaging_warehouse.raw_input import REQUIRED_TABLE

PRESENCE_TABLE = "raw_presence_events"
# A share that is worth a word, and a silence that no weekend explains.
UNUSUAL_RATE = 0.01
LONG_SILENCE = timedelta(days=4)
# Below this share of different event ids something else than redelivery is going on; the engine's estimate of how many
# there are may be a fifth too low.
LEAST_SHARE_OF_IDS = 0.5
CLOCK_TOLERANCE = timedelta(minutes=5)


def look_into_logs(
    settings: Settings, project: Project, raw: RawSighting
) -> tuple[dict[str, LogSighting], dict[str, str]]:
    """Return what is seen in each log that is there, and a sentence about each that the engine could not read."""
    seen: dict[str, LogSighting] = {}
    unreadable: dict[str, str] = {}
    with opened(settings) as connection:
        for table, look_into in ((REQUIRED_TABLE, look_into_events), (PRESENCE_TABLE, look_into_presence)):
            if table not in raw.tables:
                continue
            columns = project.contract[table]
            (relation,) = raw_relations(settings, table, columns)
            try:
                seen[table] = look_into(connection, relation, columns, project.vocabulary, project.tolerances)
            except duckdb.Error as complaint:
                unreadable[table] = str(complaint).splitlines()[0]
    return seen, unreadable


def about_logs(sighting: Sighting, at: datetime) -> Iterator[Finding]:
    """Say what is in each log, and whether the clocks agree."""
    for table, log in sighting.logs.items():
        yield from _about_a_log(table, log, sighting.project, at)
    newest = sorted((moment for log in sighting.logs.values() for moment in log.newest_received_at), reverse=True)[:2]
    limit = timedelta(days=sighting.project.tolerances.max_clock_gap_days)
    if len(newest) == 2 and newest[0] - newest[1] > limit:
        yield error(
            f"the newest received_at, {newest[0]:%Y-%m-%d %H:%M:%S}, lies more than {limit.days} days "
            f"(max_clock_gap_days) after the next, {newest[1]:%Y-%m-%d %H:%M:%S}; mend that delivery, or give as_of."
        )


def _about_a_log(table: str, log: LogSighting, project: Project, at: datetime) -> Iterator[Finding]:
    if not log.deliveries:
        yield warning(f"{table}: no row is in it; is this the right place?")
        return
    newest = max(log.newest_received_at, default=None)
    yield ok(
        f"{table}: {log.deliveries:,} deliveries, of {log.first_occurred_on or '–'} to {log.last_occurred_on or '–'}, "
        f"the newest received {newest:%Y-%m-%d %H:%M:%S}"
        if newest
        else f"{table}: {log.deliveries:,} deliveries"
    )
    rejected = sum(log.rejections.values())
    reasons = ", ".join(
        f"{count:,} {reason}" for reason, count in sorted(log.rejections.items(), key=lambda r: (-r[1], r))
    )
    if rejected > project.tolerances.max_rejected_rate * log.deliveries:
        yield error(
            f"{table}: {share(rejected, log.deliveries)} would be rejected ({reasons}), more than max_rejected_rate "
            f"({project.tolerances.max_rejected_rate:g}) allows; mend the mapping."
        )
    elif rejected:
        sentence = f"{table}: {share(rejected, log.deliveries)} would be rejected ({reasons})"
        is_unusual = rejected > UNUSUAL_RATE * log.deliveries
        yield warning(f"{sentence}; see what they are.") if is_unusual else ok(sentence)
    if log.unknown_count:
        told = ", ".join(f"{kind} ({count:,})" for kind, count in log.unknown_kinds.items())
        yield warning(
            f"{table}: {share(log.unknown_count, log.deliveries)} are of a kind that the vocabulary does not have: "
            f"{told}{' …' if sum(log.unknown_kinds.values()) < log.unknown_count else ''}; map them, or leave them out."
        )
    for event_type, count in log.lacking_keys.items():
        keys = " or ".join(project.vocabulary.required_keys[event_type])
        yield warning(
            f"{table}: {share(count, log.kinds[event_type])} of {event_type} have no {keys} in their payload, "
            "and would be rejected; add it."
        )
    for column, count in log.nulls.items():
        if count > UNUSUAL_RATE * log.deliveries:
            yield warning(f"{table}: {column} is null in {share(count, log.deliveries)}; fill it.")
    if log.early_count > UNUSUAL_RATE * log.deliveries:
        yield warning(
            f"{table}: {share(log.early_count, log.deliveries)} were received before they occurred; "
            "is one of the two in another zone?"
        )
    if log.event_ids < LEAST_SHARE_OF_IDS * log.deliveries:
        yield warning(
            f"{table}: only about {log.event_ids:,} different event_ids; two events that share an id count as one: "
            "make it of the record's id and of what happened."
        )
    if newest and newest - at.replace(tzinfo=None) > CLOCK_TOLERANCE:
        yield warning(f"{table}: the newest received_at lies ahead of the clock; is it in another zone?")
    long = [gap for gap in log.silences if gap[1] - gap[0] + timedelta(days=1) >= LONG_SILENCE]
    if long:
        told = ", ".join(f"{first} to {last}" for first, last in long[:LONGEST_LIST])
        yield warning(
            f"{table}: no event on {LONG_SILENCE.days} days or more in a row: {told}"
            f"{' …' if len(long) > LONGEST_LIST else ''}; are files missing?"
        )
