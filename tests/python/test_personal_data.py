"""What people wrote and who they are stands where it may, wears its tag, and passes through redaction on its way."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from warehouse import DbtRun

Manifest = dict[str, Any]
Node = dict[str, Any]

# What was written, and what says by itself who somebody is. Ids are keys, which redaction replaces.
PERSONAL = {"message_text", "csat_comment", "payload", "platform_key", "display_name", "email"}

# What a model outside staging and intermediate may hold of it. Whoever adds a model here opens a door.
ALLOWED: dict[str, set[str]] = {
    "fct_messages": {"message_text"},
    "fct_csat_responses": {"csat_comment"},
    "rejected_events": {"payload"},
    "dim_messaging_users": {"platform_key", "display_name"},
    "dim_agents": {"email"},
    "exp_messages": {"message_text"},
    "exp_contacts": {"platform_key", "display_name"},
    "exp_users": {"email"},
    "rt_session_messages": {"message_text"},
    # Queries that show one conversation.
    "messages_of_a_conversation": {"message_text"},
    "trace_conversation": {"message_text"},
}

# Who reads rows of people before redaction, and from whom: all are views, so that no file keeps what they read.
BEFORE_REDACTION = {
    "base_messaging__conversation_events": {"stg_messaging__conversation_events_redacted"},
    "base_messaging__messaging_users": {"stg_messaging__messaging_users", "stg_messaging__redacted_addresses"},
    "base_messaging__redactions": {"stg_messaging__redactions"},
    "stg_messaging__redactions": {"stg_messaging__redacted_addresses"},
    "stg_messaging__redacted_addresses": {
        "stg_messaging__conversation_events_redacted", "stg_messaging__messaging_users",
        "stg_messaging__redacted_identifiers",
        # Who ask about the forgotten, and keep no more than an answer: a hash that is too short, a yes or a no, and
        # when each of them asked.
        "stg_messaging__definitions", "stg_messaging__raw_parts", "stg_messaging__conversation_event_ledger",
    },
    "stg_messaging__redacted_identifiers": {
        "stg_messaging__conversation_events_redacted", "stg_messaging__raw_parts",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(demo: DbtRun) -> Manifest:
    """The manifest of the demo's build."""
    loaded: Manifest = json.loads((demo.target / "manifest.json").read_text())
    return loaded


def _readers(manifest: Manifest) -> Iterator[Node]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "analysis"))


def _words(code: str) -> set[str]:
    """The names that a model's SQL or an analysis's speaks; a comment speaks none."""
    return set(re.findall(r"\w+", re.sub(r"--.*|\{#.*?#\}", "", code)))


def breaches(manifest: Manifest) -> list[str]:
    """Say where personal data stands without a tag, where it may not stand, and what goes past redaction."""
    said = []
    for node in _readers(manifest):
        name = node["name"]
        tagged = {column for column, told in node["columns"].items() if "personal" in told["config"].get("tags", [])}
        said += [f"{name}.{column} has no tag" for column in (PERSONAL & set(node["columns"])) - tagged]
        if node["resource_type"] == "analysis" or {"core", "marts"} & set(node["fqn"]):
            # A column by any other name is still made of one of these.
            spoken = PERSONAL & (_words(node["raw_code"]) | set(node["columns"])) | tagged
            said += [f"{name} may not hold {column}" for column in spoken - ALLOWED.get(name, set())]
            said += [f"{name} does not hold {column}" for column in ALLOWED.get(name, set()) - spoken]
        for parent in node["depends_on"]["nodes"]:
            read = parent.split(".")[-1]
            if name not in BEFORE_REDACTION.get(read, {name}):
                said.append(f"{name} reads {read} before redaction")
        if name in BEFORE_REDACTION and node["config"]["materialized"] != "view":
            said.append(f"{name} is stored")
    return sorted(said)


def test_personal_data_is_tagged_and_stands_where_it_may(manifest: Manifest) -> None:
    assert breaches(manifest) == []


def _node(manifest: Manifest, name: str) -> Node:
    (found,) = [node for node in _readers(manifest) if node["name"] == name]
    return found


def _untag(manifest: Manifest) -> None:
    _node(manifest, "int_messages_with_receipts")["columns"]["message_text"]["config"]["tags"] = []


def _publish(manifest: Manifest) -> None:
    node = _node(manifest, "mart_topic_by_day")
    node["columns"]["display_name"] = _node(manifest, "exp_contacts")["columns"]["display_name"]


def _rename(manifest: Manifest) -> None:
    _node(manifest, "exp_topics")["raw_code"] += "\n, messages.message_text as what_was_said"


def _select_everything(manifest: Manifest) -> None:
    _node(manifest, "dim_topics")["columns"]["words"] = {"config": {"tags": ["personal"]}}


def _go_past(manifest: Manifest) -> None:
    parents = _node(manifest, "stg_messaging__conversation_event_deliveries")["depends_on"]["nodes"]
    parents.append("model.messaging_warehouse.base_messaging__conversation_events")


def _tell_who(manifest: Manifest) -> None:
    parents = _node(manifest, "int_messaging_users_resolved")["depends_on"]["nodes"]
    parents.append("model.messaging_warehouse.stg_messaging__redacted_addresses")


def _store(manifest: Manifest) -> None:
    _node(manifest, "stg_messaging__redacted_addresses")["config"]["materialized"] = "table"


@pytest.mark.parametrize(
    ("breach", "sentence"),
    [
        (_untag, "int_messages_with_receipts.message_text has no tag"),
        (_publish, "mart_topic_by_day may not hold display_name"),
        (_rename, "exp_topics may not hold message_text"),
        (_select_everything, "dim_topics may not hold words"),
        (
            _go_past,
            "stg_messaging__conversation_event_deliveries reads base_messaging__conversation_events before redaction",
        ),
        (_tell_who, "int_messaging_users_resolved reads stg_messaging__redacted_addresses before redaction"),
        (_store, "stg_messaging__redacted_addresses is stored"),
    ],
)
def test_each_breach_is_told(manifest: Manifest, breach: Callable[[Manifest], None], sentence: str) -> None:
    broken = json.loads(json.dumps(manifest))
    breach(broken)
    assert breaches(broken) == [sentence]
