"""Questions to the serving copy. What a user chose goes in as parameters; names come from the code alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dashboard.catalogue import MEASURED, identifier, read_catalogue
from dashboard.filters import Filters, Period
from dashboard.serving import Copy


@dataclass(frozen=True)
class Source:
    """A relation that figures are taken from.

    Attributes:
        relation: a mart, or a fact where figures do not add up.
        day: its column of the local date on which a row counts.
        columns: which columns tell `channel`, `team`, `topic` and `agent`; what it cannot be told by is absent.
        is_fact: whether its rows are facts, so that metrics are computed by their own expressions.
        where: a condition that always holds, of the project's own.
        mart: of a fact, the mart that tells by null what the source does not record: a fact then has no rows, and a
            count of them would say 0.
    """

    relation: str
    day: str
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_fact: bool = False
    where: str = ""
    mart: str = ""

    def cannot_tell(self, filters: Filters) -> list[str]:
        """Return the kinds of things that were chosen and that this source knows nothing of."""
        return [kind for kind in filters.chosen() if kind not in self.columns]


def figures(
    copy: Copy,
    source: Source,
    names: Sequence[str],
    filters: Filters,
    by: Sequence[str] = (),
    order: str = "",
    limit: int | None = None,
) -> pd.DataFrame:
    """Return metrics of a period, one row per group, or one row in all.

    Args:
        copy: the copy to ask.
        source: where the figures are.
        names: metrics, each a column of the answer.
        filters: the period, and what it is limited to.
        by: what the rows are told apart by: `day` (in stretches of the period's grain), a kind of thing (`channel`, …)
            or a column of the source. Each is a column of the answer; nulls are called `(none)`.
        order: a column to sort by, downwards; otherwise rows are sorted by `by`.
        limit: the most rows.
    """
    catalogue = read_catalogue()
    render = catalogue.over_fact if source.is_fact else catalogue.over_parts
    keys = {each: _key(each, source, filters.period) for each in by}
    columns = [f"{expression} as {identifier(name)}" for name, expression in keys.items()]
    doubted = set(names) & set(copy.descriptions(source.mart)) if source.mart else set()
    conditions, parameters = _conditions(source, filters)
    for name in names:
        expression = render(name)
        if name in doubted:
            expression = _if_recorded(name, source.mart, expression)
        elif not (keys or source.is_fact) and catalogue.unit(name) not in MEASURED:
            expression = _or_none_of_them(name, source, expression)
        columns.append(f"{expression} as {identifier(name)}")
    query = f"select {', '.join(columns)} from {identifier(source.relation)} where {' and '.join(conditions)}"
    if keys:
        query += " group by all order by "
        query += (f"{identifier(order)} desc nulls last, " if order else "") + ", ".join(map(identifier, keys))
    if limit is not None:
        query += f" limit {limit:d}"
    return copy.rows([source.relation, *([source.mart] if doubted else [])], query, parameters)


def _if_recorded(name: str, mart: str, expression: str) -> str:
    """Render a figure of a fact, null where the mart has rows and knows it of none."""
    known = f"select bool_or({identifier(name)} is not null) from {identifier(mart)}"
    return f"case when coalesce(({known}), true) then {expression} end"


def _or_none_of_them(name: str, source: Source, expression: str) -> str:
    """Render a count of a mart, 0 where it has no row for what was chosen and knows of such counts elsewhere."""
    known = f"select bool_or({identifier(name)} is not null) from {identifier(source.relation)}"
    return f"case when count(*) = 0 and ({known}) then 0 else {expression} end"


def filled(frame: pd.DataFrame, filters: Filters, counts: Sequence[str], series: str = "") -> pd.DataFrame:
    """Return figures by `day` with a row for each stretch of the period: where nothing was told, counts are 0.

    Of what was before the warehouse's first day nothing is known, which is no 0.
    """
    if frame.empty:
        return frame
    days = stretches_of(filters.period)
    if filters.first_day is not None:
        days = days[max(0, int(days.searchsorted(pd.Timestamp(filters.first_day), side="right")) - 1) :]
    stretches = pd.DataFrame({"day": days})
    if series:
        stretches = stretches.merge(frame[[series]].drop_duplicates(), how="cross")
    whole = stretches.merge(frame.assign(day=pd.to_datetime(frame["day"])), how="left")
    return whole.fillna({name: 0 for name in counts})


def stretches_of(period: Period) -> pd.DatetimeIndex:
    """Return the first days of the stretches of a period, in its grain."""
    frequency = {"day": "D", "week": "W-MON", "month": "MS"}[period.grain]
    first = pd.Timestamp(period.start)
    if period.grain == "week":
        first -= pd.Timedelta(days=first.weekday())
    if period.grain == "month":
        first = first.replace(day=1)
    return pd.date_range(first, pd.Timestamp(period.end) - pd.Timedelta(days=1), freq=frequency)


def named(column: str) -> str:
    """Render an id that is null as `(none)`, as the macro `id_or_none` does."""
    column = identifier(column)
    return (
        f"case when {column} is null then '(none)' when {column} in ('(none)', '(all)') "
        f"then '(' || {column} || ')' else {column} end"
    )


def _key(each: str, source: Source, period: Period) -> str:
    if each == "day":
        day = identifier(source.day)
        return day if period.grain == "day" else f"cast(date_trunc('{period.grain}', {day}) as date)"
    if each in ("channel", "team", "topic", "agent"):
        column = source.columns[each]
        return named(column) if source.is_fact else identifier(column)
    return identifier(each)


def _conditions(source: Source, filters: Filters) -> tuple[list[str], list[Any]]:
    conditions = [f"{identifier(source.day)} >= ? and {identifier(source.day)} < ?"]
    parameters: list[Any] = [filters.period.start, filters.period.end]
    if source.where:
        conditions.append(f"({source.where})")
    for kind, ids in filters.chosen().items():
        if kind in source.columns:
            column = source.columns[kind]
            conditions.append(
                f"({named(column) if source.is_fact else identifier(column)}) in (select unnest(?::varchar[]))"
            )
            parameters.append(list(ids))
    return conditions, parameters
