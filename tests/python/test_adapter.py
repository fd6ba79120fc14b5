"""Another platform's adapter is what the guide says: a folder of models, and a name that is written twice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT, RAW_COLUMNS

CHATS = """Id,At,Site,Customer,By,Agent,Text,SystemModstamp
C-1:1,2026-04-01T09:00:05+02:00,shop,u-17,customer,,Where is my order?,2026-04-01T07:00:06Z
C-1:2,2026-04-01T09:02:07+02:00,shop,u-17,agent,maria,It left.,2026-04-01T07:02:08Z
C-1:2,2026-04-01T09:02:07+02:00,shop,u-17,agent,maria,It left yesterday.,2026-04-01T07:05:00Z
C-1:3,2026-04-01T09:03:00+02:00,shop,u-17,customer,,Thanks,2026-04-01T07:03:01Z
"""
FIELDS = {"id": "varchar", "at": "timestamp", "site": "varchar", "customer": "varchar", "by": "varchar"}
FIELDS |= {"agent": "varchar", "text": "varchar", "is_deleted": "varchar"}
FIELDS |= {"system_modstamp": "timestamp", "last_modified_date": "timestamp"}
YAML = """version: 2
models:
  - name: base_chatterbox__chats
    description: One row per version of a line of a chat.
    config: {meta: {raw_object: Chat}}
    columns:
""" + "".join(
    f"      - {{name: {name}, data_type: {data_type}, description: A field of Chat.}}\n"
    for name, data_type in FIELDS.items()
)
EVENTS = """-- Grain: one row per line of a chat.
with

records as (
    {{ current_records('base_chatterbox__chats', 'Chat') }}
),

lines as (
    select
        *,
        site || ':' || customer as conversation_id,
        site as channel_id,
        site || ':' || customer as messaging_user_id,
        case "by" when 'customer' then 'end_user' else "by" end as actor,
        {{ platform_time('"at"', 'Chat') }} as said_at
    from records
),

final as (
    {{ event_out_of('lines', 'id', 'said', 'message_sent', 'said_at', 'actor', actor_id='agent', payload={
        'message_id': 'id', 'text': 'text'
    }) }}
)

select * from final
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with an adapter of a platform called Chatterbox."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("macros", "models", "seeds", "tests/singular", "tests/generic", "analyses"):
        shutil.copytree(PROJECT / name, project / name)
    for name in ("dbt_project.yml", "profiles.yml", "pyproject.toml"):
        shutil.copy(PROJECT / name, project)
    for file in ("docs", "src", "examples"):
        (project / file).symlink_to(PROJECT / file)
    folder = project / "models" / "staging" / "chatterbox"
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "_base.yml").write_text(YAML)
    (folder / "base" / "base_chatterbox__chats.sql").write_text(
        "-- One row as it comes in.\n{{ raw_object('Chat') }}\n"
    )
    for table, columns in RAW_COLUMNS.items():
        nothing = ", ".join(f"cast(null as varchar) as {column}" for column in columns)
        (folder / f"stg_chatterbox__{table}.sql").write_text(f"select {nothing} where false\n")
    (folder / "stg_chatterbox__raw_conversation_events.sql").write_text(EVENTS)
    for file, old, new in (
        ("macros/raw.sql", "'MessagingSession'}", "'MessagingSession', 'chatterbox': 'Chat'}"),
        (
            "dbt_project.yml", "      service_cloud:\n        +enabled",
            "      chatterbox:\n        +enabled: \"{{ env_var('MESSAGING_SOURCE', '') == 'chatterbox' }}\"\n"
            "        +materialized: view\n      service_cloud:\n        +enabled",
        ),
    ):  # fmt: skip
        text = (project / file).read_text()
        assert text.count(old) == 1, file
        (project / file).write_text(text.replace(old, new))
    return project


@pytest.mark.deep
def test_a_second_adapter_is_a_folder_of_models_and_a_name(project: Path, tmp_path: Path) -> None:
    """Fields may be called like words of SQL; of two versions of a line the later counts; a build's tests hold."""
    (tmp_path / "raw" / "Chat").mkdir(parents=True)
    (tmp_path / "raw" / "Chat" / "chats.csv").write_text(CHATS)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MESSAGING_")}
    environ |= {
        "MESSAGING_SOURCE": "chatterbox", "MESSAGING_RAW": str(tmp_path / "raw"), "MESSAGING_SERVING": "none",
        "MESSAGING_DB": str(tmp_path / "warehouse.duckdb"),
    }  # fmt: skip
    build = subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "unit_test"],
        cwd=project, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert build.returncode == 0, build.stdout
    assert "WARN=0 ERROR=0 SKIP=0" in build.stdout
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "select session_id, agent_message_count, end_user_message_count, first_response_seconds::int "
            "from fct_messaging_sessions"
        ).fetchall()
        texts = connection.execute("select message_text from fct_messages where actor_type = 'agent'").fetchall()
    assert told == [("shop:u-17/1", 1, 2, 122)]
    assert texts == [("It left yesterday.",)]
