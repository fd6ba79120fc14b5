"""The project's metrics as the dashboard computes them: over the parts that a mart carries, or over their fact.

Formula, label and unit come from `models/metrics/*.yml`, where they are defined. Of a mart's rows, counts and sums add
up, a maximum is the greatest, and a ratio is its summed numerator ÷ its summed denominator. Distinct counts and
percentiles do not add up: they are computed over the rows of the fact, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

METRICS = Path(__file__).resolve().parents[1] / "models" / "metrics"
_ADDING_UP = {"count": "sum", "sum": "sum", "sum_boolean": "sum", "max": "max", "min": "min"}
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class NotAddableError(Exception):
    """A metric was asked of the rows of a mart from which it cannot be had."""


# Units of which 0 is something that was measured; all others are counted, and 0 may be that there was nothing.
MEASURED = ("rate", "ratio", "score", "seconds")


@dataclass(frozen=True)
class Measure:
    """An aggregate over the columns of a fact.

    Attributes:
        fact: the model whose rows are counted or summed.
        day: the column of the local date on which a row counts.
        aggregation: MetricFlow's name of it: count, sum, sum_boolean, count_distinct, percentile, max, min.
        expression: what is aggregated.
        percentile: the rank, of a percentile.
    """

    fact: str
    day: str
    aggregation: str
    expression: str
    percentile: float | None = None


@dataclass(frozen=True)
class Metric:
    """A metric of the semantic layer: a measure, or the ratio of two metrics."""

    name: str
    label: str
    unit: str
    measure: Measure | None = None
    numerator: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All metrics by name."""

    metrics: Mapping[str, Metric]

    def __getitem__(self, name: str) -> Metric:
        return self.metrics[name]

    def __contains__(self, name: object) -> bool:
        return name in self.metrics

    def label(self, name: str) -> str:
        """Return what a metric is called, or a readable form of a column's name."""
        if name in self.metrics:
            return self.metrics[name].label
        words = re.sub(r"_(id|name|at|count|seconds|date|rate|type)$", "", name).replace("_", " ")
        return words[:1].upper() + words[1:]

    def unit(self, name: str) -> str:
        """Return a metric's unit, or that which a column's name ends with."""
        if name in self.metrics:
            return self.metrics[name].unit
        return next((unit for unit in ("seconds", "rate", "ratio", "count") if name.endswith(f"_{unit}")), "")

    def over_parts(self, name: str) -> str:
        """Render a metric over the rows of a mart that has its parts as columns.

        Raises:
            NotAddableError: it is a distinct count or a percentile, or made of one.
        """
        return self._rendered(name, self._part)

    def over_fact(self, name: str) -> str:
        """Render a metric over the rows of its fact, as the marts' own SQL does."""
        return self._rendered(name, lambda each: over_rows(_measure(self[each])))

    def adds_up(self, name: str) -> bool:
        """Whether a metric of several of a mart's rows can be told from these rows."""
        try:
            self.over_parts(name)
        except NotAddableError:
            return False
        return True

    def fact(self, name: str) -> Measure:
        """Return the measure behind a metric; of a ratio, that of its numerator."""
        metric = self[name]
        return metric.measure or self.fact(metric.numerator)

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the metrics of which a metric is made, numerator first, or none."""
        metric = self[name]
        return () if metric.measure else (metric.numerator, metric.denominator)

    def _part(self, name: str) -> str:
        aggregation = _measure(self[name]).aggregation
        if aggregation not in _ADDING_UP:
            raise NotAddableError(f"{name} is a {aggregation}: the rows of a mart do not add up to it.")
        added = f"{_ADDING_UP[aggregation]}({identifier(name)})"
        return f"cast({added} as bigint)" if aggregation.startswith(("count", "sum_boolean")) else added

    def _rendered(self, name: str, simple: Callable[[str], str]) -> str:
        metric = self[name]
        if metric.measure:
            return simple(name)
        numerator, denominator = (self._rendered(part, simple) for part in (metric.numerator, metric.denominator))
        return (mean_seconds if metric.unit == "seconds" else rate)(numerator, denominator)


def over_rows(measure: Measure) -> str:
    """Render a measure as an aggregate: what `measure_sql` of `macros/metric.sql` renders."""
    match measure.aggregation:
        case "sum_boolean":
            return f"count(*) filter (where {measure.expression})"
        case "count_distinct":
            return f"count(distinct {measure.expression})"
        case "percentile":
            return f"percentile_disc({measure.percentile}) within group (order by {measure.expression})"
        case "count" | "sum" | "max" | "min":
            return f"{measure.aggregation}({measure.expression})"
    raise ValueError(f"{measure.aggregation} has no rendering in SQL")


def rate(numerator: str, denominator: str) -> str:
    """Render a share: what the macro `rate` renders."""
    return f"cast({numerator} as double) / nullif({denominator}, 0)"


def mean_seconds(total: str, count: str) -> str:
    """Render an exact mean, half up at the millisecond: what the macro `mean_seconds` renders."""
    quotient = f"(2 * cast(1000 * ({total}) as bigint) + {count}) // nullif(2 * {count}, 0)"
    return f"cast(({quotient}) * 0.001 as decimal(18, 3))"


def identifier(name: str) -> str:
    """Return a name of the project's own, and refuse anything that is none: no SQL is made of what a user typed.

    Raises:
        ValueError: it is no plain lower-case name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a column or relation")
    return name


@cache
def read_catalogue(folder: Path = METRICS) -> Catalogue:
    """Read the metrics of the project."""
    measures: dict[str, Measure] = {}
    metrics: dict[str, Metric] = {}
    # The one rate that a mart puts together, because its parts come from two facts.
    metrics["coverage_rate"] = Metric(
        "coverage_rate", "Coverage", "rate", numerator="covered_session_count", denominator="session_count"
    )
    documents = [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yml"))]
    for document in documents:
        for model in document["semantic_models"]:
            measures |= {each["name"]: _read_measure(model, each) for each in model["measures"]}
    for document in documents:
        for each in document["metrics"]:
            metrics[each["name"]] = _read_metric(each, measures)
    return Catalogue(metrics)


def _read_measure(model: Mapping[str, Any], measure: Mapping[str, Any]) -> Measure:
    return Measure(
        fact=model["model"].removeprefix("ref('").removesuffix("')"),
        day=measure.get("agg_time_dimension", model["defaults"]["agg_time_dimension"]),
        aggregation=measure["agg"],
        expression=measure.get("expr", measure["name"]),
        percentile=measure.get("agg_params", {}).get("percentile"),
    )


def _read_metric(metric: Mapping[str, Any], measures: Mapping[str, Measure]) -> Metric:
    parameters = metric["type_params"]
    return Metric(
        name=metric["name"],
        label=metric["label"],
        unit=metric["config"]["meta"]["unit"],
        measure=measures[parameters["measure"]] if metric["type"] == "simple" else None,
        numerator=parameters.get("numerator", ""),
        denominator=parameters.get("denominator", ""),
    )


def _measure(metric: Metric) -> Measure:
    if metric.measure is None:
        raise ValueError(f"{metric.name} is a ratio")
    return metric.measure
