"""What of the raw contract hangs on which column of a platform's objects, for adapters that read objects.

It stands in object_feeds.yml, beside this file. Which objects and columns an adapter reads is said by the adapter: the
YAML of its base models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

FILE = "object_feeds.yml"


@dataclass(frozen=True)
class Feeds:
    """What an adapter makes of the objects of its platform.

    Attributes:
        required: the object without which there is nothing to report on.
        objects: by object and column what hangs on it: an event type or raw table that there would not be without it,
            or `<event type or raw table>.<key or column>`, which would be empty.
    """

    required: str
    objects: Mapping[str, Mapping[str, Sequence[str]]]


def read_feeds() -> dict[str, Feeds]:
    """Return the feeds of each adapter that reads objects."""
    loaded = yaml.safe_load(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return {name: Feeds(adapter["required"], adapter["objects"]) for name, adapter in loaded.items()}


def field_name(name: str) -> str:
    """Return how a field is looked for: neither letter case nor the project's spelling of it matter."""
    return name.lower().replace("_", "")


def inputs_lost(feeds: Feeds, present: Mapping[str, Collection[str]], inputs: Collection[str]) -> frozenset[str]:
    """Return the inputs that nothing makes: no object has them, or an object or field that they hang on is missing.

    Args:
        feeds: the adapter's.
        present: fields by object, as `field_name` gives them.
        inputs: every event type and raw table.
    """
    fed = {thing for _, _, things in _hangings(feeds) for thing in things}
    lost = {
        thing
        for name, column, things in _hangings(feeds)
        if field_name(column) not in present.get(name, ())
        for thing in things
    }
    return frozenset(name for name in inputs if name not in fed or name in lost)


def _hangings(feeds: Feeds) -> Iterator[tuple[str, str, list[str]]]:
    """Yield object, column and what there would not be without it."""
    for name, columns in feeds.objects.items():
        for column, things in columns.items():
            yield name, column, [thing for thing in things if "." not in thing]
