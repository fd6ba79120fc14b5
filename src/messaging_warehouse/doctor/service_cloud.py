"""Looks at what of Service Cloud's objects does not fit together, though each is well by itself.

The objects are views of the connection, `"the <Object>"`, with the adapter's columns as texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import duckdb

from messaging_warehouse.doctor.findings import LONGEST_LIST, Finding, counted, share, warning
from messaging_warehouse.doctor.flaws import about_flaws, look_for_flaws
from messaging_warehouse.doctor.sighting import Misfits


def look_for_misfits(
    connection: duckdb.DuckDBPyConnection,
    there: Mapping[str, Collection[str]],
    schedules: Collection[str],
    schedule_names: Mapping[str, str],
) -> Misfits:
    """Look for what does not fit.

    Args:
        connection: where the objects are views.
        there: the objects that there are, with the fields that the export has of them.
        schedules: the business hours that are configured.
        schedule_names: which of them is meant by a BusinessHoursId.
    """
    unknown: dict[str, int] = {}
    told: dict[str, tuple[int, int]] = {}
    if "MessagingChannel" in there:
        unknown = _unknown_schedules(connection, schedules, schedule_names)
    if {"MessagingSession", "ConversationEntry"} <= set(there):
        told = _silent_sessions(connection, "MessagingChannel" in there)
    return Misfits(unknown, told, look_for_flaws(connection, there))


def _unknown_schedules(
    connection: duckdb.DuckDBPyConnection, schedules: Collection[str], names: Mapping[str, str]
) -> dict[str, int]:
    named = connection.execute(
        "select left(business_hours_id, 15), any_value(business_hours_id), count(distinct left(id, 15)) "
        'from "the MessagingChannel" where business_hours_id is not null group by 1 order by 3 desc, 1'
    ).fetchall()
    known = {name[:15] for name, schedule in names.items() if schedule in schedules}
    return {full: count for short, full, count in named if short not in known and full not in schedules}


def _silent_sessions(connection: duckdb.DuckDBPyConnection, has_channels: bool) -> dict[str, tuple[int, int]]:
    """Return by platform type how many ended sessions there are, and how many of them without any entry."""
    channels = (
        'select left(id, 15) as id, lower(max(platform_type)) as platform_type from "the MessagingChannel" group by 1'
        if has_channels
        else "select null::varchar as id, null::varchar as platform_type where false"
    )
    return {
        platform: (count, silent)
        for platform, count, silent in connection.execute(
            f"""
            with sessions as (
                select left(id, 15) as id, max(left(conversation_id, 15)) as conversation_id,
                    max(left(messaging_channel_id, 15)) as channel_id
                from "the MessagingSession" where status = 'Ended' and id is not null group by 1
            ),
            named as (select distinct left(conversation_id, 15) as id from "the ConversationEntry"),
            channels as ({channels})
            select coalesce(channels.platform_type, ''), count(*),
                count(*) filter (where entries.id is null and of_conversations.id is null)
            from sessions
            left join channels on sessions.channel_id = channels.id
            left join named as entries on sessions.id = entries.id
            left join named as of_conversations on sessions.conversation_id = of_conversations.id
            group by 1 order by 1
            """
        ).fetchall()
    }


def about_misfits(seen: Misfits, max_rejected_rate: float) -> Iterator[Finding]:
    """Say what does not fit, and what becomes of it."""
    for schedule, count in list(seen.unknown_schedules.items())[:LONGEST_LIST]:
        yield warning(
            f"MessagingChannel.BusinessHoursId: {schedule} of {counted(count, 'channel')} stands in no "
            "business_hours, so that they count as open around the clock; add the schedule, or name the one that is "
            "meant in the var service_cloud_business_hours."
        )
    for platform, (sessions, silent) in seen.sessions_by_platform.items():
        if silent:
            of_them = f"ended sessions of {platform} channels" if platform else "ended sessions"
            why = "; the platform keeps their entries elsewhere" if platform == "enhanced" else ""
            yield warning(
                f"ConversationEntry: {share(silent, sessions)} {of_them} have none{why}. Nothing is known of their "
                "messages, first responses and response times; the platform's own figures stand in mart_reconciliation."
            )
    yield from about_flaws(seen.flaws, max_rejected_rate)
