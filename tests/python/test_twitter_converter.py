"""The Twitter converter, on invented tweets."""

import csv
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from mart_needs import inputs
from messaging_warehouse import doctor
from messaging_warehouse.cli import app
from messaging_warehouse.needs import foretell, read_needs
from messaging_warehouse.twitter import (
    TWEET_COLUMNS,
    ConversionSummary,
    OutputFormat,
    TwitterConversionError,
    convert_twitter,
    follow_links,
)
from reference import RawInput
from warehouse import PROJECT, RAW_COLUMNS, Replay

# The raw tables that the data set has something for, each with the contract's columns.
CONTRACT = {
    name: ",".join(RAW_COLUMNS[name])
    for name in ("raw_conversation_events", "raw_agents", "raw_channels", "raw_messaging_users")
}

Row = dict[str, str]


def tweet(
    tweet_id: str,
    author: str,
    at: str = "12:00:00",
    text: str = "hello",
    answers: str = "",
    responses: str = "",
) -> Row:
    """Return a row of the data set, written on 1 November 2017; named authors are accounts."""
    return {
        "tweet_id": tweet_id,
        "author_id": author,
        "inbound": str(author.isdigit()),
        "created_at": f"Wed Nov 01 {at} +0000 2017",
        "text": text,
        "response_tweet_id": responses,
        "in_response_to_tweet_id": answers,
    }


def write_csv(path: Path, rows: Iterable[Row], line_end: str = "\n") -> Path:
    """Write the rows as the data set's file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, TWEET_COLUMNS, lineterminator=line_end)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_csv(path: Path) -> list[Row]:
    """Return the rows of a written CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote, and its summary."""

    folder: Path
    summary: ConversionSummary

    def table(self, name: str) -> list[Row]:
        """Return the rows of a raw table."""
        return read_csv(self.folder / name / "part-0.csv")

    @property
    def events(self) -> dict[str, Row]:
        """Return the events by tweet id."""
        rows = self.table("raw_conversation_events")
        return {json.loads(row["payload"])["message_id"]: row for row in rows}

    @property
    def conversations(self) -> dict[str, str]:
        """Return the conversation of each tweet id."""
        return {key: event["conversation_id"] for key, event in self.events.items()}

    @property
    def texts(self) -> dict[str, str]:
        """Return the text of each tweet id."""
        return {key: json.loads(event["payload"])["text"] for key, event in self.events.items()}

    @property
    def tweet_ids_in_total_order(self) -> list[str]:
        """Return the tweet ids in the contract's order: occurred_at, rank, event_id."""
        return sorted(
            self.events,
            key=lambda tweet_id: (
                self.events[tweet_id]["occurred_at"],
                40 if self.events[tweet_id]["actor_type"] == "end_user" else 41,
                self.events[tweet_id]["event_id"],
            ),
        )


Convert = Callable[..., Converted]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Return a function that converts the tweets it is given."""

    def run(*rows: Row) -> Converted:
        folder = tmp_path / "raw"
        return Converted(folder, convert_twitter(write_csv(tmp_path / "t.csv", rows), folder))

    return run


FIXTURE = PROJECT / "tests" / "python" / "twitter"


def invented_tweets() -> list[Row]:
    """Return some of everything: 14 tweets, of which 10 become events; see the fixture's README."""
    return read_csv(FIXTURE / "twcs.csv")


# --- the fixture, from end to end -------------------------------------------------------------


@pytest.fixture(scope="module")
def converted_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw folder that the command makes of the fixture's tweets."""
    folder = tmp_path_factory.mktemp("twitter") / "raw"
    result = CliRunner().invoke(app, ["convert", "twitter", str(FIXTURE / "twcs.csv"), str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def test_the_fixture_becomes_the_tables_that_were_written_by_hand(converted_fixture: Path) -> None:
    written = {
        file.stem if file.parent == converted_fixture else file.parent.name: file
        for file in converted_fixture.rglob("*.csv")
    }
    assert set(written) == {*CONTRACT, "not_converted"}
    for name, file in written.items():
        assert read_csv(file) == read_csv(FIXTURE / "expected" / f"{name}.csv"), name


def test_the_doctor_finds_nothing_wrong_with_it_but_what_tweets_cannot_tell(
    converted_fixture: Path, tmp_path: Path
) -> None:
    seen = doctor.look(doctor.Settings(PROJECT, raw=str(converted_fixture), database=str(tmp_path / "w.duckdb")))
    log = seen.logs["raw_conversation_events"]
    assert (log.rejections, log.unknown_count, log.nulls, log.kinds) == ({}, 0, {}, {"message_sent": 10})
    present = {"message_sent", "raw_agents", "raw_channels", "raw_messaging_users"}
    told = {loss.mart for loss in foretell(set(inputs()) - present, read_needs())}
    for finding in doctor.judge(seen, datetime.now(UTC), read_needs()):
        is_about_what_is_missing = (
            "never occur" in finding.sentence
            or finding.sentence.startswith("there is nothing of ")
            or finding.sentence.startswith("where nothing tells of focus, resolutions, csat, topics, work, presence")
            or finding.sentence.split(":")[0] in told
        )
        assert finding.verdict is doctor.Verdict.OK or is_about_what_is_missing, finding


def test_the_warehouse_of_the_fixture_has_the_sessions_that_were_written_by_hand(
    converted_fixture: Path, replay: Replay
) -> None:
    rows = {
        name.removeprefix("raw_"): [
            {column: value or None for column, value in row.items()}
            for row in read_csv(converted_fixture / name / "part-0.csv")
        ]
        for name in CONTRACT
    }
    replay.build(RawInput(**rows))
    expected = read_csv(FIXTURE / "expected" / "sessions.csv")
    found = replay.rows("fct_messaging_sessions", expected[0])
    as_texts = [{name: "" if value is None else str(value) for name, value in row.items()} for row in found]
    assert sorted(as_texts, key=lambda row: row["session_id"]) == sorted(expected, key=lambda row: row["session_id"])
    assert replay.rows("rejected_events") == []


# --- nothing is lost --------------------------------------------------------------------------


def test_every_row_becomes_one_event_or_is_listed_with_its_reason(convert: Convert) -> None:
    rows = invented_tweets()
    converted = convert(*rows)
    listed = read_csv(converted.folder / "not_converted.csv")

    assert converted.summary.rows_read == len(rows)
    assert len(converted.table("raw_conversation_events")) + len(listed) == len(rows)
    assert set(converted.events) == {str(number) for number in range(1, 11)}
    assert [(row["row_number"], row["reason"]) for row in listed] == [
        ("11", "repeated_tweet"),
        ("12", "conflicting_tweet"),
        ("13", "missing_author_id"),
        ("14", "unreadable_inbound"),
    ]
    assert listed[1]["text"] == "nobody was named here"


def test_the_summary_counts_what_was_written(convert: Convert) -> None:
    converted = convert(*invented_tweets())
    summary = converted.summary

    assert summary.written == {name: len(converted.table(name)) for name in CONTRACT}
    assert summary.not_converted == {
        "conflicting_tweet": 1,
        "missing_author_id": 1,
        "repeated_tweet": 1,
        "unreadable_inbound": 1,
    }
    assert summary.conversations == len(set(converted.conversations.values()))
    assert summary.tweets_to_everyone == 1
    assert summary.answers_to_missing_tweets == 1


def test_a_tweet_id_that_is_no_number_is_listed(convert: Convert) -> None:
    converted = convert(tweet("1", "501"), tweet("1e17", "501"), tweet("", "501"))
    assert converted.summary.not_converted == {"unreadable_tweet_id": 2}


def test_an_unusable_row_does_not_push_out_the_usable_one_of_its_id(convert: Convert) -> None:
    converted = convert(tweet("1", ""), tweet("1", "501"))
    assert converted.summary.not_converted == {"missing_author_id": 1}
    assert set(converted.events) == {"1"}


def test_no_list_is_written_when_every_row_is_converted(convert: Convert) -> None:
    converted = convert(tweet("1", "501"))
    assert sorted(path.name for path in converted.folder.iterdir()) == sorted(CONTRACT)


# --- the raw contract -------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", OutputFormat)
def test_the_columns_are_the_contracts_in_order(tmp_path: Path, output_format: OutputFormat) -> None:
    source = write_csv(tmp_path / "t.csv", invented_tweets())
    convert_twitter(source, tmp_path / "raw", output_format)
    for name, columns in CONTRACT.items():
        file = tmp_path / "raw" / name / f"part-0.{output_format}"
        assert ",".join(duckdb.sql(f"from '{file}'").columns) == columns


def test_both_formats_hold_the_same_events(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", invented_tweets())
    for output_format in OutputFormat:
        convert_twitter(source, tmp_path / output_format, output_format)
    folder = tmp_path / "{0}" / "raw_conversation_events" / "part-0.{0}"
    from_csv = duckdb.sql(f"from read_csv('{str(folder).format('csv')}', all_varchar = true)")
    from_parquet = duckdb.sql(f"""
        select * replace (
            strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%gZ') as occurred_at,
            strftime(received_at, '%Y-%m-%dT%H:%M:%S.%gZ') as received_at
        ) from '{str(folder).format("parquet")}'
    """)
    assert from_csv.fetchall() == from_parquet.fetchall()
    types = duckdb.sql(f"from '{str(folder).format('parquet')}'").types
    assert [str(kind) for kind in types[2:4]] == ["TIMESTAMP", "TIMESTAMP"]


def test_an_account_is_an_agent_and_a_channel(convert: Convert) -> None:
    converted = convert(*invented_tweets())
    event = converted.events["2"]

    assert (event["actor_type"], event["actor_id"]) == ("agent", "BrightTelco")
    assert event["channel_id"] == "BrightTelco"
    assert [row["agent_id"] for row in converted.table("raw_agents")] == [
        "BrightTelco",
        "KindBakery",
    ]
    assert [
        (row["channel_id"], row["channel_type"], row["platform_type"], row["is_test"])
        for row in converted.table("raw_channels")
        if row["channel_id"] != "(no account)"
    ] == [
        ("BrightTelco", "custom", "standard", "false"),
        ("KindBakery", "custom", "standard", "false"),
    ]


def test_a_person_is_one_contact_with_a_messaging_user_per_channel(convert: Convert) -> None:
    converted = convert(*invented_tweets())
    users = {row["messaging_user_id"]: row for row in converted.table("raw_messaging_users")}

    assert (converted.events["1"]["actor_type"], converted.events["1"]["actor_id"]) == (
        "end_user",
        "",
    )
    for key in ("501@BrightTelco", "501@KindBakery"):
        assert (users[key]["contact_id"], users[key]["platform_key"]) == ("501", "501")
        assert users[key]["channel_id"] == key.split("@")[1]
    assert set(users) == {event["messaging_user_id"] for event in converted.events.values()}


def test_times_are_utc_and_delivery_is_taken_as_immediate(convert: Convert) -> None:
    eastern = {**tweet("1", "501"), "created_at": "Tue Oct 31 22:10:47 -0400 2017"}
    event = convert(eastern).events["1"]
    assert event["occurred_at"] == event["received_at"] == "2017-11-01T02:10:47.000Z"


@pytest.mark.parametrize(
    "text",
    [
        'say "hi", then\ngo',
        "first\r\rsecond",
        "first\r\nsecond",
        "héllo 🤥 \\ /",
        " padded ",
        "NULL",
    ],
)
def test_a_text_arrives_as_it_was_written(convert: Convert, text: str) -> None:
    converted = convert(tweet("1", "501", text=text), tweet("2", "501", text="after"))
    assert converted.texts == {"1": text, "2": "after"}


def test_a_carriage_return_without_quotes_does_not_break_its_row(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", [tweet("1", "501", text="one two"), tweet("2", "501")])
    source.write_bytes(source.read_bytes().replace(b"one two", b"one\r\rtwo"))
    converted = Converted(tmp_path / "raw", convert_twitter(source, tmp_path / "raw"))
    assert converted.texts == {"1": "one\r\rtwo", "2": "hello"}


def test_an_index_column_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    rows = [tweet("1", "501", text="two\nlines"), tweet("2", "BrightTelco", answers="1")]
    plain = write_csv(tmp_path / "t.csv", rows)
    windows = write_csv(tmp_path / "windows.csv", rows, line_end="\r\n")
    windows.write_bytes(b"\xef\xbb\xbf" + windows.read_bytes())
    indexed = tmp_path / "indexed.csv"
    with indexed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["", *TWEET_COLUMNS])
        writer.writerows([number, *row.values()] for number, row in enumerate(rows))

    results = []
    for source in (plain, windows, indexed):
        folder = tmp_path / source.stem
        results.append(Converted(folder, convert_twitter(source, folder)).events)
    assert results[0] == results[1] == results[2]


# --- conversations ----------------------------------------------------------------------------


def test_a_question_and_what_follows_it_are_one_conversation(convert: Convert) -> None:
    conversations = convert(*invented_tweets()).conversations
    assert {conversations[key] for key in ("1", "2", "4")} == {"1:501@BrightTelco"}


def test_each_customer_of_a_chain_has_a_conversation(convert: Convert) -> None:
    conversations = convert(*invented_tweets()).conversations
    assert conversations["3"] == "1:502@BrightTelco"


def test_a_broadcast_is_kept_apart_from_the_customers_who_answer_it(convert: Convert) -> None:
    converted = convert(*invented_tweets())
    conversations = converted.conversations

    assert conversations["6"] == "6:(everyone)@KindBakery"
    assert json.loads(converted.events["6"]["payload"])["is_proactive"] is True
    assert conversations["7"] == "6:501@KindBakery"
    assert conversations["8"] == conversations["9"] == "6:504@KindBakery"
    (everyone,) = (
        row for row in converted.table("raw_messaging_users") if row["messaging_user_id"] == "(everyone)@KindBakery"
    )
    assert everyone["contact_id"] == ""


def test_an_account_thread_stays_with_its_customer(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00"),
        tweet("2", "BrightTelco", "09:01:00", "@501 first (1/3)", answers="1"),
        tweet("3", "BrightTelco", "09:02:00", "then (2/3)", answers="2"),
        tweet("4", "BrightTelco", "09:03:00", "@BrightTelco and so on (3/3)", answers="3"),
    ).conversations
    assert set(conversations.values()) == {"1:501@BrightTelco"}


def test_an_answer_to_a_missing_tweet_belongs_to_the_customer_it_addresses(
    convert: Convert,
) -> None:
    assert convert(*invented_tweets()).conversations["5"] == "99:503@BrightTelco"


def test_an_account_that_answers_a_missing_tweet_and_names_nobody_is_not_speaking_to_everyone(
    convert: Convert,
) -> None:
    converted = convert(tweet("1", "BrightTelco", text="Thanks, call me at 5", answers="99"))
    assert converted.conversations["1"] == "99:(unnamed)@BrightTelco"
    assert "is_proactive" not in json.loads(converted.events["1"]["payload"])


def test_only_a_leading_number_is_an_address(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "BrightTelco", text=".@KindBakery, @501: hello"),
        tweet("2", "KindBakery", text="Thank you @501 for coming"),
        tweet("3", "KindBakery", text="@501st of my name"),
    ).conversations
    assert conversations == {
        "1": "1:501@BrightTelco",
        "2": "2:(everyone)@KindBakery",
        "3": "3:(everyone)@KindBakery",
    }


def test_tweets_that_answer_the_same_missing_tweet_share_a_chain(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "@BrightTelco no", answers="99"),
        tweet("2", "BrightTelco", "09:01:00", "@501 yes", answers="99"),
    ).conversations
    assert set(conversations.values()) == {"99:501@BrightTelco"}


def test_a_missing_tweet_between_two_ties_them_by_the_list_of_responses(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "@BrightTelco help", responses="98,99"),
        tweet("3", "BrightTelco", "09:10:00", "@501 done", answers="99"),
    ).conversations
    assert set(conversations.values()) == {"1:501@BrightTelco"}


def test_a_chain_of_a_thousand_tweets_is_one_conversation(convert: Convert) -> None:
    authors = ("501", "BrightTelco")
    rows = [
        tweet(
            str(number),
            authors[number % 2],
            f"{number // 60:02d}:{number % 60:02d}:00",
            answers=str(number - 1) if number else "",
        )
        for number in range(1000)
    ]
    random.Random(1).shuffle(rows)
    assert set(convert(*rows).conversations.values()) == {"0:501@BrightTelco"}


def test_links_that_run_in_a_circle_are_cut_and_counted(convert: Convert) -> None:
    converted = convert(
        tweet("1", "501", answers="2"),
        tweet("2", "BrightTelco", answers="1"),
        tweet("3", "501", answers="3"),
        tweet("4", "502", answers="soon"),
    )
    assert converted.summary.links_not_followed == 4
    assert len(converted.events) == 4


# --- which account a customer speaks with -------------------------------------------------------


def test_a_tweet_goes_to_the_account_that_answers_it_whomever_it_names(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "@KindBakery why is my line dead?"),
        tweet("2", "BrightTelco", "09:01:00", "@501 we look into it", answers="1"),
        tweet("3", "KindBakery", "09:02:00", "@501 not us", answers="1"),
    ).conversations
    assert conversations == {
        "1": "1:501@BrightTelco",
        "2": "1:501@BrightTelco",
        "3": "1:501@KindBakery",
    }


def test_of_several_answers_the_account_that_the_tweet_answers_counts(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "BrightTelco", "09:00:00", "@501 better?"),
        tweet("2", "501", "09:01:00", "@BrightTelco no", answers="1"),
        tweet("3", "KindBakery", "09:02:00", "@501 have a bun", answers="2"),
        tweet("4", "BrightTelco", "09:03:00", "@501 oh no", answers="2"),
    ).conversations
    assert conversations["2"] == conversations["4"] == "1:501@BrightTelco"
    assert conversations["3"] == "1:501@KindBakery"


def test_a_tweet_without_answer_goes_to_the_account_it_answers(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "BrightTelco", "09:00:00", "@501 better?"),
        tweet("2", "501", "09:01:00", "@KindBakery @BrightTelco no", answers="1"),
        tweet("3", "KindBakery", "09:02:00", "Bread!"),
    ).conversations
    assert conversations["2"] == "1:501@BrightTelco"


def test_a_tweet_that_nobody_answers_goes_to_the_first_account_it_names(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", text="@502 @KINDBAKERY @BrightTelco hm"),
        tweet("2", "KindBakery"),
        tweet("3", "BrightTelco"),
    ).conversations
    assert conversations["1"] == "1:501@KindBakery"


def test_a_thread_that_names_its_account_once_stays_together(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "So. (1/4)"),
        tweet("2", "501", "09:01:00", "My line is dead, @BrightTelco (2/4)", answers="1"),
        tweet("3", "501", "09:02:00", "Since Monday. (3/4)", answers="2"),
        tweet("4", "501", "09:03:00", "All of it. (4/4)", answers="3"),
        tweet("5", "BrightTelco", "09:30:00", "Hello all"),
    ).conversations
    assert {conversations[key] for key in "1234"} == {"1:501@BrightTelco"}


def test_a_tweet_that_names_no_account_goes_with_the_tweet_it_answers(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "@BrightTelco no line"),
        tweet("2", "501", "09:01:00", "@KindBakery no bread", answers="1"),
        tweet("3", "501", "09:02:00", "and I am hungry", answers="2"),
        tweet("4", "BrightTelco", text="Hello all"),
        tweet("5", "KindBakery", text="Bread!"),
    ).conversations
    assert conversations["3"] == "1:501@KindBakery"


def test_a_first_tweet_without_account_goes_with_its_authors_next_in_the_chain(
    convert: Convert,
) -> None:
    first = tweet("1", "501", "09:00:00", "nothing works")
    stranger = tweet("2", "502", "09:01:00", "ask @KindBakery", answers="1")
    author = tweet("3", "501", "09:02:00", "@BrightTelco that is you", answers="1")
    accounts = (tweet("4", "BrightTelco", text="Hi all"), tweet("5", "KindBakery", text="Bread!"))

    assert convert(first, stranger, author, *accounts).conversations["1"] == "1:501@BrightTelco"


def test_failing_that_it_goes_with_the_first_account_of_the_chain(convert: Convert) -> None:
    conversations = convert(
        tweet("1", "501", "09:00:00", "nothing works"),
        tweet("2", "502", "09:01:00", "ask @KindBakery", answers="1"),
        tweet("3", "503", "09:02:00", "or @BrightTelco", answers="1"),
        tweet("4", "BrightTelco", text="Hi all"),
        tweet("5", "KindBakery", text="Bread!"),
    ).conversations
    assert conversations["1"] == "1:501@KindBakery"


def test_a_tweet_for_no_account_known_has_a_channel_of_its_own(convert: Convert) -> None:
    converted = convert(*invented_tweets())
    assert converted.conversations["10"] == "10:505@(no account)"
    assert "(no account)" in {row["channel_id"] for row in converted.table("raw_channels")}


# --- order within a second ----------------------------------------------------------------------


def test_in_one_second_no_answer_comes_before_what_it_answers(convert: Convert) -> None:
    converted = convert(
        tweet("9", "501"),
        tweet("8", "501", answers="9"),
        tweet("7", "BrightTelco", answers="8"),
        tweet("6", "BrightTelco", answers="7"),
        tweet("5", "501", answers="6"),
        tweet("4", "501", answers="5"),
        tweet("3", "BrightTelco", answers="4"),
        tweet("2", "501", "12:00:01", answers="3"),
    )
    assert converted.tweet_ids_in_total_order == list("98765432")
    times = {key: event["occurred_at"][17:] for key, event in converted.events.items()}
    assert {times[key] for key in "9876"} == {"00.000Z"}
    assert {times[key] for key in "543"} == {"00.001Z"}
    assert times["2"] == "01.000Z"
    assert converted.summary.tweets_moved == 3


def test_a_second_shared_by_chance_moves_nothing(convert: Convert) -> None:
    converted = convert(
        tweet("1", "501", "11:00:00"),
        tweet("2", "BrightTelco", answers="1"),
        tweet("3", "501", answers="1"),
    )
    assert converted.summary.tweets_moved == 0


# --- what cannot be used ------------------------------------------------------------------------


def failure(source: Path, folder: Path) -> str:
    """Return the one sentence that the command fails with."""
    result = CliRunner().invoke(app, ["convert", "twitter", str(source), str(folder)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (sentence,) = result.stderr.splitlines()
    return sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    source = tmp_path / "nowhere.csv"
    assert f"{source} is not a file; download" in failure(source, tmp_path / "raw")


@pytest.mark.parametrize("column", TWEET_COLUMNS)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    source = tmp_path / "t.csv"
    source.write_text(",".join(name for name in TWEET_COLUMNS if name != column) + "\n")
    assert f"{source} has no column {column};" in failure(source, tmp_path / "raw")


HEADER = ",".join(TWEET_COLUMNS).encode()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no column tweet_id"),
        (b"PK\x03\x04rest", "is a compressed archive; unpack it"),
        (b"tweet_id,\xff\xfe\n", "cannot be read as CSV in UTF-8 ("),
        (HEADER + b",text\n", "has more than one column text"),
        (HEADER + b"\n", "holds no tweets"),
        (HEADER + b"\n1,2,3\n", "line 2 has 3 columns instead of 7"),
        (HEADER + b"\n1,501,True,now,caf\xe9,,\n", "cannot be read as CSV in UTF-8 ("),
        (HEADER + b'\n1,501,True,now,"cut off,,\n', "a quotation mark in it is never closed"),
        (HEADER + b"\n1,501,True,now,a\x1fb\rc,,\n", "holds the control character 0x1F"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    source = tmp_path / "t.csv"
    source.write_bytes(content)
    sentence = failure(source, tmp_path / "raw")
    assert str(source) in sentence
    assert complaint in sentence


def test_an_unreadable_time_is_shown_with_its_row(tmp_path: Path) -> None:
    rows = [tweet("1", "501"), {**tweet("2", "501"), "created_at": "2017-11-01"}]
    source = write_csv(tmp_path / "t.csv", rows)
    sentence = failure(source, tmp_path / "raw")
    assert f"{source}: the created_at of row 2, '2017-11-01', cannot be read;" in sentence


def test_a_folder_that_holds_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", invented_tweets())
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "mine.txt").touch()
    assert f"{folder} already holds files" in failure(source, folder)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", invented_tweets())
    assert f"{source} cannot be written to" in failure(source, source)


def test_a_failed_conversion_leaves_nothing_behind(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", [{**tweet("1", "501"), "created_at": "soon"}])
    with pytest.raises(TwitterConversionError):
        convert_twitter(source, tmp_path / "raw")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_the_command_prints_what_it_did(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "t.csv", invented_tweets())
    folder = tmp_path / "an empty 'folder'"
    folder.mkdir()
    result = CliRunner().invoke(app, ["convert", "twitter", str(source), str(folder), "--format", "parquet"])
    assert result.exit_code == 0
    assert f"Read 14 rows of {source}." in result.stdout
    assert "10 raw_conversation_events" in result.stdout
    assert "Not converted: 4 rows (1 conflicting_tweet, " in result.stdout


# --- following links ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_following_links_agrees_with_walking_them(seed: int) -> None:
    chance = random.Random(seed)
    size = chance.randint(0, 40)
    following = {node: chance.randint(0, 45) for node in range(size)}

    def walk(node: int) -> int | None:
        for _ in range(size + 1):
            if node not in following:
                return node
            node = following[node]
        return None

    with duckdb.connect() as connection:
        connection.execute("create table links (node bigint, next bigint)")
        for link in following.items():
            connection.execute("insert into links values (?, ?)", link)
        circling = follow_links(connection, "links", "ends")
        ends = dict(connection.execute("select node, last from ends").fetchall())
    walked = {node: walk(node) for node in following}
    assert ends == {node: last for node, last in walked.items() if last is not None}
    assert circling == len(walked) - len(ends)
