"""Says of each object of an adapter whether it is there, and whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from messaging_warehouse.doctor.findings import Finding, error, ok, warning
from messaging_warehouse.doctor.sighting import Sighting
from messaging_warehouse.objects import Feeds, field_name


def about_objects(sighting: Sighting, feeds: Mapping[str, Feeds]) -> Iterator[Finding]:
    """Say of each object of an adapter whether it is there, and whole, and what hangs on what is not."""
    raw = sighting.raw
    fed = feeds.get(sighting.settings.source)
    if raw is None or not raw.tables:
        return
    for name, columns in sighting.project.objects.items():
        tells = sighting.project.object_tells.get(name, {})
        without = sighting.project.object_without.get(name, {})
        told = (
            {field_name(field): (field, things) for field, things in fed.objects.get(name, {}).items()} if fed else {}
        )
        if name not in raw.tables:
            of_it = {thing for _, things in told.values() for thing in things}
            hangs = sorted({thing for thing in of_it if "." not in thing} or of_it)
            if not fed or name != fed.required:
                untold = sorted({thing for things in tells.values() for thing in things})
                clauses = "".join(f"; {clause}" for clause in without.values())
                sentence = f"{name}: not there{_hanging(hangs)}{_unrecorded(untold)}{clauses}"
                yield warning(f"{sentence}; export it if the platform has it.")
            continue
        there = {field_name(field) for field in raw.tables[name]}
        for names, otherwise in sighting.project.object_needed.get(name, ()):
            if there.isdisjoint(map(field_name, names)):
                called = " and no ".join(needed.title().replace("_", "") for needed in names)
                yield error(f"{name}: there is no {called}: {otherwise}; export it.")
        unrecorded = {names[0]: of_it for names, of_it in tells.items() if there.isdisjoint(map(field_name, names))}
        for column in columns:
            if field_name(column) not in there:
                field, things = told.get(field_name(column), (column, ()))
                hanging = f"{_hanging(things)}{_unrecorded(unrecorded.get(column, ()))}"
                hanging += f"; {without[column]}" if column in without else ""
                sentence = f"{name}.{field}: not there, read as null{hanging}"
                yield warning(f"{sentence}; export it.") if things else ok(sentence)


def _hanging(things: Sequence[str]) -> str:
    return f"; on it hangs {', '.join(things)}" if things else ""


def _unrecorded(things: Sequence[str]) -> str:
    return f"; unrecorded, so null and not 0: {', '.join(things)}" if things else ""
