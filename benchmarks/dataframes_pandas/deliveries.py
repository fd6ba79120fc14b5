"""Raw files, read; deliveries, validated one by one, of which the first received wins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.dataframes_pandas.columns import Column, Frame, filled

EVENT_TYPES = Path(__file__).resolve().parents[2] / "seeds" / "config" / "event_types.csv"
TEXTS = [
    "event_id", "event_type", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id", "payload",
]  # fmt: skip
NEEDED_KEYS = ["message_id", "work_id", "topic_id", "survey_id", "agent_id", "score"]
NUMBER_KEYS = ["score", "scale_max", "capacity_weight"]
TEXT_KEYS = [
    "message_id", "work_id", "topic_id", "survey_id", "agent_id", "capacity_weight", "text", "status_code", "team_id",
]  # fmt: skip
KEYS = list(dict.fromkeys([*NEEDED_KEYS, *NUMBER_KEYS, *TEXT_KEYS, "origin", "is_proactive"]))
CONTENT = [
    "event_type", "occurred_at", "conversation_id", "channel_id", "messaging_user_id", "actor_type", "actor_id",
    "payload",
]  # fmt: skip
NUMBER = r"-?0*[0-9]{1,15}(\.[0-9]+)?"
DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
CLOCK_SKEW = pd.Timedelta(seconds=300)
LATEST = pd.Timedelta(days=400)


def read(raw: Path, table: str) -> Frame:
    """A raw table, its moments to the millisecond."""
    frame = pd.read_parquet(raw / table)
    for name in frame.columns:
        if name.endswith(("_at", "valid_from", "valid_to")):
            frame[name] = frame[name].astype("datetime64[ms]")
    return frame


def held_by(payload: str) -> dict[str, object] | None:
    """What a payload holds, null where it is no object of JSON."""
    try:
        held = DECODER.decode(payload)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


def read_payloads(payloads: Column) -> tuple[Frame, Column]:
    """The wanted keys of all payloads, and which payloads are broken."""
    present = payloads.dropna()
    held = [held_by(payload) for payload in present]
    is_broken = pd.Series([each is None for each in held], index=present.index).reindex(
        payloads.index, fill_value=False
    )
    columns = {
        key: pd.Series([None if each is None else each.get(key) for each in held], index=present.index, dtype=object)
        for key in KEYS
    }
    columns["is_proactive"] = columns["is_proactive"].map({True: "true", "true": "true"})
    texts = pd.DataFrame({key: column.astype("str") for key, column in columns.items()})
    return texts.reindex(payloads.index), is_broken


def rejection_reason(frame: Frame, is_broken: Column) -> Column:
    """The first reason to reject a delivery, null where there is none."""
    is_no_number = np.logical_or.reduce(
        [frame[key].notna() & ~frame[key].str.fullmatch(NUMBER).fillna(False).astype(bool) for key in NUMBER_KEYS]
    )
    lacks_key = np.logical_or.reduce(
        [frame[f"needs_{key}"].eq(True) & (frame[key].isna() | (frame[key] == "")) for key in NEEDED_KEYS]
    )
    knows_actor = frame["actor_type"].isin(["end_user", "system"]) | (
        frame["actor_type"].isin(["agent", "bot"]) & frame["actor_id"].notna()
    )
    occurred, received = frame["occurred_at"], frame["received_at"]
    reasons = {
        "missing_event_id": frame["event_id"].isna(),
        "missing_conversation_id": frame["conversation_id"].isna(),
        "unknown_event_type": frame["sort_rank"].isna(),
        "invalid_timestamp": received.isna(),
        "missing_occurred_at": occurred.isna(),
        "invalid_payload": is_broken | is_no_number,
        "missing_actor": ~knows_actor,
        "missing_payload_key": lacks_key,
        "occurred_after_received": occurred > received + CLOCK_SKEW,
        "received_implausibly_late": received > occurred + LATEST,
    }
    return pd.Series(
        np.select([each.to_numpy(dtype=bool) for each in map(pd.Series, reasons.values())], list(reasons), default=""),
        index=frame.index,
        dtype="str",
    )


def read_event_types() -> Frame:
    """The vocabulary, with a column for each key that a type may need."""
    types = pd.read_csv(EVENT_TYPES)
    keys = types["required_keys"].fillna("").str.split()
    for key in NEEDED_KEYS:
        types[f"needs_{key}"] = [key in each for each in keys]
    return types.drop(columns=["required_keys", "starting_actors", "ends_session"])


def read_deliveries(raw: Path) -> Frame:
    """All deliveries of conversation events, with what their payloads hold and the reason to reject them."""
    frame = read(raw, "raw_conversation_events")
    for name in TEXTS:
        frame[name] = filled(frame[name])
    held, is_broken = read_payloads(frame["payload"])
    frame = pd.concat([frame, held], axis=1).merge(read_event_types(), on="event_type", how="left")
    frame["rejection_reason"] = filled(rejection_reason(frame, is_broken))
    for name in TEXT_KEYS:
        frame[name] = filled(frame[name])
    is_message, is_activity = frame["event_type"] == "message_sent", frame["is_activity"].eq(True)
    frame["is_proactive"] = frame["is_proactive"] == "true"
    frame["is_activity"] = is_activity
    frame["sort_rank"] = frame["sort_rank"].mask(is_message & (frame["actor_type"] != "end_user"), 41)
    frame["is_starter"] = frame["event_type"].isin(["conversation_started", "conversation_reopened"]) | (
        is_message & (frame["actor_type"] != "system")
    )
    return frame.drop(columns=[*(f"needs_{key}" for key in NEEDED_KEYS), "score", "scale_max"])


def read_presence(raw: Path) -> Frame:
    """Changes of presence, without the broken ones; of what came again the first received is left."""
    frame = read(raw, "raw_presence_events")
    occurred, received = frame["occurred_at"], frame["received_at"]
    is_valid = (
        filled(frame["event_id"]).notna()
        & filled(frame["agent_id"]).notna()
        & frame["status"].isin(["available", "busy", "away", "offline"])
        & (occurred <= received + CLOCK_SKEW)
        & (received <= occurred + LATEST)
    )
    return (
        frame[is_valid]
        .sort_values(["received_at", "agent_id", "status", "capacity", "occurred_at"], na_position="first")
        .drop_duplicates("event_id")
    )


def read_accounts(raw: Path) -> Column:
    """The account of each address."""
    users = read(raw, "raw_messaging_users")
    users["messaging_user_id"] = filled(users["messaging_user_id"])
    return filled(users.dropna(subset="messaging_user_id").set_index("messaging_user_id")["account_id"])


def read_teams(raw: Path) -> Frame:
    """Every change of an agent's team: of overlapping stays the latest begun, then the smaller team id."""
    stays = read(raw, "raw_team_memberships")[["agent_id", "team_id", "valid_from", "valid_to"]]
    stays["valid_from"] = stays["valid_from"].fillna(pd.Timestamp(1, 1, 1).as_unit("ms"))
    stays["valid_to"] = stays["valid_to"].fillna(pd.Timestamp(9999, 12, 31).as_unit("ms"))
    since = [stays[["agent_id", name]].set_axis(["agent_id", "since"], axis=1) for name in ("valid_from", "valid_to")]
    moments = pd.concat(since).drop_duplicates()
    held = moments.merge(stays, on="agent_id")
    held = held[(held["since"] >= held["valid_from"]) & (held["since"] < held["valid_to"])]
    winners = held.sort_values(["valid_from", "team_id"], ascending=[False, True]).drop_duplicates(
        ["agent_id", "since"]
    )
    changes = moments.merge(winners[["agent_id", "since", "team_id"]], how="left").sort_values("since")
    return changes[changes["team_id"].fillna("") != changes["team_id"].groupby(changes["agent_id"]).shift().fillna("")]


def team_of(agent: Column, moment: Column, teams: Frame) -> Column:
    """The team of each agent at a moment; agents that are null have none."""
    asked = pd.DataFrame({"agent_id": agent, "at": moment}).dropna().sort_values("at")
    asked["row"] = asked.index
    found = pd.merge_asof(asked, teams, left_on="at", right_on="since", by="agent_id")
    return found.set_index("row")["team_id"].reindex(agent.index)


def settle(deliveries: Frame) -> tuple[Frame, Frame]:
    """Return the accepted events, and the rejected deliveries with the reason."""
    is_valid = deliveries["rejection_reason"].isna()
    valid = deliveries[is_valid]
    is_repeated = valid.duplicated("event_id", keep=False)
    repeated = valid[is_repeated]
    texts = [name for name in CONTENT if name != "occurred_at"]
    content = repeated[["event_id", "received_at", *CONTENT]].fillna(dict.fromkeys(texts, ""))
    content = content.sort_values(["event_id", "received_at", *CONTENT])
    by_event = content.groupby("event_id", sort=False)
    place = by_event.cumcount()
    differs = (content[CONTENT] != by_event[CONTENT].transform("first")).any(axis=1)
    accepted = pd.concat([valid[~is_repeated], valid.loc[place.index[place == 0]]])
    conflicts = valid.loc[place.index[(place > 0) & differs]]
    started = accepted.loc[accepted["is_starter"], "conversation_id"].unique()
    has_started = accepted["conversation_id"].isin(started)
    conflicts_reason = np.where(conflicts["conversation_id"].isin(started), "conflicting_redelivery", "no_session")
    rejected = pd.concat(
        [
            deliveries[~is_valid],
            conflicts.assign(rejection_reason=conflicts_reason),
            accepted[~has_started].assign(rejection_reason="no_session"),
        ]
    )
    return accepted[has_started], rejected


def tell_rejected(rejected: Frame) -> Frame:
    """Rejected deliveries as they came, moments as text."""
    told = rejected[
        [*(name for name in TEXTS if name != "payload"), "occurred_at", "received_at", "payload", "rejection_reason"]
    ].copy()
    for name in ("occurred_at", "received_at"):
        told[name] = told[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f").str.rstrip("0").str.rstrip(".")
    return told
