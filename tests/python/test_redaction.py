"""Who asked to be forgotten is: no file holds the text or a name, and every number is what it was."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from builders import ConversationBuilder, RawRowDict, conversation, messaging_user
from messaging_warehouse.export import Options, export
from messaging_warehouse.export.reports import REPORTS
from messaging_warehouse.rewriting import Rewriting
from raw_folders import (
    ALL_THAT_IS_LEFT,
    BUILD,
    assert_same,
    contents,
    demo_rows,
    parsed_dbt,
    write_csv,
    write_csv_folder,
    write_ndjson,
    write_parquet,
)
from warehouse import RAW_COLUMNS, DbtRun

# Each test builds with dbt, several times over.
pytestmark = pytest.mark.deep

REDACTION_COLUMNS = ("messaging_user_id", "requested_at")

# What is planted in everything that the forgotten and those who answered them wrote, and in their names. Letters and
# digits that nothing else holds, so that they are found wherever they stand.
WORD = "Quokkazimtstern"
NAME = "Wombatina"

# Maya is asked about by her other address; her conversation has the conflicting redeliveries. Kofi's has the emoji,
# Owen's a delivery for each rejection, Noah's a comment. Gus has no contact, and nobody knows the kiosk.
FORGOTTEN = {
    "mu-kofi-whatsapp": "(redacted 1.1)",
    "mu-maya-web": "(redacted 2.1)",
    "mu-maya-whatsapp": "(redacted 2.2)",
    "mu-owen-web": "(redacted 3.1)",
    "mu-noah-web": "(redacted 4.1)",
    "mu-noah-whatsapp": "(redacted 4.2)",
    "mu-gus-sms": "(redacted 5.1)",
    "mu-kiosk-munich": "(redacted 6.1)",
}
CONTACTS = {
    "contact-kofi": "(redacted 1)",
    "contact-maya": "(redacted 2)",
    "contact-owen": "(redacted 3)",
    "contact-noah": "(redacted 4)",
}
REQUESTS = [
    {"messaging_user_id": "mu-gus-sms", "requested_at": "2026-03-16T10:00:00Z"},
    {"messaging_user_id": "mu-maya-web", "requested_at": "2026-03-14"},
    {"messaging_user_id": "mu-kofi-whatsapp", "requested_at": "2026-03-13"},
    {"messaging_user_id": "mu-noah-web", "requested_at": "2026-03-15T01:00:00+01:00"},
    {"messaging_user_id": "mu-owen-web", "requested_at": "2026-03-14T12:00:00Z"},
    {"messaging_user_id": "mu-kiosk-munich", "requested_at": "2026-03-16T11:00:00Z"},
    {"messaging_user_id": "mu-nobody", "requested_at": "2026-03-17"},
]
KOFIS_PHONE, KOFIS_KEY = "+447700900188", "(redacted 1.1 key)"
# An actor of an unknown type in Owen's conversation: it may be him.
UNKNOWN_ACTOR = {"robot-7": "(redacted 3.1)"}

# Columns of words, whose rows are compared by whether there is anything; what they say is gone.
WORDS = {"message_text", "csat_comment", "payload", "display_name", "platform_key"}


def _with_word(row: dict[str, Any], users: Mapping[str, str]) -> dict[str, Any]:
    """Plant the word in every text of a delivery, and the phone number in the id of a conversation."""
    if row["messaging_user_id"] not in users:
        return row
    planted = dict(row)
    try:
        payload = json.loads(row["payload"] or "null")
    except ValueError:
        return planted | {"payload": f"{row['payload']} {WORD}"}
    if isinstance(payload, dict):
        for key in ("text", "comment"):
            if payload.get(key):
                payload[key] += f" {WORD}"
        payload["note"] = WORD
        planted["payload"] = json.dumps(payload, ensure_ascii=False)
    if row["conversation_id"] == "emoji-mood":
        planted["conversation_id"] = f"whatsapp:{KOFIS_PHONE}"
    return planted


@dataclass(frozen=True)
class Forgetting:
    """A warehouse before and after the requests, both in the same file, and what was found on the way."""

    place: Path
    raw: Path
    found_before: Mapping[str, int]
    before: Mapping[str, Counter[tuple[Any, ...]]]
    columns: Mapping[str, list[str]]
    run: DbtRun


def files_with(place: Path, words: tuple[str, ...]) -> dict[str, int]:
    """Count the words in the bytes of every file below a place."""
    found = Counter[str]()
    for file in place.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for word in words:
                found[word] += content.count(word.encode())
    return dict(found)


def columns_of(run: DbtRun) -> dict[str, list[str]]:
    """Return the columns of each table, in order."""
    columns: dict[str, list[str]] = {}
    with run.connect() as connection:
        for table, column in connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and not internal order by column_index"
        ).fetchall():
            columns.setdefault(table, []).append(column)
    return columns


@pytest.fixture(scope="module")
def forgetting(demo: DbtRun, tmp_path_factory: pytest.TempPathFactory) -> Forgetting:
    """Build the demo's rows with the word in them, then ask for the people to be forgotten, and build again."""
    raw, place = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("forgetting")
    tables = demo_rows(demo)
    tables["raw_conversation_events"] = [_with_word(row, FORGOTTEN) for row in tables["raw_conversation_events"]]
    for row in tables["raw_messaging_users"]:
        if row["messaging_user_id"] in FORGOTTEN:
            row["display_name"] = f"{NAME} {row['display_name']}"
    write_csv_folder(raw, tables)
    beside = {"MESSAGING_SERVING": str(place / "warehouse_serving.duckdb")}
    first = parsed_dbt().run([*BUILD, *ALL_THAT_IS_LEFT], place, raw=str(raw), environment=beside)
    assert first.exit_code == 0, first.output
    found, before, columns = files_with(place, (WORD, NAME, KOFIS_PHONE)), contents(first, None), columns_of(first)
    write_csv(raw / "redactions" / "requests.csv", REDACTION_COLUMNS, REQUESTS)
    second = parsed_dbt().run([*BUILD, *ALL_THAT_IS_LEFT], place, raw=str(raw), environment=beside)
    assert second.exit_code == 0, second.output
    return Forgetting(place, raw, found, before, columns, second)


def test_the_text_stands_in_no_file(forgetting: Forgetting) -> None:
    """The same search finds it before, in clear bytes: in facts, working tables and rejected deliveries."""
    assert forgetting.found_before[WORD] > 20
    assert forgetting.found_before[NAME] > 3
    assert forgetting.found_before[KOFIS_PHONE] > 3
    words = (WORD, NAME, KOFIS_PHONE, *FORGOTTEN, *CONTACTS)
    assert files_with(forgetting.place, words) == dict.fromkeys(words, 0)


def test_the_text_stands_in_no_table(forgetting: Forgetting) -> None:
    """A compressed column would hide from the search through bytes: so every value is looked at, too."""

    def rows_with(tables: Mapping[str, Counter[tuple[Any, ...]]], word: str) -> dict[str, int]:
        found = {name: sum(word in str(row) for row in rows) for name, rows in tables.items()}
        return {name: count for name, count in found.items() if count}

    after = contents(forgetting.run, None)
    for word, place in [(WORD, "main.fct_messages"), (WORD, "main.fct_csat_responses"), (WORD, "main.rejected_events"),
                        (NAME, "main.dim_messaging_users")]:  # fmt: skip
        assert rows_with(forgetting.before, word)[place]
        assert rows_with(after, word) == {}
    for identifier in (KOFIS_PHONE, *FORGOTTEN, *CONTACTS):
        assert rows_with(forgetting.before, identifier)
        assert rows_with(after, identifier) == {}


def _renamed(column: str, value: Any) -> Any:
    if column in WORDS:
        return value is not None
    if isinstance(value, str):
        return {**CONTACTS, **FORGOTTEN, **UNKNOWN_ACTOR}.get(value, value.replace(KOFIS_PHONE, KOFIS_KEY))
    return value


def _told(columns: Sequence[str], rows: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    told = Counter[tuple[Any, ...]]()
    for row, count in rows.items():
        told[tuple(map(_renamed, columns, row))] += count
    return told


def test_every_number_is_what_it_was(forgetting: Forgetting) -> None:
    """Core and marts, row by row, with pseudonyms in the place of ids, and of words only whether there are any."""
    columns = {
        table: [name for name in names if name not in ("build_id", "build_state")]
        for table, names in forgetting.columns.items()
    }
    assert_same(
        {table: _told(columns[table], rows) for table, rows in contents(forgetting.run).items()},
        {table: _told(columns[table], rows) for table, rows in forgetting.before.items() if table.startswith("main.")},
    )


def test_only_known_emoji_and_a_word_for_it_are_left_of_texts(forgetting: Forgetting) -> None:
    with forgetting.run.connect() as connection:
        texts = connection.execute(
            "select distinct message_text from fct_messages where messaging_user_id like '(redacted%' and "
            "message_text is not null order by 1"
        ).fetchall()
        (comments,) = connection.execute(
            "select list(csat_comment) from fct_csat_responses where messaging_user_id like '(redacted%' and "
            "csat_comment is not null"
        ).fetchone() or ([],)
    assert ("(redacted)",) in texts
    assert not any(character.isalnum() for (text,) in texts if text != "(redacted)" for character in text)
    assert len(texts) > 2
    assert set(comments) == {"(redacted)"}


def test_the_serving_copy_was_searched_too(forgetting: Forgetting) -> None:
    with duckdb.connect(str(forgetting.place / "warehouse_serving.duckdb"), read_only=True) as copy:
        found = copy.execute("select count(*) > 0 from fct_messages where messaging_user_id like '(redacted%'")
        assert found.fetchone() == (True,)


def test_no_export_remembers(forgetting: Forgetting, tmp_path: Path) -> None:
    copy = forgetting.place / "warehouse_serving.duckdb"
    for report in REPORTS:
        export(Options(report.name, folder=tmp_path, database=copy), {})
    found = files_with(tmp_path, (WORD, NAME, KOFIS_PHONE, "(redacted 1.1)"))
    assert found.pop("(redacted 1.1)") > 0
    assert found == {WORD: 0, NAME: 0, KOFIS_PHONE: 0}


def test_whom_nothing_names_is_told_of(forgetting: Forgetting) -> None:
    """A mistyped address forgets nobody, and looks like this one."""
    told = "redactions: 1 of 7 persons to be forgotten are named by no delivery and no reference table"
    assert told in " ".join(forgetting.run.output.split())


def test_who_writes_on_is_forgotten_in_what_was_written_before(tmp_path: Path) -> None:
    """A conversation in which nobody was named turns out to be with the forgotten, when its first file is long gone."""
    raw = tmp_path / "raw"
    named = conversation("c1", messaging_user_id="kim-from-the-web").at("10:00").end_user(f"hi {WORD}")
    unnamed = conversation("c9", messaging_user_id=None).at("11:00").started().agent("a1", f"offer {WORD}")
    answer = (
        conversation("c9", messaging_user_id="kim-from-the-web")
        .at("12:00")
        .end_user(f"no {WORD}")
        .altered(event_id="c9-003")
    )
    other = conversation("c2", messaging_user_id="lee").at("11:00").end_user(f"thanks {NAME}").agent("a1", "hello")
    write_csv(
        raw / "redactions" / "1.csv",
        REDACTION_COLUMNS,
        [{"messaging_user_id": "kim-from-the-web", "requested_at": "2024-01-01"}],
    )

    def deliver(name: str, *rows: Any) -> Path:
        file = raw / "raw_conversation_events" / name
        write_csv(file, RAW_COLUMNS["raw_conversation_events"], [row for each in rows for row in each.rows])
        return file

    place = tmp_path / "built"
    place.mkdir()
    beside = {"MESSAGING_SERVING": str(place / "warehouse_serving.duckdb")}

    def build() -> DbtRun:
        run = parsed_dbt().run([*BUILD, *ALL_THAT_IS_LEFT], place, raw=str(raw), environment=beside)
        assert run.exit_code == 0, run.output
        return run

    first = deliver("1.csv", named, unnamed, other)
    build()
    assert files_with(place, (WORD,))[WORD] > 0, "nobody knows yet whom the offer was made to"
    better = conversation("c9", messaging_user_id=None).at("11:30").agent("a1", f"better {WORD}")
    deliver("2.csv", better.altered(event_id="c9-better"))
    build()  # of which is kept what it changed, and the copy before it

    first.unlink()
    deliver("3.csv", answer)
    run = build()

    words = (WORD, "kim-from-the-web")
    assert files_with(place, words) == dict.fromkeys(words, 0)
    with run.connect() as connection:
        assert connection.execute("select builds_on_the_last from intermediate.int_build_scope").fetchone() == (True,)
        texts = connection.execute(
            "select conversation_id, message_text from fct_messages order by conversation_id, sent_at, event_id"
        ).fetchall()
    forgotten = "(redacted)"
    told = [("c1", forgotten), ("c2", f"thanks {NAME}"), ("c2", "hello"), *[("c9", forgotten)] * 3]
    assert texts == told

    # Another person asks: all is built anew, and what was forgotten stays so, out of the ledger.
    asked = [("kim-from-the-web", "2024-01-01"), ("lee", "2024-01-02")]
    write_csv(
        raw / "redactions" / "1.csv",
        REDACTION_COLUMNS,
        [dict(zip(REDACTION_COLUMNS, row, strict=True)) for row in asked],
    )
    run = build()
    with run.connect() as connection:
        assert connection.execute("select builds_on_the_last from intermediate.int_build_scope").fetchone() == (False,)
        assert connection.execute("select distinct message_text from fct_messages").fetchall() == [(forgotten,)]
        assert connection.execute(
            "select messaging_user_id, count(*) from fct_messages where messaging_user_id is not null "
            "group by all order by all"
        ).fetchall() == [("(redacted 1.1)", 1), ("(redacted 2.1)", 2)]
    assert files_with(place, (WORD, "kim-from-the-web", NAME)) == dict.fromkeys((*words, NAME), 0)


def test_a_name_that_is_taken_back_is_taken_back_for_what_another_file_tells(tmp_path: Path) -> None:
    """The file that named the person is emptied: with whom the rest of the conversation was, nobody knows any more."""
    raw = tmp_path / "raw"
    offer = conversation("c1", messaging_user_id=None).at("10:00").started().agent("a1", "an offer")
    answer = conversation("c1", messaging_user_id="kim").at("11:00").end_user("no").altered(event_id="c1-003")
    other = conversation("c2", messaging_user_id="lee").at("11:00").end_user("hi")
    request = {"messaging_user_id": "kim", "requested_at": "2024-01-01"}
    write_csv(raw / "redactions" / "1.csv", REDACTION_COLUMNS, [request])

    def deliver(name: str, *rows: Any) -> None:
        told = [row for each in rows for row in each.rows]
        write_csv(raw / "raw_conversation_events" / name, RAW_COLUMNS["raw_conversation_events"], told)

    def build(place: Path) -> tuple[DbtRun, list[Any]]:
        place.mkdir(exist_ok=True)
        run = parsed_dbt().run(BUILD, place, raw=str(raw))
        assert run.exit_code == 0, run.output
        with run.connect() as connection:
            texts = "select conversation_id, message_text from fct_messages order by conversation_id, sent_at, event_id"
            return run, connection.execute(texts).fetchall()

    deliver("1.csv", offer)
    deliver("2.csv", answer, other)
    assert build(tmp_path / "built")[1] == [("c1", "(redacted)"), ("c1", "(redacted)"), ("c2", "hi")]

    deliver("2.csv", other)
    run, texts = build(tmp_path / "built")
    with run.connect() as connection:
        assert connection.execute("select builds_on_the_last from intermediate.int_build_scope").fetchone() == (True,)
    assert texts == build(tmp_path / "anew")[1] == [("c1", "an offer"), ("c2", "hi")]


def test_ndjson_that_comes_later_is_read_where_somebody_is_forgotten(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write_ndjson(raw / "redactions" / "1.ndjson", [{"messaging_user_id": "mu1", "requested_at": "2024-03-04"}])
    for day in (1, 2):
        written = conversation(f"c{day}", messaging_user_id="mu1").at(f"2024-03-0{day} 10:00").end_user(WORD)
        write_ndjson(raw / "raw_conversation_events" / f"{day}.ndjson", written.rows)
        run = parsed_dbt().run(BUILD, tmp_path, raw=str(raw))
        assert run.exit_code == 0, run.output
    with run.connect() as connection:
        texts = connection.execute("select message_text from fct_messages").fetchall()
    assert texts == [("(redacted)",), ("(redacted)",)]


def test_a_build_from_nothing_gives_the_same(forgetting: Forgetting, tmp_path: Path) -> None:
    anew = parsed_dbt().run(BUILD, tmp_path, raw=str(forgetting.raw))
    assert anew.exit_code == 0, anew.output
    ours = {name: rows for name, rows in contents(forgetting.run, None).items() if not name.startswith("journal.")}
    assert_same({name: rows for name, rows in contents(anew, None).items() if not name.startswith("journal.")}, ours)


# --- contacts whose file is as it was ------------------------------------------------------------


@dataclass(frozen=True)
class Contacts:
    """A folder of contacts and what two of them wrote, and the warehouse that is built of it time and again."""

    place: Path

    @property
    def raw(self) -> str:
        """Where the raw files lie."""
        return str(self.place / "raw")

    def told(self, name: str, *contacts: RawRowDict) -> None:
        """Write a file of contacts, anew if it is there."""
        write_csv(Path(self.raw) / "raw_messaging_users" / name, RAW_COLUMNS["raw_messaging_users"], contacts)

    def asked(self, **requests: str) -> None:
        """Put these requests, each with its time, in the place of all others."""
        rows = [{"messaging_user_id": user, "requested_at": time} for user, time in requests.items()]
        write_csv(Path(self.raw) / "redactions" / "1.csv", REDACTION_COLUMNS, rows)

    def run(self, name: str = "built", **variables: float | str) -> DbtRun:
        """Build the warehouse and its serving copy, or another warehouse of the same folder, if that can be done."""
        place = self.place / name
        place.mkdir(exist_ok=True)
        beside = {"MESSAGING_SERVING": str(place / "serving.duckdb")}
        return parsed_dbt().run([*BUILD, *ALL_THAT_IS_LEFT], place, self.raw, variables, environment=beside)

    def build(self, name: str = "built", **variables: float | str) -> DbtRun:
        """Do so."""
        run = self.run(name, **variables)
        assert run.exit_code == 0, run.output
        return run

    def is_partial(self) -> bool:
        """Whether the last build was one upon another."""
        with duckdb.connect(str(self.place / "built" / "warehouse.duckdb"), read_only=True) as connection:
            found = connection.execute("select builds_on_the_last from intermediate.int_build_scope").fetchone()
        return found == (True,)

    def known(self) -> set[tuple[Any, ...]]:
        """Return the contacts as warehouse and serving copy know them, which must be the same."""
        found = []
        for file in ("warehouse.duckdb", "serving.duckdb"):
            with duckdb.connect(str(self.place / "built" / file), read_only=True) as connection:
                rows = connection.execute(
                    "select messaging_user_id, contact_key, display_name from dim_messaging_users"
                ).fetchall()
            found.append(set(rows))
        assert found[0] == found[1]
        return found[0]

    def assert_as_if_made_anew(self) -> None:
        """Compare all that is stored with a build of everything from nothing."""
        shutil.rmtree(self.place / "anew", ignore_errors=True)
        anew, ours = (contents(self.build(name), None) for name in ("anew", "built"))
        kept = [name for name in anew if name.startswith(("main.", "staging.")) and "raw_parts" not in name]
        kept = [name for name in kept if not name.endswith(("_definitions", ".dim_build"))]
        assert {"main.dim_messaging_users", "staging.stg_messaging__messaging_users"} <= set(kept)
        assert_same({name: ours[name] for name in kept}, {name: anew[name] for name in kept})


def _contact(user: str, contact: str | None, name: str) -> RawRowDict:
    return messaging_user(user, contact) | {"display_name": name}


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    """Ann has an address that no event names, and Bo has none but his own."""
    folder = Contacts(tmp_path)
    for user in ("ann", "bo"):
        wrote = conversation(f"c-{user}", messaging_user_id=user).at("10:00").end_user("hi").rows
        file = Path(folder.raw) / "raw_conversation_events" / f"{user}.csv"
        write_csv(file, RAW_COLUMNS["raw_conversation_events"], wrote)
    folder.told(
        "1.csv",
        _contact("ann", "contact-quokka", f"{NAME} A"),
        _contact("wombat-silent", "contact-quokka", f"{NAME} B"),
    )
    folder.told("2.csv", _contact("bo", None, "Bo"))
    return folder


ANN = {("ann", "contact-quokka", f"{NAME} A"), ("wombat-silent", "contact-quokka", f"{NAME} B")}
BO = {("bo", "bo", "Bo")}


def _forgotten_ann(number: int) -> set[tuple[Any, ...]]:
    person = f"(redacted {number})"
    return {(f"(redacted {number}.{address})", person, "(redacted)") for address in (1, 2)}


def test_a_contact_is_forgotten_and_known_again_though_its_file_is_as_it_was(contacts: Contacts) -> None:
    """Nothing but the requests changes, and the next build has them all: made, made earlier, and taken back."""
    contacts.build()
    contacts.build()
    assert contacts.is_partial()
    assert contacts.known() == ANN | BO

    contacts.asked(ann="2026-01-02")
    contacts.build()
    assert contacts.known() == _forgotten_ann(1) | BO
    assert files_with(contacts.place / "built", (NAME, "contact-quokka", "wombat-silent")) == {
        NAME: 0,
        "contact-quokka": 0,
        "wombat-silent": 0,
    }
    contacts.build()
    assert contacts.is_partial()
    assert contacts.known() == _forgotten_ann(1) | BO

    # A request that comes later, but was made earlier.
    contacts.asked(ann="2026-01-02", bo="2026-01-01")
    contacts.build()
    assert contacts.known() == _forgotten_ann(2) | {("(redacted 1.1)", "(redacted 1.1)", "(redacted)")}
    contacts.assert_as_if_made_anew()

    contacts.asked(ann="2026-01-02")
    contacts.build()
    assert contacts.known() == _forgotten_ann(1) | BO
    contacts.asked()
    contacts.build()
    assert contacts.known() == ANN | BO

    # The same once more, which the file had left behind before.
    contacts.asked(ann="2026-01-02")
    contacts.build()
    assert contacts.known() == _forgotten_ann(1) | BO
    assert files_with(contacts.place / "built", (NAME, "contact-quokka")) == {NAME: 0, "contact-quokka": 0}


def test_a_contact_that_is_read_again_stays_forgotten(contacts: Contacts) -> None:
    """A build upon another reads a new name of the person, and keeps none."""
    contacts.asked(ann="2026-01-02")
    contacts.build()
    contacts.told(
        "1.csv",
        _contact("ann", "contact-quokka", f"{WORD} A"),
        _contact("wombat-silent", "contact-quokka", f"{WORD} B"),
    )
    contacts.told("2.csv", _contact("bo", None, "Bob"))
    contacts.build()
    assert contacts.is_partial()
    assert contacts.known() == _forgotten_ann(1) | {("bo", "bo", "Bob")}
    assert files_with(contacts.place / "built", (NAME, WORD)) == {NAME: 0, WORD: 0}

    # Another address of a person who has long been forgotten.
    contacts.told("3.csv", _contact("ann-new", "contact-quokka", f"{WORD} C"))
    contacts.build()
    assert contacts.known() == _forgotten_ann(1) | {
        ("(redacted 1.3)", "(redacted 1)", "(redacted)"), ("bo", "bo", "Bob")
    }  # fmt: skip
    assert files_with(contacts.place / "built", (NAME, WORD)) == {NAME: 0, WORD: 0}
    contacts.assert_as_if_made_anew()


def test_a_contact_asked_for_in_the_place_of_another_is_forgotten(contacts: Contacts) -> None:
    """Of both ids the last build remembers the same three digits."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "select other from (select 'other-' || i as other from range(100_000) as numbers (i)) "
            "where hash(other, null, null) % 1000 = hash('bo', null, null) % 1000 limit 1"
        ).fetchall()
    ((other,),) = found
    contacts.asked(**{other: "2026-01-01"})
    contacts.build()
    assert contacts.known() == ANN | BO
    contacts.asked(bo="2026-01-01")
    contacts.build()
    assert contacts.known() == ANN | {("(redacted 1.1)", "(redacted 1.1)", "(redacted)")}


# --- what comes when files are gone, or a request was ----------------------------------------------


def _texts(run: DbtRun) -> list[Any]:
    with run.connect() as connection:
        return connection.execute(
            "select conversation_id, messaging_user_id, message_text from fct_messages order by 1, event_id"
        ).fetchall()


@pytest.mark.parametrize("is_archived", [False, True])
def test_who_is_forgotten_stays_so_in_what_comes_later(contacts: Contacts, is_archived: bool) -> None:
    """The ledger has pseudonyms where the raw file had whom the later answer, which names nobody, is for."""
    contacts.told("3.csv", messaging_user("quokka-17", "numbat-9") | {"platform_key": "+4917012345"})
    events = Path(contacts.raw) / "raw_conversation_events"

    def deliver(name: str, *told: ConversationBuilder) -> Path:
        write_csv(events / name, RAW_COLUMNS["raw_conversation_events"], [row for each in told for row in each.rows])
        return events / name

    ids = {"wa:+4917012345": "wa:(redacted 1.1 key)", "c1": "c1"}
    written = [conversation(name, messaging_user_id="quokka-17").at("10:00").end_user(WORD) for name in ids]
    first = deliver("1.csv", *(wrote.altered(event_id=f"first-{number}") for number, wrote in enumerate(written)))
    contacts.asked(**{"quokka-17": "2024-01-01"})
    contacts.build()
    if is_archived:
        first.unlink()
    contacts.build()
    answers = [conversation(name, messaging_user_id=None).at("11:00").agent("a1", f"Dear {WORD}") for name in ids]
    deliver("2.csv", *(answer.altered(event_id=f"later-{number}") for number, answer in enumerate(answers)))
    run = contacts.build()
    assert contacts.is_partial()
    told = [row for row in _texts(run) if row[0] in ids.values()]
    assert told == [
        (name, "(redacted 1.1)", "(redacted)")
        for name in ("c1", "c1", "wa:(redacted 1.1 key)", "wa:(redacted 1.1 key)")
    ]
    words = (WORD, "+4917012345", "quokka-17")
    assert files_with(contacts.place / "built", words) == dict.fromkeys(words, 0)


def test_who_is_named_after_the_as_of_leaves_no_text_behind(contacts: Contacts) -> None:
    """No fact knows the delivery that names the person, but what was said before is redacted by it."""
    events = Path(contacts.raw) / "raw_conversation_events"
    offer = conversation("c9", messaging_user_id=None).at("10:00").started().agent("a1", f"offer {WORD}")
    answer = conversation("c9", messaging_user_id="quokka-17").at("2024-03-06 10:00").end_user("no")
    contacts.asked(**{"quokka-17": "2024-01-01"})
    write_csv(events / "1.csv", RAW_COLUMNS["raw_conversation_events"], offer.rows)
    contacts.build(as_of="2024-03-04T12:00:00Z")
    assert files_with(contacts.place / "built", (WORD,))[WORD] > 0, "nobody knows yet whom the offer was made to"

    later = answer.altered(event_id="answer").rows
    write_csv(events / "2.csv", RAW_COLUMNS["raw_conversation_events"], later)
    run = contacts.build(as_of="2024-03-04T12:00:00Z")

    assert contacts.is_partial()
    assert ("c9", None, "(redacted)") in _texts(run)
    assert files_with(contacts.place / "built", (WORD,)) == {WORD: 0}


def test_kept_deliveries_are_nobody_elses(contacts: Contacts) -> None:
    """Where a request is taken out, the next person would get its number, and what the ledger has under it."""
    events = Path(contacts.raw) / "raw_conversation_events"
    for user in ("numbat", "quokka"):
        wrote = conversation(f"wa:{user}", messaging_user_id=user).at("10:00").end_user(WORD).rows
        write_csv(events / f"{user}.csv", RAW_COLUMNS["raw_conversation_events"], wrote)
    contacts.asked(numbat="2024-01-01")
    contacts.build()
    (events / "numbat.csv").unlink()

    for requests in ({}, {"quokka": "2024-01-02"}, {"quokka": "2024-01-01", "numbat": "2024-01-01"}):
        contacts.asked(**requests)
        stopped = contacts.run()
        assert stopped.exit_code != 0
        sentence = "known as of (redacted 1), the person whose request was made at 2024-01-01 00:00:00, and by the"
        assert sentence in " ".join(stopped.output.split())

    contacts.asked(numbat="2024-01-01", quokka="2024-01-02")
    told = [row[:2] for row in _texts(contacts.build()) if row[0].startswith("wa:")]
    assert told == [("wa:(redacted 1.1)", "(redacted 1.1)"), ("wa:(redacted 2.1)", "(redacted 2.1)")]

    contacts.asked(numbat="2024-01-01")  # of whom nothing is kept may be known again
    told = [row[:2] for row in _texts(contacts.build()) if row[0].startswith("wa:")]
    assert told == [("wa:(redacted 1.1)", "(redacted 1.1)"), ("wa:quokka", "quokka")]


def test_a_contact_that_the_platform_has_deleted_stays_one_person(contacts: Contacts) -> None:
    """Its row is gone when the person has been forgotten there, and so is the file with what was said first."""
    events = Path(contacts.raw) / "raw_conversation_events"
    contacts.told("3.csv", messaging_user("quokka", "contact-of-quokka"))
    for number, text in enumerate(("hi", "again")):
        wrote = conversation("wa:quokka", messaging_user_id="quokka").at(f"1{number}:00").end_user(text)
        rows = wrote.altered(event_id=f"quokka-{number}").rows
        write_csv(events / f"{number}.csv", RAW_COLUMNS["raw_conversation_events"], rows)
    contacts.asked(quokka="2024-01-01")
    contacts.build()
    (events / "0.csv").unlink()
    for of_the_contact in ([], [messaging_user("quokka", "contact-of-quokka")]):
        contacts.told("3.csv", *of_the_contact)
        told = [row for row in _texts(contacts.build()) if row[0].startswith("wa:")]
        assert told == [("wa:(redacted 1.1)", "(redacted 1.1)", "(redacted)")] * 2


def test_an_id_that_the_ledger_has_redacted_is_not_told_again(contacts: Contacts) -> None:
    """What named the person is taken back, and the file with the rest of the conversation is gone."""
    contacts.told("3.csv", messaging_user("quokka-17", "numbat-9") | {"platform_key": "+4917012345"})
    events = Path(contacts.raw) / "raw_conversation_events"
    offer = conversation("offer", messaging_user_id=None).at("10:00").started().agent("a1", WORD)
    answer = conversation("answer", messaging_user_id="quokka-17").at("11:00").end_user("no")
    for name, written in {"1.csv": offer, "2.csv": answer}.items():
        rows = [row | {"conversation_id": "wa:+4917012345"} for row in written.rows]
        write_csv(events / name, RAW_COLUMNS["raw_conversation_events"], rows)
    contacts.asked(**{"quokka-17": "2024-01-01"})
    contacts.build()
    (events / "1.csv").unlink()
    write_csv(events / "2.csv", RAW_COLUMNS["raw_conversation_events"], [])
    run = contacts.build()
    assert [text for text in _texts(run) if text[0].startswith("wa:")] == [
        ("wa:(redacted 1.1 key)", None, "(redacted)")
    ]
    assert files_with(contacts.place / "built", ("+4917012345", WORD)) == {"+4917012345": 0, WORD: 0}


def test_a_later_file_that_names_the_person_by_a_number_makes_the_rest_be_read(contacts: Contacts) -> None:
    """As pandas writes ids of which one is missing: `7` is stored as 7.0."""
    events = Path(contacts.raw) / "raw_conversation_events"
    shutil.rmtree(events)
    types = dict.fromkeys(RAW_COLUMNS["raw_conversation_events"], "varchar") | {"messaging_user_id": "double"}
    offer = conversation("c9", messaging_user_id=None).at("10:00").started().agent("a1", f"offer {WORD}")
    answer = conversation("c9", messaging_user_id="7").at("12:00").end_user("no").altered(event_id="answer")
    contacts.asked(**{"7": "2024-01-01"})
    write_parquet(events / "1.parquet", types, offer.rows)
    contacts.build()
    assert files_with(contacts.place / "built", (WORD,))[WORD] > 0, "nobody knows yet whom the offer was made to"
    write_parquet(events / "2.parquet", types, answer.rows)
    run = contacts.build()
    assert contacts.is_partial()
    assert [text for _, _, text in _texts(run)] == ["(redacted)", "(redacted)"]
    assert files_with(contacts.place / "built", (WORD,)) == {WORD: 0}
    contacts.assert_as_if_made_anew()


def test_what_a_build_without_the_request_wrote_is_left_behind(contacts: Contacts) -> None:
    """It did not even end: the requests were missing, and the share of what was rejected too large."""
    events = Path(contacts.raw) / "raw_conversation_events"
    written = [conversation(f"c{n}", messaging_user_id="ann").at("10:00").end_user(f"{WORD} {n}") for n in range(9)]
    odd = conversation("odd", messaging_user_id="bo").at("10:00").end_user("hi").event("unheard_of")
    rows = [row for each in (*written, odd) for row in each.rows]
    write_csv(events / "ann.csv", RAW_COLUMNS["raw_conversation_events"], rows)
    contacts.asked(ann="2024-01-01")
    contacts.build(max_rejected_rate=1)
    words = (WORD, NAME)
    assert files_with(contacts.place / "built", words) == {WORD: 0, NAME: 0}

    requests = Path(contacts.raw) / "redactions"
    requests.rename(contacts.place / "away")
    assert contacts.run(max_rejected_rate=0).exit_code != 0
    assert files_with(contacts.place / "built", (WORD,))[WORD] > 0
    (contacts.place / "away").rename(requests)
    contacts.build(max_rejected_rate=1)
    assert files_with(contacts.place / "built", words) == {WORD: 0, NAME: 0}


# --- conversations whose ids are made of identifiers ---------------------------------------------

TOLD_AS = {
    "wa:+4917012345": "wa:(redacted 1.1 key)",
    "wa:quokka-17": "wa:(redacted 1.1)",
    "wa:numbat-9": "wa:(redacted 1)",
    "numbat-9/quokka-17": "(redacted 1)/(redacted 1.1)",
    "7": "(redacted 2.1)",
    "42": "(redacted 2)",
    "427": "(redacted 2)(redacted 2.1)",
    "wa:+4917055555": "wa:(redacted 1.2 key)",
    "7+quokka-17": "(redacted 2.1)+(redacted 1.1)",
    "sms:+4917099999": "sms:+4917099999",
    "of nobody": "of nobody",
}


def test_conversations_stay_as_many_as_they_were(tmp_path: Path) -> None:
    """Identifiers go, of all persons named by any address; ids that differ still do; a later key goes, too."""
    raw, place = tmp_path / "raw", tmp_path / "built"
    users = {
        "quokka-17": ("numbat-9", "+4917012345"), "wombat-3": ("numbat-9", "+4917055555"), "7": ("42", None),
        "bandicoot": (None, None),
    }  # fmt: skip

    def tell_contacts() -> None:
        rows = [messaging_user(user, contact) | {"platform_key": key} for user, (contact, key) in users.items()]
        write_csv(raw / "raw_messaging_users" / "1.csv", RAW_COLUMNS["raw_messaging_users"], rows)

    def build(place: Path) -> DbtRun:
        place.mkdir(exist_ok=True)
        beside = {"MESSAGING_SERVING": str(place / "warehouse_serving.duckdb")}
        run = parsed_dbt().run([*BUILD, *ALL_THAT_IS_LEFT], place, raw=str(raw), environment=beside)
        assert run.exit_code == 0, run.output
        return run

    def row_counts(run: DbtRun) -> dict[str, int]:
        return {name: rows.total() for name, rows in contents(run).items()}

    def conversations(run: DbtRun) -> list[str]:
        with run.connect() as connection:
            found = connection.execute("select distinct conversation_id from fct_messaging_sessions").fetchall()
        return sorted(conversation_id for (conversation_id,) in found)

    tell_contacts()
    writers = ["quokka-17"] * 4 + ["7"] * 3 + ["quokka-17", "7", "bandicoot", "lee"]
    written = [*zip(TOLD_AS, writers, strict=True), ("7+quokka-17", "wombat-3")]
    told = [
        row | {"conversation_id": thread}
        for number, (thread, user) in enumerate(written)
        for row in conversation(f"c{number}", messaging_user_id=user).at("10:00").end_user("hi").agent("a1", "hi").rows
    ]
    write_csv(raw / "raw_conversation_events" / "1.csv", RAW_COLUMNS["raw_conversation_events"], told)
    run = build(place)
    before = row_counts(run)
    assert conversations(run) == sorted(TOLD_AS)

    asked = [("quokka-17", "2026-01-01"), ("7", "2026-01-02"), ("bandicoot", "2026-01-03")]
    requests = [dict(zip(REDACTION_COLUMNS, row, strict=True)) for row in asked]
    write_csv(raw / "redactions" / "1.csv", REDACTION_COLUMNS, requests)
    run = build(place)
    assert conversations(run) == sorted(TOLD_AS.values())
    assert row_counts(run) == before
    words: tuple[str, ...] = ("+4917012345", "+4917055555", "quokka-17", "wombat-3", "numbat-9", "bandicoot")
    assert files_with(place, words) == dict.fromkeys(words, 0)

    # No request is new and no address, but an identifier.
    users["bandicoot"] = (None, "+4917099999")
    tell_contacts()
    run = build(place)
    assert conversations(run) == sorted({**TOLD_AS, "sms:+4917099999": "sms:(redacted 3.1 key)"}.values())
    assert row_counts(run) == before
    words = (*words, "+4917099999")
    assert files_with(place, words) == dict.fromkeys(words, 0)
    assert_same(contents(build(tmp_path / "anew")), contents(run))


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_told", "sentence"),
    [
        ({"messaging_user_id": "kim", "requested_at": "last May"},
         "redactions: requested_at 'last May' cannot be read; write it like 2026-03-15T18:00:00Z."),
        ({"messaging_user_id": "kim"}, "redactions: requested_at is missing; write it like 2026-03-15T18:00:00Z."),
        ({"requested_at": "2026-03-15"}, "redactions: messaging_user_id is missing; name one address of the person"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_read_stops_the_build(
    tmp_path: Path, request_told: dict[str, str], sentence: str
) -> None:
    stream = conversation("c1", messaging_user_id="kim").at("10:00").end_user("hi")
    raw = write_csv_folder(tmp_path / "raw", {"raw_conversation_events": stream.rows})
    write_csv(raw / "redactions" / "requests.csv", REDACTION_COLUMNS, [request_told])
    run = parsed_dbt().run(BUILD, tmp_path, raw=str(raw))
    assert run.exit_code != 0
    assert sentence in run.output
    assert not any("fct_" in table for table in contents(run))


# --- the file ------------------------------------------------------------------------------------


@pytest.fixture
def deleted(tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A file from whose tables the word has been deleted, open."""
    file = tmp_path / "warehouse.duckdb"
    connection = duckdb.connect(str(file))
    connection.execute("set force_compression = 'uncompressed'")
    connection.execute("create schema s; create table s.texts as select i, 'text ' || i as text from range(5000) r (i)")
    connection.execute(f"create table words as select '{WORD} ' || i as text from range(100) r (i)")
    connection.execute("create view s.counted as select count(*) as texts from s.texts")
    connection.execute("checkpoint; drop table words; checkpoint")
    yield connection, file
    connection.close()


def test_a_deleted_text_stays_in_the_file_until_it_is_written_anew(
    deleted: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    connection, file = deleted
    assert files_with(file.parent, (WORD,))[WORD] > 0
    rewriting = Rewriting(connection, file)
    rewriting.copy("fingerprint")
    rewriting.put_in_place()
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert files_with(file.parent, (WORD,)) == {WORD: 0}
    with duckdb.connect(str(file), read_only=True) as anew:
        assert anew.execute("select texts from s.counted").fetchone() == (5000,)
        assert anew.execute("select redactions from journal.rewritten").fetchone() == ("fingerprint",)


def test_a_file_that_was_written_to_since_is_left_alone(
    deleted: tuple[duckdb.DuckDBPyConnection, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    connection, file = deleted
    rewriting = Rewriting(connection, file)
    rewriting.copy("fingerprint")
    connection.execute("create table later as select 1 as one")
    rewriting.put_in_place()
    assert "build again" in capsys.readouterr().err
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    with duckdb.connect(str(file), read_only=True) as kept:
        assert kept.execute("select one from later").fetchone() == (1,)


def test_a_file_that_somebody_opens_meanwhile_is_left_alone(
    deleted: tuple[duckdb.DuckDBPyConnection, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Between the close and the change of names: what is written there must not be written into nothing."""
    connection, file = deleted
    opened = f"""
import duckdb
with duckdb.connect({str(file)!r}) as connection:
    print("open", flush=True)
    input()
    connection.execute("create table later as select 1 as one")
"""
    other: list[subprocess.Popen[str]] = []

    class Closed:
        """The connection, after which another program comes."""

        def cursor(self) -> duckdb.DuckDBPyConnection:
            return connection.cursor()

        def close(self) -> None:
            connection.close()
            pipe = subprocess.PIPE
            other.append(subprocess.Popen([sys.executable, "-c", opened], stdin=pipe, stdout=pipe, text=True))
            assert other[0].stdout and other[0].stdout.readline() == "open\n"

    rewriting = Rewriting(cast(duckdb.DuckDBPyConnection, Closed()), file)
    rewriting.copy("fingerprint")
    rewriting.put_in_place()
    other[0].communicate("\n")
    assert "build again" in capsys.readouterr().err
    with duckdb.connect(str(file), read_only=True) as kept:
        assert kept.execute("select one from later").fetchone() == (1,)
