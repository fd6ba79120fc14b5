"""The truth tables: what agents and customers remember, put into rows.

Everything comes from `memory`; no event is read. `as_of` (milliseconds) is the moment the truth speaks for: sessions
that nobody ended are over by it or not, and what is still going on has no end. Days are told up to `days_until`, which
is the same moment, or the end of a tile that another follows. Durations are whole milliseconds here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from messaging_warehouse.simulator.agents import AgentAtWork
from messaging_warehouse.simulator.clock import DAY, to_datetime
from messaging_warehouse.simulator.distributions import FOCUS_IDLE_LIMIT
from messaging_warehouse.simulator.memory import PresenceStretch, Session, Visit, Work
from messaging_warehouse.simulator.vocabulary import AGENT, INBOUND
from messaging_warehouse.simulator.world import World

Value = str | int | bool | None
Row = tuple[Value, ...]
T = TypeVar("T")

_ONLINE = frozenset({"available", "busy", "away"})
_WORKING = frozenset({"available", "busy"})


class Truth:
    """The rows of every truth table but that of hostility, by table name, as known at `as_of`."""

    def __init__(self, world: World, as_of: int, days_until: int) -> None:
        self._as_of = as_of
        self._days_until = days_until
        self._agents = world.agents
        self._test_channels = frozenset(channel.channel_id for channel in world.centre.channels if channel.is_test)
        self._sessions = [session for conversation in world.conversations for session in conversation.sessions]
        self._visits = [(agent, visit) for agent in world.agents for visit in agent.attention.visits]
        for agent in world.agents:
            _conclude(agent.attention.current, as_of)
        self._attention_to: dict[str, list[Visit]] = {}
        for _, visit in self._visits:
            self._attention_to.setdefault(visit.session.session_id, []).append(visit)
        self._works_by_agent = _grouped(
            (work.agent_id, work) for session in self._sessions for work in session.works if work.agent_id is not None
        )

    def tables(self) -> dict[str, list[Row]]:
        """Return all rows, in a fixed order, their values in the order of the table's columns."""
        return {
            "truth_sessions": [self._session_row(session) for session in self._sessions],
            "truth_responses": [row for session in self._sessions for row in _response_rows(session)],
            "truth_resolutions": [row for session in self._sessions for row in _resolution_rows(session)],
            "truth_visits": [self._visit_row(agent, visit) for agent, visit in self._visits],
            "truth_handling": [row for session in self._sessions for row in self._handling_rows(session)],
            "truth_work": [self._work_row(work) for session in self._sessions for work in session.works],
            "truth_presence": [_presence_row(agent, stretch) for agent in self._agents for stretch in agent.presence],
            "truth_agent_days": [row for agent in self._agents for row in self._day_rows(agent)],
            "truth_csat": [row for session in self._sessions for row in self._survey_rows(session)],
            "truth_promises": [row for session in self._sessions for row in self._promise_rows(session)],
        }

    # --- sessions -----------------------------------------------------------------------------

    def _session_row(self, session: Session) -> Row:
        ending = session.ending_at(self._as_of)
        ended_at, ended_by_type = ending or (None, None)
        resolved = [cycle for cycle in session.cycles if cycle.resolved_at is not None]
        first_resolved_at = resolved[0].resolved_at if resolved else None
        closed_at = min((at for at in (first_resolved_at, ended_at) if at is not None), default=None)
        is_inbound = session.origin == INBOUND
        first_response_started_at = session.first_response_started_at if is_inbound else None
        first_responded_at = session.first_responded_at if is_inbound else None
        handle, viewing = self._attention_time(session)
        return (
            session.session_id,
            session.conversation_id,
            session.number,
            session.channel_id,
            session.messaging_user_id,
            session.account_id,
            session.started_at,
            ended_at,
            ended_by_type,
            first_resolved_at,
            session.last_resolved_at,
            closed_at,
            session.origin,
            session.agent_type,
            session.agent_message_count,
            session.bot_message_count,
            session.end_user_message_count,
            first_response_started_at,
            first_responded_at,
            _between(first_response_started_at, first_responded_at),
            session.first_response_agent_id if is_inbound else None,
            _between(session.started_at, first_resolved_at),
            _between(session.started_at, session.last_resolved_at),
            resolved[-1].resolved_by_agent_id if resolved else None,
            session.topic_id,
            closed_at is not None and session.bot_message_count > 0 and session.agent_message_count == 0,
            handle,
            viewing,
            _between(session.started_at, ended_at),
            len(session.cycles) > 1,
            session.is_transferred,
            session.is_handed_off,
            is_inbound and ending is not None and session.customer_waits is not None,
            " ".join(session.customer_emoji) or None,
            session.channel_id in self._test_channels,
        )

    def _attention_time(self, session: Session) -> tuple[int, int]:
        """Return the handle and the viewing time of the visits that are over."""
        handle = viewing = 0
        for visit in self._attention_to.get(session.session_id, ()):
            duration = _between(visit.started_at, visit.ended_at) or 0
            if visit.message_count:
                handle += duration
            else:
                viewing += duration
        return handle, viewing

    def _handling_rows(self, session: Session) -> Iterator[Row]:
        by_agent = _grouped((visit.agent_id, visit) for visit in self._attention_to.get(session.session_id, ()))
        for agent_id, visits in by_agent.items():
            over = [visit for visit in visits if visit.ended_at is not None]
            yield (
                session.session_id,
                agent_id,
                sum(_between(visit.started_at, visit.ended_at) or 0 for visit in over if visit.message_count),
                sum(_between(visit.started_at, visit.ended_at) or 0 for visit in over if not visit.message_count),
                sum(visit.message_count for visit in visits),
                session.channel_id in self._test_channels,
            )

    def _survey_rows(self, session: Session) -> Iterator[Row]:
        for survey in session.surveys:
            yield (
                session.conversation_id,
                survey.survey_id,
                session.session_id,
                session.channel_id,
                session.messaging_user_id,
                session.topic_id,
                survey.requested_at,
                survey.responded_at,
                survey.score,
                survey.scale_max,
                survey.comment,
                True,
                survey.score is not None,
                None if survey.score is None else 0 <= survey.score <= survey.scale_max,
                None if survey.score is None else survey.score * 5 >= survey.scale_max * 4,
                survey.agent_id,
                survey.team_id,
                session.channel_id in self._test_channels,
            )

    def _promise_rows(self, session: Session) -> Iterator[Row]:
        """Yield what a service level could be promised for, without asking whether one is."""
        ending = session.ending_at(self._as_of)
        for metric, number, started_at, stopped_at, agent_id in _promises(session):
            yield (
                metric,
                session.session_id,
                number,
                session.conversation_id,
                session.channel_id,
                session.messaging_user_id,
                session.team_for(started_at),
                session.topic_for(started_at),
                agent_id,
                started_at,
                stopped_at,
                None if ending is None else ending[0],
                session.channel_id in self._test_channels,
            )

    # --- attention and work -------------------------------------------------------------------

    def _visit_row(self, agent: AgentAtWork, visit: Visit) -> Row:
        return (
            visit.visit_id,
            visit.agent_id,
            agent.team_at(visit.started_at),
            visit.conversation_id,
            visit.session.session_id,
            visit.started_at,
            visit.ended_at,
            visit.event_count,
            visit.message_count,
            visit.message_count > 0,
            visit.is_idle_capped,
            FOCUS_IDLE_LIMIT if visit.is_idle_capped else 0,
            _between(visit.started_at, visit.ended_at),
            _between(visit.started_at, visit.looked_until),
            visit.is_test,
        )

    def _work_row(self, work: Work) -> Row:
        session = work.session
        status, closed_at = work.status, None
        is_closed_by_session_end = False
        if work.terminal_at is not None:
            closed_at = work.terminal_at if status in ("closed", "transferred") else None
        elif work.accepted_at is not None:
            ending = session.ending_at(self._as_of)
            if ending is not None:
                status, closed_at, is_closed_by_session_end = "closed", ending[0], True
        return (
            session.conversation_id,
            work.work_id,
            session.session_id,
            work.agent_id,
            work.team_id,
            work.requested_at,
            work.assigned_at,
            work.accepted_at,
            work.after_work_at,
            closed_at,
            status,
            # How much an offer weighs is said when it is made; what was never offered weighs 1.
            1 if work.assigned_at is None else work.capacity_weight,
            work is session.works[0],
            is_closed_by_session_end,
            _between(work.requested_at, work.accepted_at),
            _between(work.accepted_at, closed_at),
            _between(work.after_work_at, closed_at),
            self._active_time(work, closed_at),
            session.channel_id in self._test_channels,
        )

    def _active_time(self, work: Work, closed_at: int | None) -> int | None:
        """Return how long the agent looked at the session while having the work."""
        if work.accepted_at is None or closed_at is None or closed_at < work.accepted_at:
            return None
        active = 0
        for visit in self._attention_to.get(work.session.session_id, ()):
            if visit.agent_id == work.agent_id:
                ended_at = self._as_of if visit.ended_at is None else visit.ended_at
                active += max(0, min(ended_at, closed_at) - max(visit.started_at, work.accepted_at))
        return active

    # --- days ---------------------------------------------------------------------------------

    def _day_rows(self, agent: AgentAtWork) -> Iterator[Row]:
        """Yield the UTC days from the agent's first doing to the last, cut from one sweep over the agent's time.

        Test channels are left out of attention and work, as in the warehouse's marts; presence is whole.
        """
        changes = [*self._presence_changes(agent), *self._attention_changes(agent), *self._work_changes(agent)]
        if not changes:
            return
        changes = [(min(at, self._days_until), what, change) for at, what, change in changes]
        first, last = min(at for at, _, _ in changes), max(at for at, _, _ in changes)
        first_midnight = first - first % DAY
        changes += [(midnight, "midnight", 0) for midnight in range(first_midnight + DAY, last + 1, DAY)]
        now: dict[str, int] = dict.fromkeys(("available", "busy", "away", "offline", "handle", "viewing", "work"), 0)
        days: dict[int, dict[str, int]] = {}
        previous = first
        for at, what, change in sorted(changes):
            if at > previous:
                _add_up(days.setdefault(previous - previous % DAY, {}), now, at - previous)
                previous = at
            if what != "midnight":
                now[what] += change
        for midnight, sums in sorted(days.items()):
            yield (agent.agent_id, to_datetime(midnight).date().isoformat(), *(sums.get(name, 0) for name in _DAY_SUMS))

    def _presence_changes(self, agent: AgentAtWork) -> Iterator[tuple[int, str, int]]:
        for stretch in agent.presence:
            yield stretch.started_at, stretch.status, 1
            yield (
                max(self._as_of, stretch.started_at) if stretch.ended_at is None else stretch.ended_at,
                stretch.status,
                -1,
            )

    def _attention_changes(self, agent: AgentAtWork) -> Iterator[tuple[int, str, int]]:
        for visit in agent.attention.visits:
            if not visit.is_test:
                kind = "handle" if visit.message_count else "viewing"
                yield visit.started_at, kind, 1
                yield max(self._as_of, visit.started_at) if visit.ended_at is None else visit.ended_at, kind, -1

    def _work_changes(self, agent: AgentAtWork) -> Iterator[tuple[int, str, int]]:
        for work in self._works_by_agent.get(agent.agent_id, ()):
            if work.accepted_at is not None and work.session.channel_id not in self._test_channels:
                ended_at = work.terminal_at
                if ended_at is None:
                    ending = work.session.ending_at(self._as_of)
                    ended_at = self._as_of if ending is None else ending[0]
                if ended_at > work.accepted_at:
                    yield work.accepted_at, "work", 1
                    yield ended_at, "work", -1


_DAY_SUMS = (
    "online",
    "available",
    "away",
    "offline",
    "handle",
    "viewing",
    "working",
    "handle_working",
    "occupied",
    "open_work",
)


def _add_up(sums: dict[str, int], now: Mapping[str, int], duration: int) -> None:
    """Add a stretch of time, in which nothing changed, to the sums of its day."""
    is_online = any(now[status] for status in _ONLINE)
    is_working = any(now[status] for status in _WORKING)
    parts = {
        "online": is_online,
        "available": now["available"],
        "away": now["away"],
        "offline": now["offline"],
        "handle": now["handle"],
        "viewing": now["viewing"],
        "working": is_working,
        "handle_working": now["handle"] if is_working else 0,
        "occupied": is_online and now["work"] > 0,
        "open_work": now["work"] if is_online else 0,
    }
    for name, factor in parts.items():
        sums[name] = sums.get(name, 0) + int(factor) * duration


def _response_rows(session: Session) -> Iterator[Row]:
    for number, answer in enumerate(session.answers, start=1):
        run = answer.run
        yield (
            session.session_id,
            number,
            answer.responder_type,
            answer.responder_id,
            run.first_at,
            run.last_at,
            run.prompt_count,
            answer.responded_at,
            _between(run.first_at, answer.responded_at),
            _between(run.last_at, answer.responded_at),
        )
    run_left = session.customer_waits
    if run_left is not None:
        unanswered = (run_left.first_at, run_left.last_at, run_left.prompt_count, None, None, None)
        yield (session.session_id, len(session.answers) + 1, None, None, *unanswered)


def _promises(session: Session) -> Iterator[tuple[str, int | None, int, int | None, str | None]]:
    """Yield what is promised, the number of a response, from when to when it was waited for, and which agent came."""
    is_inbound = session.origin == INBOUND
    is_answered = is_inbound and session.first_responded_at is not None
    if is_inbound and session.first_response_started_at is not None:
        started_at, agent_id = session.first_response_started_at, session.first_response_agent_id
        yield "first_response", None, started_at, session.first_responded_at, agent_id
    for number, answer in enumerate(session.answers, start=1):
        if answer.responder_type == AGENT:
            is_answered = True
            if not (is_inbound and answer.is_first_of_agents):
                yield "next_response", number, answer.run.first_at, answer.responded_at, answer.responder_id
    if session.customer_waits is not None and is_answered:
        yield "next_response", len(session.answers) + 1, session.customer_waits.first_at, None, None
    first_cycle = session.cycles[0]
    yield "resolution", None, session.started_at, first_cycle.resolved_at, first_cycle.resolved_by_agent_id


def _resolution_rows(session: Session) -> Iterator[Row]:
    for number, cycle in enumerate(session.cycles, start=1):
        yield (
            session.session_id,
            number,
            cycle.opened_at,
            cycle.resolved_at,
            cycle.resolved_by_type,
            cycle.resolved_by_agent_id,
            cycle.team_id if cycle.resolved_by_type == AGENT else None,
            cycle.topic_id,
            _between(cycle.opened_at, cycle.resolved_at),
        )


def _presence_row(agent: AgentAtWork, stretch: PresenceStretch) -> Row:
    return (
        agent.agent_id,
        stretch.status,
        stretch.started_at,
        stretch.ended_at,
        stretch.capacity,
        stretch.event_id,
        stretch.is_recorded,
    )


def _conclude(visit: Visit | None, as_of: int) -> None:
    """End a visit whose agent has done nothing for longer than the idle limit."""
    if visit is not None and as_of - visit.last_act_at > FOCUS_IDLE_LIMIT:
        visit.end(as_of)


def _between(start: int | None, end: int | None) -> int | None:
    """Return a duration; None until both ends exist, or if it would be negative."""
    return None if start is None or end is None or end < start else end - start


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
