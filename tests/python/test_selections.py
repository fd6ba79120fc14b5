"""Builds of a part of the models, and builds where a table is gone: what follows equals one build of everything."""

import dataclasses
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from builders import ConversationBuilder, PresenceBuilder, conversation, membership, presence
from conftest import GUARDS_OFF
from raw_folders import BUILD, assert_same, contents, parsed_dbt, write_csv
from strategies import big_configuration, big_stream
from warehouse import CONFIGURATION_COLUMNS, RAW_COLUMNS, DbtRun

pytestmark = pytest.mark.deep


def _served(day: str, name: str, user: str, agent: str) -> ConversationBuilder:
    """A conversation with something for every fact: work, focus, answers, a resolve, a survey and a topic."""
    return (
        conversation(name, "sms", user)
        .at(f"{day} 10:00").end_user("hi").work("assigned", f"w-{name}", agent_id=agent)
        .work("accepted", f"w-{name}", by=agent).opened(agent)
        .at(f"{day} 10:05").agent(agent, "hello").resolved(agent).csat_requested(f"s-{name}")
        .at(f"{day} 10:06").csat_responded(f"s-{name}", 4, scale_max=5).topic_added("t1")
        .at(f"{day} 10:10").work("closed", f"w-{name}", by=agent).left(agent).ended(agent)
    )  # fmt: skip


def _shift(day: str, agent: str) -> PresenceBuilder:
    return presence(agent).at(f"{day} 09:00").status("available").at(f"{day} 17:00").status("offline")


@dataclasses.dataclass(frozen=True)
class Centre:
    """A raw folder and the warehouse that is built upon builds of it."""

    place: Path

    @property
    def raw(self) -> Path:
        """Where the raw files lie."""
        return self.place / "raw"

    def deliver(self, name: str, *conversations: ConversationBuilder, shifts: Iterable[PresenceBuilder] = ()) -> None:
        """Add a file to each log."""
        rows = [row for told in conversations for row in told.rows]
        write_csv(self.raw / "raw_conversation_events" / name, RAW_COLUMNS["raw_conversation_events"], rows)
        rows = [row for shift in shifts for row in shift.rows]
        write_csv(self.raw / "raw_presence_events" / name, RAW_COLUMNS["raw_presence_events"], rows)

    def put(self, table: str, *rows: dict[str, str | None]) -> None:
        """Replace a reference table."""
        write_csv(self.raw / table / "rows.csv", RAW_COLUMNS[table], rows)

    def run(self, *command: str) -> DbtRun:
        """Run dbt upon what stands."""
        return parsed_dbt().run(command or BUILD, self.place, raw=str(self.raw), variables=GUARDS_OFF)

    def assert_as_if_built_at_once(self, run: DbtRun) -> None:
        """Hold the warehouse equal to one that is built of the raw folder by a single build."""
        assert run.exit_code == 0, run.output
        anew = self.place / "anew"
        shutil.rmtree(anew, ignore_errors=True)
        anew.mkdir()
        whole = parsed_dbt().run(BUILD, anew, raw=str(self.raw), variables=GUARDS_OFF)
        assert whole.exit_code == 0, whole.output
        assert_same(contents(run), contents(whole))


@pytest.fixture(scope="module")
def twice_built(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    """A centre that was built, and built again when a day had come: only what that touched is at hand."""
    centre = Centre(tmp_path_factory.mktemp("centre"))
    centre.put("raw_team_memberships", membership("ann", "red", "2024-01-01"), membership("bob", "blue", "2024-01-01"))
    centre.put("raw_teams", {"team_id": "red", "team_name": "Red"}, {"team_id": "blue", "team_name": "Blue"})
    days = ("2024-03-04", "2024-03-05", "2024-03-06")
    centre.deliver(
        "1.csv",
        *(_served(day, f"c{number}", f"u{number}", "ann") for number, day in enumerate(days)),
        shifts=[_shift(day, "ann") for day in days],
    )
    assert centre.run().exit_code == 0
    centre.deliver("2.csv", _served("2024-03-07", "c9", "u9", "bob"), shifts=[_shift("2024-03-07", "bob")])
    run = centre.run()
    assert run.exit_code == 0
    with run.connect() as connection:
        assert connection.execute("select builds_on_the_last from intermediate.int_build_scope").fetchall() == [(True,)]
    return centre


@pytest.fixture
def centre(twice_built: Centre) -> Centre:
    """The centre, in the place where it was built: what is read from another folder would be made anew."""
    kept = twice_built.place.with_name("as built")
    if not kept.exists():
        shutil.copytree(twice_built.place, kept)
    shutil.rmtree(twice_built.place)
    shutil.copytree(kept, twice_built.place)
    return twice_built


def _is_refused(run: DbtRun, sentence: str) -> bool:
    return run.exit_code != 0 and sentence in " ".join(run.output.split())


def test_a_dimension_is_of_the_same_rows_as_who_compares_it(centre: Centre) -> None:
    """Teams renewed alone would have the next build find nobody who changed his, and leave facts with the old one."""
    centre.put("raw_team_memberships", membership("ann", "blue", "2024-01-01"), membership("bob", "blue", "2024-01-01"))
    teams = ("stg_messaging__team_memberships", "int_team_memberships_flattened", "dim_team_memberships")
    contacts = ("stg_messaging__messaging_users", "int_messaging_users_resolved", "dim_messaging_users")

    assert _is_refused(centre.run("run", "--select", *teams), "select +dim_team_memberships")
    assert _is_refused(centre.run("run", "--select", *contacts), "select +dim_messaging_users")
    assert centre.run("run", "--select", "+dim_team_memberships").exit_code == 0
    centre.assert_as_if_built_at_once(centre.run("run"))


@pytest.mark.parametrize(
    "table",
    [
        "main.fct_csat_responses", "main.fct_agent_timeline", "main.fct_messages", "main.mart_agent_by_day",
        "main.dim_team_memberships", "intermediate.int_conversation_ids_referenced",
    ],
)  # fmt: skip
def test_a_table_that_is_gone_is_not_filled_with_what_is_touched_alone(centre: Centre, table: str) -> None:
    """Not by a selection, which is refused; a build of everything makes everything anew."""
    with duckdb.connect(str(centre.place / "warehouse.duckdb")) as connection:
        connection.execute(f"drop table {table}")
    name = table.split(".")[1]

    assert _is_refused(centre.run("run", "--select", name), f"{name} is gone")
    centre.assert_as_if_built_at_once(centre.run("run"))


def test_a_table_without_its_rows_completes_nothing(centre: Centre) -> None:
    """`--empty` is for looking at columns; the next build makes everything anew."""
    run = centre.run("run", "--select", "fct_messages", "--empty")
    assert run.exit_code == 0, run.output
    with run.connect() as connection:
        assert connection.execute("select build_state from dim_build").fetchall() == [("incomplete",)]
        assert connection.execute("select * from fct_messages where conversation_id = 'c9'").fetchall() == []  # touched
    centre.assert_as_if_built_at_once(centre.run("run"))


@pytest.mark.parametrize("seed", [7, 11, 12])
def test_what_hostile_streams_come_to_passes_every_test_of_the_project(tmp_path: Path, seed: int) -> None:
    """Nothing would be published of a log whose marts are right, and a test wrong."""
    raw = big_configuration(seed).applied_to(big_stream(seed, 20))
    for table, columns in {**RAW_COLUMNS, **CONFIGURATION_COLUMNS}.items():
        write_csv(tmp_path / "raw" / table / "rows.csv", columns, getattr(raw, table.removeprefix("raw_")))
    command = ["build", "--exclude", "resource_type:unit_test"]
    run = parsed_dbt().run(command, tmp_path, raw=str(tmp_path / "raw"), variables=GUARDS_OFF)
    assert run.exit_code == 0, run.output
