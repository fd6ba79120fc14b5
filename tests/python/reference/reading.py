"""Text becomes a value: timestamps, decimals and payloads. Unreadable text is told, never raised.

Source: the raw contract, *Timestamps* and *What bad input gets*.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[T ]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?:Z|(?P<sign>[+-])(?P<offset_hours>[0-9]{2})(?::?(?P<offset_minutes>[0-9]{2}))?)?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")

_LARGEST_OFFSET = timedelta(hours=14, minutes=59)
_DECIMAL_LIMIT = Decimal(10) ** 15
_THREE_PLACES = Decimal("0.001")


def read_timestamp(text: str) -> datetime | None:
    """Read `YYYY-MM-DD[T or space]HH:MM[:SS[.f{1,9}]][Z or ±HH[[:]MM]]` as naive UTC.

    No zone is UTC; what is finer than a millisecond is dropped. None for anything else: `epoch`,
    `infinity`, bare dates, zone names, hour 24, second 60, an offset beyond ±14:59.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    offset = timedelta(hours=int(match["offset_hours"] or 0), minutes=int(match["offset_minutes"] or 0))
    if offset > _LARGEST_OFFSET or int(match["offset_minutes"] or 0) > 59:
        return None
    if match["sign"] == "-":
        offset = -offset
    milliseconds = int((match["fraction"] or "").ljust(3, "0")[:3])
    try:
        local = datetime(
            year=int(match["year"]),
            month=int(match["month"]),
            day=int(match["day"]),
            hour=int(match["hour"]),
            minute=int(match["minute"]),
            second=int(match["second"] or 0),
            microsecond=milliseconds * 1000,
        )
        return local - offset
    except (ValueError, OverflowError):
        return None


def read_timestamp_or_date(text: str) -> datetime | None:
    """Read a timestamp of a dated reference table, where a bare date is its UTC midnight."""
    if _DATE.fullmatch(text) is not None:
        return read_timestamp(f"{text}T00:00")
    return read_timestamp(text)


def _decimal_in_range(text: str) -> Decimal | None:
    """Read as decimal(18,3), half-up; None beyond its range."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if abs(number) >= _DECIMAL_LIMIT:
        return None
    rounded = number.quantize(_THREE_PLACES, ROUND_HALF_UP)
    return rounded if abs(rounded) < _DECIMAL_LIMIT else None


def read_plain_decimal(text: str) -> Decimal | None:
    """Read a plain decimal number such as `-1.5` as decimal(18,3); None for anything else."""
    if _PLAIN_DECIMAL.fullmatch(text) is None:
        return None
    return _decimal_in_range(text)


@dataclass(frozen=True)
class JsonNumber:
    """A JSON number, kept as it was written."""

    text: str


JsonValue = str | JsonNumber | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
Payload = Mapping[str, JsonValue]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def read_payload(text: str | None) -> Payload | None:
    """Read the payload column: no payload holds no keys; None unless it is one JSON object."""
    if text is None:
        return {}
    try:
        value = json.loads(text, parse_int=JsonNumber, parse_float=JsonNumber, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _json_text(value: JsonValue) -> str:
    """Write a JSON value without blanks, its numbers as they were written."""
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(_json_text(item) for item in value) + "]"
    if isinstance(value, dict):
        members = (f"{_json_text(key)}:{_json_text(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    return json.dumps(value, ensure_ascii=False)


def payload_text(payload: Payload, key: str) -> str | None:
    """Read a key as text: a string's content, otherwise its JSON text; None if absent or null."""
    value = payload.get(key)
    if value is None or isinstance(value, str):
        return value
    return _json_text(value)


def payload_is_true(payload: Payload, key: str) -> bool:
    """Whether the key holds `true`, as JSON or as text; the number 1 and "True" are not."""
    return payload.get(key) is True or payload.get(key) == "true"


def payload_is_false(payload: Payload, key: str) -> bool:
    """Whether the key holds `false`, as JSON or as text."""
    return payload.get(key) is False or payload.get(key) == "false"


def payload_decimal(payload: Payload, key: str) -> Decimal | None:
    """Read a numeric key as decimal(18,3), half-up; None if absent or null."""
    value = payload.get(key)
    if isinstance(value, JsonNumber):
        return _decimal_in_range(value.text)
    return read_plain_decimal(value) if isinstance(value, str) else None


def payload_number(payload: Payload, key: str) -> Decimal | None:
    """Read a numeric key as it was written, to the last digit; None where `payload_decimal` reads nothing."""
    if payload_decimal(payload, key) is None:
        return None
    return Decimal(payload_text(payload, key) or "")


def is_numeric_or_null(value: JsonValue) -> bool:
    """Whether a JSON value is null, a number, or a string that reads as a plain decimal."""
    if value is None:
        return True
    if isinstance(value, JsonNumber):
        return _decimal_in_range(value.text) is not None
    return isinstance(value, str) and read_plain_decimal(value) is not None
