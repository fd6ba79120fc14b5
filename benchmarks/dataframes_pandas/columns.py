"""Columns and frames as all of the facts need them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

Frame: TypeAlias = Any  # pandas comes without types
Column: TypeAlias = Any


def filled(texts: Column) -> Column:
    """Texts, null where they are empty."""
    return texts.mask(texts == "")


def seconds_between(start: Column, end: Column) -> Column:
    """Seconds, to the thousandth."""
    return (end - start) / pd.Timedelta(seconds=1)


def seconds_onward(start: Column, end: Column) -> Column:
    """Seconds, null where the clock ran backwards."""
    return seconds_between(start, end).where(end >= start)


def first_of(frame: Frame, key: str | list[str]) -> Frame:
    """The first row of each key, by that key."""
    return frame.drop_duplicates(key).set_index(key)


def last_of(frame: Frame, key: str | list[str]) -> Frame:
    """The last row of each key, by that key."""
    return frame.drop_duplicates(key, keep="last").set_index(key)


def in_runs(*keys: Column) -> Column:
    """Number the runs of equal keys of a frame in order."""
    return np.logical_or.reduce([(key != key.shift()).to_numpy() for key in keys]).cumsum()


def average(seconds: Column, by: Any) -> Column:
    """Averages to the thousandth, halves up."""
    found = (seconds * 1000).round().groupby(by).agg(["sum", "count"])
    return np.floor(found["sum"] / found["count"] + 0.5) / 1000
