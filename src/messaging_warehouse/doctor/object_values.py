"""Looks into the objects of an adapter: values that nobody can read or knows, ids given twice, and what does not fit.

Each object is read as the adapter reads it: the fields that its base views name, in the project's spelling, as texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb

from messaging_warehouse.doctor.event_log import as_time, is_not_a_number, literal
from messaging_warehouse.doctor.findings import LONGEST_LIST, Finding, counted, error, ok, share, warning
from messaging_warehouse.doctor.flaws import MILLISECONDS
from messaging_warehouse.doctor.places import opened, raw_relations
from messaging_warehouse.doctor.project import Project, Settings
from messaging_warehouse.doctor.service_cloud import about_misfits, look_for_misfits
from messaging_warehouse.doctor.sighting import FieldSighting, Misfits, ObjectSighting, RawSighting, Sighting
from messaging_warehouse.objects import Feeds, Words, field_name

REMEDIES = {
    "time": "write it like 2026-03-15T18:00:00.000Z, as an export does; a report prints local times",
    "number": "write a number",
    "flag": "write true or false",
}


def look_into_objects(
    settings: Settings, project: Project, raw: RawSighting, feeds: Feeds
) -> tuple[dict[str, ObjectSighting], Misfits | None]:
    """Return what is seen in each object that is there, and what of one does not fit another."""
    seen: dict[str, ObjectSighting] = {}
    with opened(settings) as connection:
        for name, columns in project.objects.items():
            if name not in raw.tables:
                continue
            try:
                make_readable(connection, settings, name, columns)
                seen[name] = _look(connection, name, columns, project.object_times[name], feeds)
            except duckdb.Error as complaint:
                seen[name] = ObjectSighting(complaint=str(complaint).splitlines()[0])
        if any(sighting.complaint for sighting in seen.values()):
            return seen, None
        if settings.source != "service_cloud":
            return seen, None
        names = project.variables.get("service_cloud_business_hours") or {}
        there = {name: raw.tables[name] for name in seen}
        return seen, look_for_misfits(connection, there, _schedules(connection, settings, project, raw), names)


def _schedules(
    connection: duckdb.DuckDBPyConnection, settings: Settings, project: Project, raw: RawSighting
) -> Sequence[str]:
    """Return the business hours that are configured: those that came with the objects, else the project's."""
    if "business_hours" not in raw.tables:
        return project.schedules
    (relation,) = raw_relations(settings, "business_hours", project.contract["business_hours"])
    return [str(name) for (name,) in connection.execute(f"select business_hours_id from {relation}").fetchall()]


def make_readable(connection: duckdb.DuckDBPyConnection, settings: Settings, name: str, columns: Sequence[str]) -> None:
    """Make a view of an object with the adapter's columns: texts, an empty one as null, and so what is not there."""
    selects = []
    for relation in raw_relations(settings, name, None):
        there: dict[str, list[str]] = {}
        for found, *_ in connection.execute(f"describe select * from {relation}").fetchall():
            there.setdefault(field_name(found), []).append(f"nullif(cast(\"{found}\" as varchar), '')")
        told = (
            f"coalesce({', '.join([*there.get(field_name(column), ()), 'null::varchar'])}) as {column}"
            for column in columns
        )
        selects.append(f"select {', '.join(told)} from {relation}")
    connection.execute(f'create temp view "the {name}" as {" union all ".join(selects)}')


def _look(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], times: Sequence[str], feeds: Feeds
) -> ObjectSighting:
    """Count what is odd in an object: once over all rows, and once more for the words of each field that has any."""
    oddities = dict(_oddities(name, columns, times, feeds))
    counts = "".join(f", count(*) filter (where {condition})" for _, condition in oddities.values())
    rows, nameless, *odd_counts = connection.execute(
        f'select count(*), count(*) filter (where id is null){counts} from "the {name}"'
    ).fetchall()[0]
    modified = [column for column in ("system_modstamp", "last_modified_date") if column in columns]
    dated = f"coalesce({', '.join([*modified, chr(39) * 2])})"
    repeated, undated = connection.execute(
        f"""
        select count(*), count(*) filter (where latest_count > 1) from (
            select id, count(distinct content) filter (where dated = newest) as latest_count
            from (
                select id, {dated} as dated, max({dated}) over (partition by id) as newest,
                    hash({", ".join(columns)}) as content
                from "the {name}"
            )
            where id is not null group by id having count(*) > 1
        )
        """
    ).fetchall()[0]
    fields = {
        column: FieldSighting(kind, odd_count, _most_frequent(connection, name, column, condition))
        for (column, (kind, condition)), odd_count in zip(oddities.items(), odd_counts, strict=True)
        if odd_count
    }
    return ObjectSighting(rows, nameless, repeated, undated, fields)


def _oddities(
    name: str, columns: Sequence[str], times: Sequence[str], feeds: Feeds
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield fields with their kind and the condition under which a value is odd."""
    spelt = {field_name(column): column for column in columns}
    for column in times:
        readable = f"{as_time(column)} is not null or regexp_full_match({column}, {literal(MILLISECONDS)})"
        yield column, ("time", f"{column} is not null and not ({readable})")
    for kind, type_name, fields in (
        ("number", "decimal(18, 3)", feeds.numbers.get(name, ())),
        ("flag", "boolean", [*feeds.flags.get(name, ()), "IsDeleted"]),
    ):
        for column in (spelt[field_name(told)] for told in fields if field_name(told) in spelt):
            yield column, (kind, f"{column} is not null and try_cast({column} as {type_name}) is null")
    for column in (spelt[field_name(told)] for told in feeds.amounts.get(name, ()) if field_name(told) in spelt):
        yield column, ("amount", f"coalesce({is_not_a_number(column)} or starts_with({column}, '-'), false)")
    for told, words in feeds.words.get(name, {}).items():
        if column := spelt.get(field_name(told), ""):
            known = ", ".join(map(literal, words.known))
            yield column, ("word", f"{column} is not null and {column} not in ({known})")
    for column in columns:
        if column == "id" or column.endswith("_id"):
            yield column, ("id", f"length({column}) = 15 and regexp_full_match({column}, '[0-9A-Za-z]+')")


def _most_frequent(connection: duckdb.DuckDBPyConnection, name: str, column: str, condition: str) -> dict[str, int]:
    return dict(
        connection.execute(
            f'select {column}, count(*) from "the {name}" where {condition} group by 1 order by 2 desc, 1 '
            f"limit {LONGEST_LIST}"
        ).fetchall()
    )


def about_object_values(sighting: Sighting, feeds: Mapping[str, Feeds]) -> Iterator[Finding]:
    """Say of each object what in it cannot be read or is not known, and of all what does not fit together."""
    for name, seen in sighting.objects.items():
        yield from _about_an_object(name, seen, feeds[sighting.settings.source], sighting.project)
    if sighting.misfits is not None:
        yield from about_misfits(sighting.misfits, sighting.project.tolerances.max_rejected_rate)


def _about_an_object(name: str, seen: ObjectSighting, feeds: Feeds, project: Project) -> Iterator[Finding]:
    if seen.complaint:
        yield error(f"{name}: cannot be read ({seen.complaint}); mend the files, then look again.")
        return
    if not seen.rows:
        yield warning(about_an_empty_object(name, feeds, project))
        return
    yield ok(f"{name}: {counted(seen.rows, 'row')}")
    if seen.nameless:
        yield warning(
            f"{name}: {share(seen.nameless, seen.rows)} have no Id, and what is made of them is rejected; export it."
        )
    if seen.undated_ids:
        yield warning(
            f"{name}: {counted(seen.undated_ids, 'Id')} given more than once with the same SystemModstamp, or without: "
            "which row is the latest nobody can tell; export it, or one row for each."
        )
    elif seen.repeated_ids:
        yield ok(
            f"{name}: {counted(seen.repeated_ids, 'Id')} given more than once; the latest by SystemModstamp counts"
        )
    fields = {field_name(told): told for told in feeds.objects.get(name, ())}
    for column, odd in seen.fields.items():
        told = f"{name}.{fields.get(field_name(column), column)}: {share(odd.odd_count, seen.rows)}"
        values = ", ".join(f"{value} ({count:,})" for value, count in odd.odd.items())
        more = " …" if sum(odd.odd.values()) < odd.odd_count else ""
        if odd.kind == "id":
            yield ok(f"{told} have 15 characters, and are read as those of 18")
        elif odd.kind == "amount":
            yield warning(
                f"{told} are no amount, such as {next(iter(odd.odd))!r}: what is no number is rejected "
                "(invalid_payload), what is below 0 counts as 0; write a number, or nothing."
            )
        elif odd.kind == "word":
            words = _words(feeds, name, column)
            yield warning(f"{told} say what nobody knows: {values}{more}; {words.otherwise}. Mend it if it is a slip.")
        else:
            sentence = f"{told} cannot be read as a {odd.kind}, such as {next(iter(odd.odd))!r}"
            is_read = field_name(column) in fields or odd.kind == "flag"
            remedy = REMEDIES[odd.kind]
            yield error(f"{sentence}; {remedy}.") if is_read else warning(f"{sentence}; {remedy}.")


def about_an_empty_object(name: str, feeds: Feeds, project: Project) -> str:
    """Say what becomes of an object that has fields and no record; a build logs the same sentence."""
    if name == feeds.required:
        return f"{name}: has fields and no record: there is nothing to report on."
    if not any(project.object_tells.get(name, {}).values()):
        return f"{name}: has fields and no record, which counts as none."
    return (
        f"{name}: has fields and no record, which counts as none: figures say 0; leave it away if it is not exported, "
        "and they say null."
    )


def _words(feeds: Feeds, name: str, column: str) -> Words:
    return next(words for told, words in feeds.words[name].items() if field_name(told) == field_name(column))
