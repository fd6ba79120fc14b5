"""The walls of the house stand, and the checks that watch over them can fail."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse import PROJECT, DbtRun

PREFIX = "model.messaging_warehouse."
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def manifest(demo: DbtRun) -> Manifest:
    """The manifest of the demo's build."""
    loaded: Manifest = json.loads((demo.target / "manifest.json").read_text())
    return loaded


def _bounce(manifest: Manifest, place: Path) -> subprocess.CompletedProcess[str]:
    """Run the project's own checks over a manifest."""
    configuration = yaml.safe_load((PROJECT / "dbt-bouncer.yml").read_text())
    configuration["dbt_artifacts_dir"] = str(place)
    (place / "dbt-bouncer.yml").write_text(yaml.safe_dump(configuration))
    (place / "manifest.json").write_text(json.dumps(manifest))
    return subprocess.run(
        [str(Path(sys.executable).parent / "dbt-bouncer"), "run", "--config-file", "dbt-bouncer.yml"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_project_passes_its_own_checks(manifest: Manifest, tmp_path: Path) -> None:
    bounced = _bounce(manifest, tmp_path)
    assert bounced.returncode == 0, bounced.stdout


def _edge(child: str, parent: str) -> Callable[[Manifest], None]:
    def add(manifest: Manifest) -> None:
        manifest["nodes"][PREFIX + child]["depends_on"]["nodes"].append(PREFIX + parent)

    return add


def _code(model: str, code: str) -> Callable[[Manifest], None]:
    def write(manifest: Manifest) -> None:
        manifest["nodes"][PREFIX + model]["raw_code"] += code

    return write


def _open_staging(manifest: Manifest) -> None:
    manifest["nodes"][PREFIX + "stg_messaging__agents"]["access"] = "public"
    manifest["nodes"][PREFIX + "stg_messaging__agents"]["config"]["access"] = "public"


def _undescribe(manifest: Manifest) -> None:
    manifest["nodes"][PREFIX + "fct_messages"]["columns"]["sent_at"]["description"] = ""


@pytest.mark.parametrize(
    "breakage",
    [
        _edge("stg_messaging__agents", "dim_agents"),
        _edge("int_build", "dim_build"),
        _edge("int_build", "base_messaging__conversation_events"),
        _edge("fct_messages", "mart_channel_traffic_by_day"),
        _edge("mart_channel_traffic_by_day", "int_sessions_concluded"),
        _code("int_build", "\nwhere event_type = 'message_sent'"),
        _code("fct_messages", "\n, current_timestamp as loaded_at"),
        _open_staging,
        _undescribe,
    ],
)
def test_a_breach_of_the_walls_is_noticed(
    manifest: Manifest, tmp_path: Path, breakage: Callable[[Manifest], None]
) -> None:
    broken = json.loads(json.dumps(manifest))
    breakage(broken)
    assert _bounce(broken, tmp_path).returncode != 0


def raw_readers(manifest: Manifest) -> Counter[str]:
    """Count the models that read each raw table of the demo."""
    return Counter(
        parent.split(".")[-1]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("seed.messaging_warehouse.raw_")
    )


def test_every_raw_table_is_read_once(manifest: Manifest) -> None:
    readers = raw_readers(manifest)
    # The logs and contacts are listed by their parts, too, before any part is read.
    assert {table: count for table, count in readers.items() if count != 1} == {
        "raw_conversation_events": 2, "raw_presence_events": 2, "raw_messaging_users": 2,
    }  # fmt: skip
    _edge_to_raw = manifest["nodes"][PREFIX + "int_build"]["depends_on"]["nodes"]
    _edge_to_raw.append("seed.messaging_warehouse.raw_agents")
    assert raw_readers(manifest)["raw_agents"] == 2
    _edge_to_raw.pop()


def ancestors(manifest: Manifest, model: str) -> set[str]:
    """Return the ids of all that comes before a model."""
    found: set[str] = set()
    waiting = [model]
    while waiting:
        parents = manifest["nodes"].get(waiting.pop(), {}).get("depends_on", {}).get("nodes", [])
        waiting += [parent for parent in parents if parent not in found]
        found.update(parents)
    return found


def undecided(manifest: Manifest) -> set[str]:
    """Name the incremental models that may be built before it is known whether the build builds on the last one."""
    return {
        node["name"]
        for model, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        if PREFIX + ("stg_messaging__definitions" if "staging" in node["fqn"] else "int_build_scope")
        not in ancestors(manifest, model)
    }


def test_whatever_builds_on_the_last_build_waits_until_that_is_decided(manifest: Manifest) -> None:
    assert undecided(manifest) == set()
    broken = json.loads(json.dumps(manifest))
    name = "int_presence_events_deduplicated"
    broken["nodes"][PREFIX + name]["depends_on"]["nodes"].remove(PREFIX + "int_build_scope")
    assert undecided(broken) == {name}


def looked_for_too_early(manifest: Manifest) -> set[str]:
    """Name the base models that may look for their raw files before these are listed: what comes in between is lost."""
    listing = PREFIX + "base_messaging__raw_parts"
    listed = re.findall(r"raw_parts\('raw_(\w+)'\)", manifest["nodes"][listing]["raw_code"])
    assert listed
    return {name for name in listed if listing not in ancestors(manifest, f"{PREFIX}base_messaging__{name}")}


def test_files_are_listed_before_they_are_looked_for(manifest: Manifest) -> None:
    assert looked_for_too_early(manifest) == set()
    broken = json.loads(json.dumps(manifest))
    broken["nodes"][PREFIX + "base_messaging__messaging_users"]["depends_on"]["nodes"].clear()
    assert looked_for_too_early(broken) == {"messaging_users"}


# What a build speaks for, and what stops it; no number is made of them.
NO_DEFINITIONS = {"as_of", "max_rejected_rate", "max_clock_gap_days"}


def forgotten_vars(manifest: Manifest, names: set[str]) -> set[str]:
    """Return the vars that carry a definition and could change without a build's noticing it."""
    fingerprinted = manifest["nodes"][PREFIX + "stg_messaging__definitions"]["compiled_code"]
    return {name for name in names - NO_DEFINITIONS if f"{name}=" not in fingerprinted}


def test_whoever_changes_a_definition_gets_a_new_fingerprint(manifest: Manifest) -> None:
    names = set(yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"])
    assert names > NO_DEFINITIONS
    assert not forgotten_vars(manifest, names)
    assert forgotten_vars(manifest, names | {"a_new_limit"}) == {"a_new_limit"}


@pytest.mark.deep
def test_a_mart_cannot_reach_behind_core(tmp_path: Path) -> None:
    """Private models are private: dbt refuses to parse a mart that reads one."""
    copy = tmp_path / "project"
    for folder in ("models", "macros", "seeds", "tests/generic", "tests/singular", "src"):
        shutil.copytree(PROJECT / folder, copy / folder)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / file, copy)
    mart = copy / "models/marts/traffic/mart_session_outcomes_by_day.sql"
    mart.write_text(mart.read_text().replace("fct_messaging_sessions", "int_sessions_concluded"))
    parsed = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "parse", "--no-partial-parse"],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert parsed.returncode != 0
    assert "private" in parsed.stdout


def test_the_dbt_build_has_no_warnings(demo: DbtRun) -> None:
    assert "WARN=0 ERROR=0 SKIP=0" in demo.output
    assert "warning" not in demo.output.lower().replace("warn=0", "")


def test_rows_lie_by_a_time_that_each_of_them_has(manifest: Manifest) -> None:
    """What is not looked through before a moment would lose a row that has none."""
    lying = {name: node for name, node in manifest["nodes"].items() if node["config"]["meta"].get("lies_by")}
    assert len(lying) > 10
    tested = {
        (node["attached_node"], node["column_name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "not_null"
    }
    for name, node in lying.items():
        column = node["columns"][node["config"]["meta"]["lies_by"]]
        is_in_contract = "not_null" in {constraint["type"] for constraint in column["constraints"]}
        assert is_in_contract or (name, column["name"]) in tested, name
        assert re.search(rf"\norder by {column['name']}\n*$", node["raw_code"]), name


def test_rows_of_days_lie_in_their_order(manifest: Manifest) -> None:
    """Or every column of a mart would be read for the few days that a build replaces."""
    ordered = {
        name: node for name, node in manifest["nodes"].items() if node["config"]["meta"].get("unit") in ("day", "month")
    }
    assert len(ordered) > 20
    for name, node in ordered.items():
        assert f"order by {node['config']['meta']['day']}" in node["compiled_code"][-60:], name


def copied_first(demo: DbtRun, models: dict[str, str]) -> set[tuple[str, str]]:
    """Name the CTEs, as (model, CTE), that copy rows of the log before they are read, though they only pick some.

    The engine writes down what a query asks for twice. That pays where it is computed, not where it lies in a table.
    """
    found = set()
    with demo.connect() as connection:
        growing = {
            table
            for (table,) in connection.execute(
                "select distinct table_name from duckdb_columns() "
                "where column_name in ('event_id', 'session_id', 'conversation_id')"
            ).fetchall()
        }
        for model, sql in models.items():
            rows = connection.execute(f"explain (format json) {sql}").fetchall()
            nodes = [json.loads(plan)[0] for _, plan in rows]
            while nodes:
                node = nodes.pop()
                nodes += node["children"]
                if node["name"].strip() == "CTE" and _picks_rows_of_one(node["children"][0], growing):
                    found.add((model, node["extra_info"]["CTE Name"]))
    return found


def _picks_rows_of_one(plan: Any, growing: set[str]) -> bool:
    """Whether a plan picks rows of one growing table, and adds no more than what small tables tell of them."""
    nodes, scanned = [plan], []
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        name = node["name"].strip()
        if "Table" in node["extra_info"]:
            scanned.append(node["extra_info"]["Table"].split(".")[-1])
        elif name not in ("PROJECTION", "FILTER") and not (name.endswith("JOIN") and len(node["children"]) == 2):
            return False
    return len([table for table in scanned if table in growing]) == 1


def test_rows_of_the_log_are_read_twice_rather_than_copied_first(demo: DbtRun, manifest: Manifest) -> None:
    models = {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "sql" and "journal" not in node["compiled_code"]
        if "raw_file_fingerprints" not in node["compiled_code"]
    }
    assert len(models) > 150
    assert copied_first(demo, models) == set()
    name = "int_messages_with_receipts"
    unsaid = models[name].replace("not materialized", "")
    assert copied_first(demo, {name: unsaid}) == {(name, "events")}


def askers(manifest: Manifest, column: str) -> set[str]:
    """The models that ask a payload for a column which is not carried along with every event."""
    payloads = PREFIX + "int_conversation_event_payloads"
    return {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and payloads in node["depends_on"]["nodes"] and column in node["raw_code"]
    }


def test_what_all_events_carry_along_is_what_several_steps_ask(manifest: Manifest) -> None:
    of_few = set(manifest["nodes"][PREFIX + "int_conversation_event_payloads"]["columns"]) - {"event_id"}
    carried = set(manifest["nodes"][PREFIX + "int_conversation_events_placed"]["columns"])
    assert {"message_text", "csat_comment"} <= of_few and not of_few & carried
    assert {column: askers(manifest, column) for column in of_few if len(askers(manifest, column)) > 1} == {}
    broken = json.loads(json.dumps(manifest))
    asking = broken["nodes"][PREFIX + "int_messages_with_receipts"]
    asking["raw_code"] += "payloads.csat_score"
    assert len(askers(broken, "csat_score")) == 2


# What only one engine has: its name asked for, its catalogue, its materializations, where a row stands.
OF_AN_ENGINE = re.compile(
    r"target\.type|adapter\.type|\bduckdb_\w+\(|\bspark_\w+\(|struct_pack|named_struct|adapter='|\browid\b"
)


def of_an_engine(files: Iterable[Path]) -> list[str]:
    """Return the words of one engine that stand in SQL, comments left out."""
    return [
        f"{file.name}: {word}"
        for file in files
        for word in OF_AN_ENGINE.findall(re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL))
    ]


def test_what_engines_say_differently_lies_in_one_folder(tmp_path: Path) -> None:
    engine = PROJECT / "macros" / "engine"
    files = [*(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "models").rglob("*.sql")]
    assert len(files) > 200 and of_an_engine(file for file in files if engine in file.parents)
    assert of_an_engine(file for file in files if engine not in file.parents) == []
    (tmp_path / "breach.sql").write_text("{# target.type #}{% if target.type == 'duckdb' %}select 1{% endif %}")
    assert of_an_engine([tmp_path / "breach.sql"]) == ["breach.sql: target.type"]


def read_before_they_are_told(manifest: Manifest) -> set[str]:
    """Stored models that read configuration, and may do so before its fingerprint is taken."""
    nodes, definitions = manifest["nodes"], PREFIX + "stg_messaging__definitions"
    told = {
        parent for parent in nodes[definitions]["depends_on"]["nodes"] if parent.startswith(PREFIX + "base_messaging__")
    }

    def behind(unique_id: str, is_read: bool) -> set[str]:
        """All that a model is made of, or only what is read while it is made: views, and what is behind them."""
        found: set[str] = set()
        for parent in nodes[unique_id]["depends_on"].get("nodes", []):
            if parent in nodes:
                found.add(parent)
                if not is_read or nodes[parent]["config"]["materialized"] == "view":
                    found |= behind(parent, is_read)
        return found

    return {
        node["name"]
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "view" and unique_id != definitions
        if behind(unique_id, is_read=True) & told and definitions not in behind(unique_id, is_read=False)
    }


def test_configuration_is_read_after_its_fingerprint_is_taken(manifest: Manifest) -> None:
    """Or what is replaced in between would be used by nobody, and missed by all builds to come."""
    assert read_before_they_are_told(manifest) == set()
    broken = json.loads(json.dumps(manifest))
    hours = broken["nodes"][PREFIX + "stg_messaging__business_hours"]
    hours["depends_on"]["nodes"].remove(PREFIX + "stg_messaging__definitions")
    assert read_before_they_are_told(broken) == {"stg_messaging__business_hours"}
