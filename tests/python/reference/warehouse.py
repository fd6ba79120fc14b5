"""The whole way from raw rows to the tables: validate, settle, deal out, tell, publish."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from reference.agent_history import AgentsTold, tell_agents
from reference.agent_rows import day_row, interval_row, segment_row, visit_row, work_row
from reference.business_time import ChannelClocks
from reference.contacts import MessagingUsers, RecentClosings
from reference.history import SessionHistory, tell_histories
from reference.inputs import ConfiguredInput, RawInput, Row, Settings, with_configuration
from reference.resolutions import TeamMemberships
from reference.rows import (
    event_row,
    message_row,
    metric_rows,
    presence_row,
    rejected_row,
    resolution_row,
    response_row,
    session_row,
)
from reference.satisfaction import collect_surveys
from reference.sentiment import Lexicon
from reference.service_levels import read_policies, tell_outcomes
from reference.service_rows import (
    SERVICE_TABLES,
    ServiceColumns,
    outcome_row,
    survey_row,
)
from reference.sessions import Session, split_into_sessions
from reference.validation import (
    CONVERSATION_EVENT_COLUMNS,
    PRESENCE_EVENT_COLUMNS,
    ConversationEvent,
    Log,
    PresenceEvent,
    read_log,
    validate_conversation_delivery,
    validate_presence_delivery,
)
from reference.visits import FocusTime, sum_focus_by_session

TABLE_NAMES = (
    "fct_conversation_events",
    "rejected_events",
    "rejected_presence_events",
    "presence_events",
    "fct_messaging_sessions",
    "fct_messages",
    "fct_responses",
    "fct_messaging_session_metrics",
    "fct_resolutions",
    "fct_visits",
    "fct_agent_presence",
    "fct_agent_work",
    "fct_agent_timeline",
    "fct_agent_days",
)


@dataclass
class Warehouse:
    """The built tables, rows as dicts; times are naive UTC at the millisecond, seconds decimal.

    `as_of` is the moment they speak for: None when none was given and nothing usable was received.
    The counts of exact redeliveries are of a whole log, rejected events' included, so that
    deliveries = accepted events + exact redeliveries + rejected deliveries.
    """

    as_of: datetime | None
    exact_redelivery_count: int
    exact_presence_redelivery_count: int
    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TABLE_NAMES})


def build(raw: RawInput, settings: Settings | None = None) -> Warehouse:
    """Build the tables of the reference from raw rows; settings left out are the defaults."""
    settings = settings or Settings()
    conversation_log = read_log(raw.conversation_events, validate_conversation_delivery, settings)
    presence_log = read_log(raw.presence_events, validate_presence_delivery, settings)
    warehouse = Warehouse(
        as_of=_find_as_of(settings, conversation_log, presence_log),
        exact_redelivery_count=conversation_log.exact_redelivery_count,
        exact_presence_redelivery_count=presence_log.exact_redelivery_count,
    )

    if settings.with_service_levels:
        warehouse.tables |= {name: [] for name in SERVICE_TABLES}

    sessions_by_conversation = _split_conversations(conversation_log, settings)
    _publish_conversation_log(warehouse, conversation_log, sessions_by_conversation)
    _publish_presence_log(warehouse, presence_log)
    if warehouse.as_of is not None:
        histories: list[SessionHistory] = []
        for sessions in sessions_by_conversation.values():
            histories.extend(tell_histories(sessions, warehouse.as_of, settings))
        presence_events = [accepted.winner for accepted in presence_log.accepted]
        agents = tell_agents(histories, presence_events, raw, warehouse.as_of, settings)
        configured = with_configuration(raw)
        clocks = None
        if settings.with_service_levels:
            clocks = ChannelClocks(configured, _first_moment(histories, warehouse.as_of), warehouse.as_of)
            _publish_service_levels(warehouse, warehouse.as_of, histories, clocks, configured)
            _publish_surveys(warehouse, sessions_by_conversation, raw)
        _publish_histories(
            warehouse, histories, agents, raw, ServiceColumns(clocks, Lexicon(configured.emoji_sentiment))
        )
        _publish_agents(warehouse, warehouse.as_of, agents, raw)
    return warehouse


def _find_as_of(
    settings: Settings, conversation_log: Log[ConversationEvent], presence_log: Log[PresenceEvent]
) -> datetime | None:
    """The given `as_of`, else the latest `received_at` of a usable delivery of either log."""
    if settings.given_as_of is not None:
        return settings.given_as_of
    latest = (conversation_log.latest_received_at, presence_log.latest_received_at)
    return max((moment for moment in latest if moment is not None), default=None)


def _split_conversations(log: Log[ConversationEvent], settings: Settings) -> dict[str, list[Session]]:
    """The sessions of every conversation that has a starter, by conversation id."""
    events_by_conversation: dict[str, list[ConversationEvent]] = {}
    for accepted in log.accepted:
        event = accepted.winner
        events_by_conversation.setdefault(event.conversation_id, []).append(event)
    sessions_by_conversation = {}
    for conversation_id, events in events_by_conversation.items():
        in_total_order = sorted(events, key=lambda event: event.total_order)
        sessions = split_into_sessions(conversation_id, in_total_order, settings.session_inactivity)
        if sessions:
            sessions_by_conversation[conversation_id] = sessions
    return sessions_by_conversation


def _publish_conversation_log(
    warehouse: Warehouse,
    log: Log[ConversationEvent],
    sessions_by_conversation: dict[str, list[Session]],
) -> None:
    """Every delivery lands in one place: an event, its count of exact redeliveries, or a rejection.

    `no_session` tells of the delivery's own conversation and comes before `conflicting_redelivery`.
    """
    rejections = list(log.rejected)
    redelivery_counts = {}
    for accepted in log.accepted:
        winner = accepted.winner
        redelivery_counts[winner.event_id] = accepted.exact_redelivery_count
        if winner.conversation_id not in sessions_by_conversation:
            rejections.append((winner.raw, "no_session"))
        for loser in accepted.conflicting:
            if loser.conversation_id not in sessions_by_conversation:
                rejections.append((loser.raw, "no_session"))
            else:
                rejections.append((loser.raw, "conflicting_redelivery"))

    for raw, reason in rejections:
        row = rejected_row(raw, CONVERSATION_EVENT_COLUMNS, reason)
        warehouse.tables["rejected_events"].append(row)
    for session in _all_sessions(sessions_by_conversation):
        for position, event in enumerate(session.members, start=1):
            row = event_row(event, session, position, redelivery_counts[event.event_id])
            warehouse.tables["fct_conversation_events"].append(row)


def _all_sessions(sessions_by_conversation: dict[str, list[Session]]) -> Iterable[Session]:
    for sessions in sessions_by_conversation.values():
        yield from sessions


def _publish_presence_log(warehouse: Warehouse, log: Log[PresenceEvent]) -> None:
    """Accepted presence events, and every delivery that is none and no exact redelivery."""
    rejections = list(log.rejected)
    for accepted in log.accepted:
        warehouse.tables["presence_events"].append(presence_row(accepted.winner))
        for loser in accepted.conflicting:
            rejections.append((loser.raw, "conflicting_redelivery"))
    for raw, reason in rejections:
        row = rejected_row(raw, PRESENCE_EVENT_COLUMNS, reason)
        warehouse.tables["rejected_presence_events"].append(row)


def _first_moment(histories: list[SessionHistory], as_of: datetime) -> datetime:
    """When the first event of any session occurred; `as_of` where there is none."""
    return min((history.session.members[0].occurred_at for history in histories), default=as_of)


def _publish_service_levels(
    warehouse: Warehouse, as_of: datetime, histories: list[SessionHistory], clocks: ChannelClocks, raw: ConfiguredInput
) -> None:
    """What became of everything that a policy holds for."""
    policies = read_policies(raw.sla_policies)
    users = MessagingUsers(raw.messaging_users)
    for history in histories:
        clock = clocks.of(history.session.opening.channel_id)
        for outcome in tell_outcomes(history, policies, clock, as_of):
            warehouse.tables["fct_sla_outcomes"].append(outcome_row(outcome, users))


def _publish_surveys(warehouse: Warehouse, sessions_by_conversation: dict[str, list[Session]], raw: RawInput) -> None:
    """The surveys of all conversations."""
    memberships = TeamMemberships(raw.team_memberships)
    users = MessagingUsers(raw.messaging_users)
    for sessions in sessions_by_conversation.values():
        for survey in collect_surveys(sessions):
            warehouse.tables["fct_csat_responses"].append(survey_row(survey, memberships, users))


def _publish_histories(
    warehouse: Warehouse,
    histories: list[SessionHistory],
    agents: AgentsTold,
    raw: RawInput,
    service: ServiceColumns,
) -> None:
    """The facts at session grain and below."""
    focus_times = sum_focus_by_session(agents.visits)
    users = MessagingUsers(raw.messaging_users)
    memberships = TeamMemberships(raw.team_memberships)
    closings = RecentClosings(histories, users)
    tables = warehouse.tables
    for history in histories:
        session = history.session
        focus_time = focus_times.get(session.session_id, FocusTime())
        tables["fct_messaging_sessions"].append(
            session_row(history, users, closings, focus_time) | service.of_session(history)
        )
        for message in history.messages:
            tables["fct_messages"].append(message_row(message) | service.of_message(message))
        for response in history.responses:
            tables["fct_responses"].append(response_row(session, response) | service.of_response(session, response))
        tables["fct_messaging_session_metrics"].extend(metric_rows(history))
        for cycle in history.resolutions.cycles:
            row = resolution_row(session, cycle, memberships) | service.of_cycle(session, cycle)
            tables["fct_resolutions"].append(row)


def _publish_agents(warehouse: Warehouse, as_of: datetime, agents: AgentsTold, raw: RawInput) -> None:
    """The facts about agents' focus, presence, work and time."""
    memberships = TeamMemberships(raw.team_memberships)
    tables = warehouse.tables
    for visit in agents.visits:
        tables["fct_visits"].append(visit_row(visit, memberships))
    for interval in agents.intervals:
        tables["fct_agent_presence"].append(interval_row(interval))
    for work in agents.works:
        visits = [visit for visit in agents.visits if visit.agent_id == work.agent_id]
        tables["fct_agent_work"].append(work_row(work, memberships, visits, as_of))
    for segment in agents.segments:
        tables["fct_agent_timeline"].append(segment_row(segment))
    for day in agents.days:
        tables["fct_agent_days"].append(day_row(day))
