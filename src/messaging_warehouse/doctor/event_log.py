"""Look into the raw logs before a build: what occurs in them, and what a build would reject.

DuckDB does the counting, in one pass over a log and without keeping it, so that a log of a hundred million rows is
looked at in the time that it takes to read it. Each delivery is judged alone, by the reasons of the raw contract in
their order; what only a build can tell (`no_session`, `conflicting_redelivery`) is not told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

import duckdb

ACTOR_TYPES = ("end_user", "agent", "bot", "system")
NUMERIC_KEYS = ("capacity_weight", "scale_max", "score")
# Of what is told with its count, no more than so many.
LONGEST_LIST = 5

_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
    r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?"
)
_NUMBER = r"-?[0-9]+(\.[0-9]+)?(e-[0-9]+)?"


@dataclass(frozen=True)
class Vocabulary:
    """What the logs may say: event types with the payload keys that each requires, and presence statuses."""

    required_keys: Mapping[str, Sequence[str]]
    statuses: Sequence[str]

    @property
    def event_types(self) -> tuple[str, ...]:
        """The event types, in the order of the vocabulary."""
        return tuple(self.required_keys)


@dataclass(frozen=True)
class Tolerances:
    """The vars of the project by which a delivery, or a whole build, is refused."""

    clock_skew_seconds: int = 300
    max_lateness_days: int | None = 400
    max_rejected_rate: float = 0.05
    max_clock_gap_days: int = 7


@dataclass(frozen=True)
class LogSighting:
    """What was seen in a log. Moments are UTC without a zone; `None` where there was nothing to see.

    Attributes:
        deliveries: how many rows there are.
        kinds: deliveries by event type (of presence: status), those of the vocabulary alone.
        unknown_kinds: the most frequent others; a missing one is `(null)`.
        unknown_count: how many deliveries are of any other.
        rejections: deliveries that a build would reject, by reason.
        lacking_keys: deliveries that lack a required payload key, by event type.
        nulls: deliveries without a value, by column that no delivery should be without.
        early_count: deliveries received before they occurred.
        event_ids: about how many different event ids there are.
        first_occurred_on, last_occurred_on: the days of the first and the last usable event.
        newest_received_at: the two newest `received_at` of usable deliveries, the newest first.
        silences: stretches of days without any usable event, from the first to the last of each.
    """

    deliveries: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    unknown_kinds: Mapping[str, int] = field(default_factory=dict)
    unknown_count: int = 0
    rejections: Mapping[str, int] = field(default_factory=dict)
    lacking_keys: Mapping[str, int] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)
    early_count: int = 0
    event_ids: int = 0
    first_occurred_on: date | None = None
    last_occurred_on: date | None = None
    newest_received_at: tuple[datetime, ...] = ()
    silences: tuple[tuple[date, date], ...] = ()


def look_into_events(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    vocabulary: Vocabulary,
    tolerances: Tolerances,
) -> LogSighting:
    """Look into `raw_conversation_events`.

    Args:
        connection: a connection whose session zone is UTC.
        relation: what stands behind `from`: a table, or a call of read_parquet, read_csv or read_json.
        columns: the columns of the contract; a row of the relation has them.
        vocabulary: what event types there are.
        tolerances: how far clocks may be apart.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    keys = sorted({key for required in vocabulary.required_keys.values() for key in required} | set(NUMERIC_KEYS))
    lacking = " or ".join(
        f"(event_type = {literal(event_type)} and {_value(keys, key)} is null)"
        for event_type, required in vocabulary.required_keys.items()
        for key in required
    )
    not_numbers = " or ".join(is_not_a_number(_text(keys, key)) for key in NUMERIC_KEYS)
    return _look(
        connection,
        prepared=(
            f"select *, case when case when json_valid(payload) then json_type(payload) = 'OBJECT' else false end then "
            f"json_extract_string(payload, [{', '.join(literal(f'$.{key}') for key in keys)}]) end as texts "
            f"from ({_as_contracted(connection, relation, columns)})"
        ),
        relation=relation,
        kind="event_type",
        kinds=vocabulary.event_types,
        required=("event_id", "conversation_id", "channel_id", "messaging_user_id", "occurred_at", "received_at"),
        lacks_key=lacking or "false",
        reasons=[
            ("missing_event_id", "event_id is null"),
            ("missing_conversation_id", "conversation_id is null"),
            ("unknown_event_type", "not is_known"),
            *_UNUSABLE_TIMES,
            ("invalid_payload", f"(payload is not null and texts is null) or {not_numbers}"),
            (
                "missing_actor",
                f"actor_type is null or actor_type not in ({_literals(ACTOR_TYPES)}) "
                "or (actor_type in ('agent', 'bot') and actor_id is null)",
            ),
            ("missing_payload_key", "lacks_key"),
            *_implausible_times(tolerances),
        ],
    )


def look_into_presence(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    vocabulary: Vocabulary,
    tolerances: Tolerances,
) -> LogSighting:
    """Look into `raw_presence_events`, like `look_into_events`."""
    return _look(
        connection,
        prepared=_as_contracted(connection, relation, columns),
        relation=relation,
        kind="status",
        kinds=vocabulary.statuses,
        required=("event_id", "agent_id", "occurred_at", "received_at"),
        lacks_key="false",
        reasons=[
            ("missing_event_id", "event_id is null"),
            ("missing_agent_id", "agent_id is null"),
            ("unknown_status", "not is_known"),
            *_UNUSABLE_TIMES,
            ("invalid_payload", is_not_a_number("capacity")),
            *_implausible_times(tolerances),
        ],
    )


# --- the questions, in SQL ----------------------------------------------------------------------

_UNUSABLE_TIMES = (
    ("invalid_timestamp", "(occurred_at is not null and occurred_time is null) or received_time is null"),
    ("missing_occurred_at", "occurred_time is null"),
)


def _implausible_times(tolerances: Tolerances) -> list[tuple[str, str]]:
    ahead = "epoch_ms(occurred_time) - epoch_ms(received_time)"
    found = [("occurred_after_received", f"{ahead} > {1000 * tolerances.clock_skew_seconds}")]
    if tolerances.max_lateness_days is not None:
        found.append(("received_implausibly_late", f"-({ahead}) > {86_400_000 * tolerances.max_lateness_days}"))
    return found


def _as_contracted(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]) -> str:
    """Return the select of the contract's columns as a build reads them: texts, '' as null, and typed times."""
    types = {
        str(name).lower(): str(kind)
        for name, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall()
    }
    selected = []
    for column in columns:
        kind = types[column]
        if column.endswith("_at") and kind.startswith("TIMESTAMP"):
            selected.append(column)
        elif kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
            selected.append(f"cast(to_json({column}) as varchar) as {column}")
        else:
            selected.append(f"nullif(cast({column} as varchar), '') as {column}")
    return f"select {', '.join(selected)} from {relation}"


def as_time(column: str) -> str:
    """Return a raw time as UTC at the millisecond; null where it cannot be read."""
    with_seconds = f"regexp_replace(cast({column} as varchar), '^(.{{16}})(Z|[+-].*)$', '\\1:00\\2')"
    return (
        f"case when typeof({column}) != 'VARCHAR' or regexp_full_match(cast({column} as varchar), {literal(_TIME)}) "
        f"then make_timestamp(1000 * epoch_ms(coalesce(try_cast({column} as timestamptz), "
        f"try_cast({with_seconds} as timestamptz)))) end"
    )


def _text(keys: Sequence[str], key: str) -> str:
    return f"texts[{keys.index(key) + 1}]"


def _value(keys: Sequence[str], key: str) -> str:
    """Return a payload value: an empty text is none, but an empty number is a bad number."""
    return _text(keys, key) if key in NUMERIC_KEYS else f"nullif({_text(keys, key)}, '')"


def is_not_a_number(text: str) -> str:
    """Return whether there is a text and it is no plain decimal number, as a condition."""
    return (
        f"({text} is not null and not (regexp_full_match({text}, {literal(_NUMBER)}) "
        f"and try_cast({text} as decimal(18, 3)) is not null))"
    )


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _literals(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _look(
    connection: duckdb.DuckDBPyConnection,
    *,
    prepared: str,
    relation: str,
    kind: str,
    kinds: Sequence[str],
    required: Sequence[str],
    lacks_key: str,
    reasons: Sequence[tuple[str, str]],
) -> LogSighting:
    """Count a log by kind, reason and day, and read out of the counts what there is to see."""
    whens = " ".join(f"when {condition} then {literal(reason)}" for reason, condition in reasons)
    nulls = ", ".join(f"count(*) filter (where {column} is null)" for column in required)
    rows = connection.execute(
        f"""
        with deliveries as ({prepared}),
        times_read as (
            select
                *, {as_time("occurred_at")} as occurred_time, {as_time("received_at")} as received_time,
                coalesce({kind} in ({_literals(kinds)}), false) as is_known
            from deliveries
        ),
        keys_looked_for as (select *, is_known and ({lacks_key}) as lacks_key from times_read),
        judged as (select *, case {whens} end as reason from keys_looked_for)
        select
            case when is_known then {kind} end as kind,
            reason,
            case when reason is null then cast(occurred_time as date) end as day,
            count(*),
            count(*) filter (where lacks_key),
            count(*) filter (where received_time < occurred_time),
            case when reason is null then max(received_time, 2) end,
            {nulls}
        from judged
        group by 1, 2, 3
        """
    ).fetchall()
    counted: dict[str, Counter[str]] = {name: Counter() for name in ("kinds", "rejections", "lacking", "nulls")}
    newest: list[datetime] = []
    days: set[date] = set()
    for known_kind, reason, day, count, lacking_count, _, received, *null_counts in rows:
        if known_kind is not None:
            counted["kinds"][known_kind] += count
            counted["lacking"][known_kind] += lacking_count
        if reason is not None:
            counted["rejections"][reason] += count
        counted["nulls"].update(dict(zip(required, null_counts, strict=True)))
        newest.extend(received or ())
        days |= {day} - {None}
    deliveries = sum(row[3] for row in rows)
    unknown_count = deliveries - counted["kinds"].total()
    return LogSighting(
        deliveries=deliveries,
        kinds=dict(counted["kinds"]),
        unknown_kinds=_unknown_kinds(connection, relation, kind, kinds) if unknown_count else {},
        unknown_count=unknown_count,
        rejections=dict(counted["rejections"]),
        lacking_keys=dict(+counted["lacking"]),
        nulls=dict(+counted["nulls"]),
        early_count=sum(row[5] for row in rows),
        event_ids=(connection.execute(f"select approx_count_distinct(event_id) from {relation}").fetchone() or (0,))[0],
        first_occurred_on=min(days, default=None),
        last_occurred_on=max(days, default=None),
        newest_received_at=tuple(sorted(newest, reverse=True)[:2]),
        silences=tuple(silences(days)),
    )


def _unknown_kinds(
    connection: duckdb.DuckDBPyConnection, relation: str, kind: str, kinds: Sequence[str]
) -> dict[str, int]:
    return dict(
        connection.execute(
            f"select coalesce(nullif(cast({kind} as varchar), ''), '(null)') as kind, count(*) from {relation} "
            f"where coalesce(cast({kind} as varchar) not in ({_literals(kinds)}), true) "
            f"group by 1 order by 2 desc, 1 limit {LONGEST_LIST}"
        ).fetchall()
    )


def silences(days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the stretches of days that are missing between the first and the last, the longest first."""
    present = sorted(days)
    one = timedelta(days=1)
    gaps = [(before + one, after - one) for before, after in pairwise(present) if after - before > one]
    return sorted(gaps, key=lambda gap: (gap[0] - gap[1], gap[0]))
