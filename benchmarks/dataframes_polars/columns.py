"""Columns as all of the facts need them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

MOMENT = pl.Datetime("ms")


def filled(name: str) -> pl.Expr:
    """A text, null where it is empty."""
    return pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)


def seconds_between(start: str, end: str) -> pl.Expr:
    """Seconds, to the thousandth."""
    return (pl.col(end) - pl.col(start)).dt.total_milliseconds() / 1000


def seconds_onward(start: str, end: str) -> pl.Expr:
    """Seconds, null where the clock ran backwards."""
    return pl.when(pl.col(end) >= pl.col(start)).then(seconds_between(start, end))


def is_type(*names: str) -> pl.Expr:
    """Whether the event is of one of these types."""
    return pl.col("event_type").is_in(names)


def first_true(cases: Mapping[str, pl.Expr]) -> pl.Expr:
    """The name of the first case that holds, null where none does."""
    return pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in cases.items())


def only_of(actor_type: str, kind: str, actor_id: str) -> pl.Expr:
    """An id, null unless it is one of this kind of actor."""
    return pl.when(pl.col(kind) == actor_type).then(pl.col(actor_id))
