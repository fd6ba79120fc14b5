"""Counts the records of Service Cloud's objects of which a build rejects something, and says why.

The objects are views of the connection, `"the <Object>"`, with the adapter's columns as texts. A record is judged as it
is now: the latest of its versions, if that was not deleted. Ids of 15 characters are those of 18.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import duckdb

from messaging_warehouse.doctor.event_log import as_time, is_not_a_number, literal
from messaging_warehouse.doctor.findings import Finding, share, warning
from messaging_warehouse.objects import field_name

MILLISECONDS = "[0-9]{12,13}"
# What the ids of voice calls begin with: their entries are no messages.
VOICE_CALL = "0LQ"
MESSAGING_SESSION = "0Mw"


@dataclass(frozen=True)
class Flaw:
    """Something for which what is made of a record is rejected.

    Attributes:
        condition: whether a record has it.
        reason: the reason that a build gives.
        said: what such records do, for a line of their own; empty where another line tells it.
        remedy: what to do about it.
        needs: fields that the export has to have: what a whole export leaves out is not told, and nothing lacks it.
    """

    condition: str
    reason: str
    said: str = ""
    remedy: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The records of an object that events are made of.

    Attributes:
        where: which they are.
        needs: fields of the export without which nothing is made of any.
        flaws: what may be wrong with one; the first counts, in the order of the contract.
    """

    where: str
    needs: tuple[str, ...]
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True)
class FlawSighting:
    """How many of an object's records events are made of, and of how many something is rejected, by flaw."""

    records: int
    counts: Mapping[Flaw, int]


def moment(column: str) -> str:
    """Return a time of an object as a build reads it; null where there is none, or where it cannot be read."""
    milliseconds = f"case when regexp_full_match({column}, {literal(MILLISECONDS)}) then {column} end"
    return f"coalesce({as_time(column)}, make_timestamp(1000 * try_cast({milliseconds} as bigint)))"


def record_id(column: str) -> str:
    """Return an id in its 18 characters, as a build reads it: the last three say which of the others are capitals."""
    places = ", ".join(
        "substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1{}, 1)".format(
            "".join(
                f" + case when substr({column}, {first + place}, 1) between 'A' and 'Z' then {2**place} else 0 end"
                for place in range(5)
            )
        )
        for first in (1, 6, 11)
    )
    return (
        f"case when length({column}) = 15 and regexp_full_match({column}, '[0-9A-Za-z]+') "
        f"then concat({column}, {places}) else {column} end"
    )


IS_ENTRY = (
    f"coalesce(not starts_with(conversation_id, {literal(VOICE_CALL)}), true) "
    "and entry_type in ('Text', 'BotEscalated')"
)
NO_ID = Flaw("id is null", "missing_event_id")
IS_UNSEEN = (
    "coalesce(message_status = 'Error' and message is null and lower(has_attachments) is distinct from 'true', false)"
)
IS_HUMAN = "coalesce(bot_id, bot_type, external_bot_id) is null"
MOMENTS_OF_WORK = (
    "request_date_time", "assigned_date_time", "accept_date_time", "decline_date_time", "push_timeout_date_time",
    "cancel_date_time", "close_date_time",
)  # fmt: skip
TIMES_OF_ENDS = ("CloseDateTime", "DeclineDateTime", "PushTimeoutDateTime", "CancelDateTime")
IS_OVER_AT_NO_TIME = " or ".join(
    f"coalesce(status = '{status}' and coalesce({times}) is null, false)"
    for status, times in (
        ("Closed", "close_date_time"), ("Transferred", "close_date_time"), ("Declined", "decline_date_time"),
        ("DeclinedOnPushTimeout", "push_timeout_date_time, decline_date_time"), ("Canceled", "cancel_date_time"),
    )
)  # fmt: skip
THE_SESSIONS = "export the sessions of the same time"

JUDGED: Mapping[str, Judged] = {
    "MessagingSession": Judged(
        where="true",
        needs=(),
        flaws=(
            NO_ID,
            Flaw(
                f"coalesce({moment('start_time')}, {moment('created_date')}) is null "
                f"and {record_id('id')} not in (select id from entered)",
                "invalid_timestamp",
                "have neither StartTime nor CreatedDate, and no entry says when they began: their start is rejected",
                "export one of the two",
            ),
            Flaw(
                f"status = 'Ended' and {moment('end_time')} is null",
                "invalid_timestamp",
                "have ended and no EndTime: their end is rejected",
                "export it",
                needs=("EndTime",),
            ),
        ),
    ),
    "MessagingSessionMetrics": Judged(
        where="messaging_session_metric_value is not null",
        needs=("MessagingSessionId",),
        flaws=(
            NO_ID,
            Flaw(
                f"coalesce({record_id('messaging_session_id')} not in (select id from sessions), true)",
                "missing_conversation_id",
                "are of no session that is there, and are rejected",
                THE_SESSIONS,
            ),
            Flaw(
                "messaging_session_metric_type is null",
                "missing_payload_key",
                "do not say which figure they are, and are rejected",
                "export MessagingSessionMetricType",
            ),
        ),
    ),
    "ConversationEntry": Judged(
        where=IS_ENTRY,
        needs=("ConversationId", "EntryType", "EntryTime", "ActorType", "ActorId"),
        flaws=(
            NO_ID,
            Flaw(
                f"coalesce({record_id('conversation_id')} not in (select id from sessions union all "
                "select conversation_id from sessions where conversation_id is not null), true)",
                "missing_conversation_id",
                "name no session and no conversation that is there, and are rejected",
                THE_SESSIONS,
            ),
            *(
                Flaw(
                    f"{moment('entry_time')} is null and {moment('server_received_timestamp')} is {received}",
                    reason,
                    "have no EntryTime, and are rejected",
                    "export it",
                )
                for received, reason in (("null", "invalid_timestamp"), ("not null", "missing_occurred_at"))
            ),
            Flaw(
                f"entry_type = 'Text' and not {IS_UNSEEN} and "
                "coalesce(actor_type not in ('EndUser', 'Agent', 'Supervisor', 'Bot', 'System'), true)",
                "missing_actor",
            ),
        ),
    ),
    "AgentWork": Judged(
        where=f"{IS_HUMAN} and coalesce({', '.join(MOMENTS_OF_WORK)}) is not null and (work_item_id is null "
        f"or starts_with(work_item_id, {literal(MESSAGING_SESSION)}) "
        f"or {record_id('work_item_id')} in (select id from sessions))",
        needs=("WorkItemId", "UserId", "AcceptDateTime", "CloseDateTime"),
        flaws=(
            NO_ID,
            Flaw(
                f"coalesce({record_id('work_item_id')} not in (select id from sessions), true)",
                "missing_conversation_id",
                "are on no session that is there, and are rejected",
                THE_SESSIONS,
            ),
            Flaw(
                IS_OVER_AT_NO_TIME,
                "invalid_timestamp",
                "are over, and do not say when: their end is rejected",
                "export it",
                needs=("Status", *TIMES_OF_ENDS),
            ),
            Flaw(
                f"{moment('assigned_date_time')} is not null and {is_not_a_number('capacity_weight')}",
                "invalid_payload",
            ),
            Flaw(
                "user_id is null and "
                "coalesce(assigned_date_time, accept_date_time, decline_date_time, close_date_time) is not null",
                "missing_actor",
                "have no UserId: whose they are nobody knows, and what needs it is rejected",
                "export it",
            ),
        ),
    ),
    "UserServicePresence": Judged(
        where="true",
        needs=("UserId", "StatusStartDate"),
        flaws=(
            NO_ID,
            Flaw("user_id is null", "missing_agent_id", "have no UserId, and are rejected", "export it"),
            Flaw(
                f"{moment('status_start_date')} is null",
                "invalid_timestamp",
                "have no StatusStartDate: their start is rejected",
                "export it",
            ),
            Flaw(is_not_a_number("configured_capacity"), "invalid_payload"),
        ),
    ),
}  # fmt: skip


def look_for_flaws(
    connection: duckdb.DuckDBPyConnection, fields: Mapping[str, Collection[str]]
) -> dict[str, FlawSighting]:
    """Count flaws in objects; `fields` are those that each object of the export has."""
    there = {name: {field_name(field) for field in of_it} for name, of_it in fields.items()}
    if "MessagingSession" not in there:
        return {}
    _make_what_is_asked_for(connection, there)
    seen = {}
    for name, judged in JUDGED.items():
        if name not in there or not _has(there[name], judged.needs):
            continue
        flaws = [flaw for flaw in judged.flaws if _has(there[name], flaw.needs)]
        if name == "MessagingSession" and there[name].isdisjoint(("starttime", "createddate")):  # an error says it
            flaws = [flaw for flaw in flaws if "start_time" not in flaw.condition]
        if name == "ConversationEntry" and not _has(there[name], ("Message", "HasAttachments")):  # none is unseen
            flaws = [replace(flaw, condition=flaw.condition.replace(IS_UNSEEN, "false")) for flaw in flaws]
        whens = " ".join(f"when {flaw.condition} then {number}" for number, flaw in enumerate(flaws))
        found = dict(
            connection.execute(
                f"select flaw, count(*) from (select case {whens} end as flaw from ({as_it_is_now(name)}) "
                f"where {judged.where}) group by 1"
            ).fetchall()
        )
        seen[name] = FlawSighting(
            sum(found.values()), {flaw: found[number] for number, flaw in enumerate(flaws) if number in found}
        )
    return seen


def as_it_is_now(name: str) -> str:
    """Return a select of an object's records: of each id the latest version, unless that was deleted."""
    latest = f"coalesce({moment('system_modstamp')}, {moment('last_modified_date')}) desc nulls last"
    return (
        f'select * from (select * from "the {name}" qualify id is null '
        f"or row_number() over (partition by {record_id('id')} order by {latest}) = 1) "
        "where not coalesce(try_cast(is_deleted as boolean), false)"
    )


def _has(there: Collection[str], needed: Collection[str]) -> bool:
    return {field_name(field) for field in needed} <= set(there)


def _make_what_is_asked_for(connection: duckdb.DuckDBPyConnection, there: Mapping[str, Collection[str]]) -> None:
    """Make tables of the sessions that are there, and of those whose entries say when they began."""
    connection.execute(
        f"create or replace temp table sessions as select {record_id('id')} as id, "
        f"{record_id('conversation_id')} as conversation_id from ({as_it_is_now('MessagingSession')}) "
        "where id is not null"
    )
    connection.execute("create or replace temp table entered (id varchar)")
    if _has(there.get("ConversationEntry", ()), JUDGED["ConversationEntry"].needs):
        connection.execute(
            f"insert into entered select distinct {record_id('conversation_id')} "
            f"from ({as_it_is_now('ConversationEntry')}) "
            f"where {IS_ENTRY} and conversation_id is not null and {moment('entry_time')} is not null"
        )


def about_flaws(seen: Mapping[str, FlawSighting], max_rejected_rate: float) -> Iterator[Finding]:
    """Say of how many records something would be rejected and why, and at the end the sum."""
    reasons: Counter[str] = Counter()
    for name, sighting in seen.items():
        for flaw, count in sighting.counts.items():
            reasons[flaw.reason] += count
            if flaw.said:
                yield warning(f"{name}: {share(count, sighting.records)} {flaw.said} ({flaw.reason}); {flaw.remedy}.")
    if reasons:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items(), key=lambda r: (-r[1], r)))
        yield warning(
            f"of {share(reasons.total(), sum(sighting.records for sighting in seen.values()))} records that events are "
            f"made of something would be rejected ({told}); of more than {max_rejected_rate:g} of the events "
            "(max_rejected_rate) a build stops."
        )
