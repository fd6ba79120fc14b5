"""What of the raw contract hangs on which column of a platform's objects, for adapters that read objects.

It stands in object_feeds.yml, beside this file. Which objects and columns an adapter reads is said by the adapter: the
YAML of its base models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

import yaml

FILE = "object_feeds.yml"


@dataclass(frozen=True)
class Words:
    """The words that a field may say, and what becomes of another, as a clause."""

    known: Sequence[str]
    otherwise: str


@dataclass(frozen=True)
class Feeds:
    """What an adapter makes of the objects of its platform.

    Attributes:
        required: the object without which there is nothing to report on.
        objects: by object and column what hangs on it: an event type or raw table that there would not be without it,
            or `<event type or raw table>.<key or column>`, which would be empty.
        numbers, flags: fields by object that are numbers, or true and false.
        amounts: fields by object that are numbers of 0 or more; another does not stop a build.
        words: by object and field the words that are known.
        ways: event types that are made of any of several fields: by event type the `<object>.<field>`s that have to be
            there together, for each way.
        unrecorded: what no object of the platform tells of.
    """

    required: str
    objects: Mapping[str, Mapping[str, Sequence[str]]]
    numbers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    amounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ways: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    unrecorded: Sequence[str] = ()


def read_feeds() -> dict[str, Feeds]:
    """Return the feeds of each adapter that reads objects."""
    loaded = yaml.safe_load(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return {
        name: Feeds(
            required=adapter["required"],
            objects=adapter["objects"],
            numbers=adapter["numbers"],
            flags=adapter["flags"],
            words={
                name: {column: Words(**words) for column, words in columns.items()}
                for name, columns in adapter["words"].items()
            },
            amounts=adapter["amounts"],
            ways=adapter["ways"],
            unrecorded=adapter["unrecorded"],
        )
        for name, adapter in loaded.items()
    }


def field_name(name: str) -> str:
    """Return how a field is looked for: neither letter case nor the project's spelling of it matter."""
    return name.lower().replace("_", "")


def inputs_lost(feeds: Feeds, present: Mapping[str, Collection[str]], inputs: Collection[str]) -> frozenset[str]:
    """Return the inputs that nothing makes: no object has them, or an object or field that they hang on is missing.

    Args:
        feeds: the adapter's.
        present: fields by object, of objects that have a record.
        inputs: every event type and raw table.
    """
    there = {name: set(map(field_name, fields)) for name, fields in present.items()}
    fed = {thing for _, _, things in _hangings(feeds) for thing in things}
    lost = {
        thing
        for name, column, things in _hangings(feeds)
        if field_name(column) not in there.get(name, ())
        for thing in things
    }
    lost |= {thing for thing, ways in feeds.ways.items() if not any(_is_whole(way, there) for way in ways)}
    return frozenset(name for name in inputs if name not in fed or name in lost)


def things_unrecorded(
    feeds: Feeds, tells: Mapping[str, Mapping[tuple[str, ...], Sequence[str]]], present: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Return what counts as unrecorded: what no object of the platform tells, and what fields tell that are not there.

    Args:
        feeds: the adapter's.
        tells: what the fields of each object tell, any of these.
        present: fields by object, be there a record or none.
    """
    there = {name: set(map(field_name, fields)) for name, fields in present.items()}
    untold = (
        thing
        for name, fields in tells.items()
        for columns, things in fields.items()
        if not any(field_name(column) in there.get(name, ()) for column in columns)
        for thing in things
    )
    return frozenset((*feeds.unrecorded, *untold))


def _is_whole(way: Collection[str], there: Mapping[str, Collection[str]]) -> bool:
    return all(field_name(column) in there.get(name, ()) for name, _, column in (told.partition(".") for told in way))


def _hangings(feeds: Feeds) -> Iterator[tuple[str, str, list[str]]]:
    """Yield object, column and what there would not be without it."""
    for name, columns in feeds.objects.items():
        for column, things in columns.items():
            yield name, column, [thing for thing in things if "." not in thing]
