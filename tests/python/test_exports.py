"""The exports are a promise: columns that stay, and every session in one of them."""

from collections.abc import Mapping
from datetime import datetime

import yaml

from builders import ConversationBuilder, conversation, messaging_user, raw_input, sandbox_channel
from warehouse import PROJECT, DbtRun, Replay, Row

CONTRACT = PROJECT / "tests" / "python" / "exports_contract.yml"
Columns = Mapping[str, Mapping[str, str]]


def breaches(promised: Columns, built: Columns) -> list[str]:
    """Say what of the promise the built exports break, in words for whoever made the change."""
    said = [f"{export} is gone" for export in promised if export not in built]
    said += [f"{export} is new" for export in built if export not in promised]
    for export in set(promised) & set(built):
        before, after = promised[export], built[export]
        said += [f"{export}.{column} is gone" for column in before if column not in after]
        said += [f"{export}.{column} is new" for column in after if column not in before]
        said += [
            f"{export}.{column} was {before[column]} and is {after[column]}"
            for column in before
            if after.get(column, before[column]) != before[column]
        ]
        if set(before) == set(after) and list(before) != list(after):
            said.append(f"the columns of {export} stand in another order")
    return sorted(said)


def columns_of_exports(run: DbtRun) -> dict[str, dict[str, str]]:
    """Return the columns of every built export with their types, in order."""
    columns: dict[str, dict[str, str]] = {}
    with run.connect() as connection:
        for export, column, data_type in connection.execute(
            "select table_name, column_name, lower(data_type) from duckdb_columns() "
            "where table_name like 'exp\\_%' escape '\\' order by table_name, column_index"
        ).fetchall():
            columns.setdefault(export, {})[column] = data_type
    return columns


def test_the_exports_have_the_columns_that_people_build_on(demo: DbtRun) -> None:
    broken = breaches(yaml.safe_load(CONTRACT.read_text()), columns_of_exports(demo))
    assert not broken, (
        f"{'; '.join(broken)}. Spreadsheets and other people's warehouses read these columns by name and place: if the "
        f"change is on purpose, add new columns last, write the change into {CONTRACT.name} in the same commit, and "
        "tell the readers of the export before it is released."
    )


def test_each_breach_of_the_promise_is_told() -> None:
    promised = {"exp_a": {"x": "bigint", "y": "varchar"}, "exp_b": {"z": "date"}, "exp_c": {"u": "date", "v": "date"}}
    built = {"exp_a": {"x": "double", "w": "date"}, "exp_c": {"v": "date", "u": "date"}, "exp_d": {"z": "date"}}
    assert breaches(promised, promised) == []
    assert breaches(promised, built) == [
        "exp_a.w is new",
        "exp_a.x was bigint and is double",
        "exp_a.y is gone",
        "exp_b is gone",
        "exp_d is new",
        "the columns of exp_c stand in another order",
    ]


def _exported(replay: Replay) -> dict[str, list[Row]]:
    return {
        state: sorted(replay.rows(f"exp_{state}_conversations"), key=lambda row: str(row["session_id"]))
        for state in ("resolved", "open", "unresolved")
    }


def test_every_session_stands_in_one_export(replay_as_of: Replay) -> None:
    def told(name: str, channel_id: str = "ch1") -> ConversationBuilder:
        return conversation(name, channel_id=channel_id).at("10:00").end_user().at("10:05").agent("ana")

    streams = [
        told("active"),
        told("paused").at("10:10").pended("ana"),
        told("waiting").at("10:10").end_user(),
        told("inactive").at("10:10").resolved("ana"),
        told("reopened").at("10:10").resolved("ana").at("11:00").end_user(),
        told("resolved").at("10:10").resolved("ana").ended("system"),
        told("reopened-and-ended").at("10:10").resolved("ana").at("11:00").end_user().at("11:30").ended("end_user"),
        told("left").at("10:10").ended("end_user"),
        told("resolved-afterwards").at("10:10").ended("end_user").at("10:11").resolved("ana"),
        conversation("silent").at("2024-03-01 10:00").end_user(),
        told("tried-out", channel_id="sandbox").at("10:10").resolved("ana"),
    ]
    replay_as_of.build(raw_input(*streams, channels=[sandbox_channel("sandbox")]), datetime(2024, 3, 4, 12))
    exported = _exported(replay_as_of)
    assert {state: [row["session_id"].removesuffix("/1") for row in rows] for state, rows in exported.items()} == {
        "resolved": ["inactive", "reopened-and-ended", "resolved-afterwards", "resolved"],
        "open": ["active", "paused", "reopened", "waiting"],
        "unresolved": ["left", "silent"],
    }
    inactive, ended_again, _, _ = exported["resolved"]
    assert (inactive["status"], inactive["ended_at"], inactive["resolved_by_agent_id"]) == ("inactive", None, "ana")
    assert (inactive["resolution_seconds"], inactive["first_response_seconds"]) == (600, 300)
    assert (ended_again["ended_by_type"], ended_again["is_reopened"], ended_again["is_abandoned"]) == (
        "end_user",
        True,
        True,
    )


def test_a_contact_without_sessions_is_exported_and_one_of_a_test_channel_is_not(replay: Replay) -> None:
    stream = conversation("c1", messaging_user_id="kim").at("10:00").end_user().at("10:05").agent("ana")
    users = [messaging_user("kim", contact_id="c"), messaging_user("lee"), messaging_user("tester")]
    users[2]["channel_id"] = "sandbox"
    replay.build(raw_input(stream, messaging_users=users, channels=[sandbox_channel("sandbox")]))
    contacts = {row["messaging_user_id"]: row for row in replay.rows("exp_contacts")}
    assert {name: (row["contact_key"], row["session_count"]) for name, row in contacts.items()} == {
        "kim": ("c", 1),
        "lee": ("lee", 0),
    }
    assert contacts["kim"]["last_session_started_at"] == datetime(2024, 3, 4, 10)


def test_whom_the_business_knows_from_tests_alone_is_a_contact_nowhere(replay: Replay) -> None:
    in_tests = conversation("c1", channel_id="sandbox", messaging_user_id="ghost").at("10:00").end_user()
    for_real = conversation("c2", messaging_user_id="tester").at("10:00").end_user()
    tester = messaging_user("tester")
    tester["channel_id"] = "sandbox"
    replay.build(
        raw_input(in_tests, for_real, messaging_users=[tester], channels=[sandbox_channel("sandbox")]),
    )
    for contacts in ("exp_contacts", "mart_messaging_users_by_account"):
        assert [row["messaging_user_id"] for row in replay.rows(contacts)] == ["tester"]


def test_topics_taken_off_again_are_exported_and_one_is_the_sessions(replay: Replay) -> None:
    stream = (
        conversation("c1")
        .at("10:00").end_user()
        .at("10:01").topic_added("billing", by="bot-1")
        .at("10:02").topic_added("refund", by="ana")
        .at("10:03").topic_added("spam", by="ana").at("10:04").topic_removed("spam", by="ana")
        .at("10:05").topic_removed("billing", by="ana").at("10:06").topic_added("billing", by="ana")
        .at("10:07").resolved("ana")
    )  # fmt: skip
    replay.build(raw_input(stream))
    told = ("first_set_by_type", "first_set_at", "last_set_at", "set_count", "is_still_set", "is_session_topic")
    topics = {row["topic_id"]: tuple(row[column] for column in told) for row in replay.rows("exp_topics")}

    def at(minute: int) -> datetime:
        return datetime(2024, 3, 4, 10, minute)

    assert topics == {
        "billing": ("bot", at(1), at(6), 2, True, True),
        "refund": ("agent", at(2), at(2), 1, True, False),
        "spam": ("agent", at(3), at(3), 1, False, False),
    }
