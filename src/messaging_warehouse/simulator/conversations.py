"""The thread between one customer and the business on one channel, and everything that can be done in it.

Every method is an act of somebody: it stamps the moment, has the platform take the event down, and tells those who
remember. The stamp is the present, or a millisecond after whatever the conversation or the agent did last: nobody does
two things at once, so that the order of events is the order of acts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from messaging_warehouse.simulator.dialogue import Dialogue
from messaging_warehouse.simulator.distributions import (
    DELIVERING,
    FAILING,
    READING_RECEIPT,
    SURVEY_ANSWER,
)
from messaging_warehouse.simulator.memory import Session, Survey, Work
from messaging_warehouse.simulator.texts import FAILURE_CODES, PHOTO_SENT, as_json, emoji_in, survey_comment
from messaging_warehouse.simulator.vocabulary import AGENT, BOT, END_USER, EVENT_KINDS, SYSTEM

if TYPE_CHECKING:
    from messaging_warehouse.simulator.agents import AgentAtWork
    from messaging_warehouse.simulator.centre import Channel, Topic
    from messaging_warehouse.simulator.customers import Customer
    from messaging_warehouse.simulator.world import World


class Conversation:
    """One conversation, which may come to hold several sessions."""

    __slots__ = (
        "_message_count",
        "_place",
        "_session_count",
        "_survey_count",
        "_work_count",
        "awaits_answer",
        "bot_resolves",
        "channel",
        "conversation_id",
        "customer",
        "dialogue",
        "exchanges_left",
        "is_answered",
        "is_bot_writing",
        "is_with_bot",
        "last_agent",
        "last_at",
        "owner",
        "session",
        "sessions",
        "team_id",
        "topic",
        "work",
        "world",
    )

    session: Session

    def __init__(self, world: World, conversation_id: str, channel: Channel, customer: Customer, topic: Topic) -> None:
        self.world = world
        self.conversation_id = conversation_id
        self.channel = channel
        self.customer = customer
        self._place = (conversation_id, channel.channel_id, customer.messaging_user_id)
        self._session_count = self._message_count = self._work_count = self._survey_count = 0
        self.last_at = -1
        self.sessions: list[Session] = []
        self.work: Work | None = None
        self.owner: AgentAtWork | None = None
        self.last_agent: AgentAtWork | None = None
        self.dialogue = Dialogue(world.chance, topic.topic_id)
        self.plan(topic, 1)

    def plan(self, topic: Topic, exchanges: int) -> None:
        """Be about something that takes so many answers; none of this is known to the business beforehand."""
        self.topic = topic
        self.dialogue.begin_matter(topic.topic_id)
        self.take_up_again(exchanges)

    def take_up_again(self, exchanges: int) -> None:
        """Be about the same once more."""
        self.team_id = self.topic.team_id
        self.exchanges_left = exchanges
        self.is_answered = False
        self.awaits_answer = False
        self.is_with_bot = False
        self.bot_resolves = False
        self.is_bot_writing = False

    @property
    def is_over(self) -> bool:
        """Whether whoever speaks now opens a new session."""
        return not self.sessions or self.session.is_over_at(self.world.environment.now)

    @property
    def has_ended(self) -> bool:
        """Whether the current session was ended by somebody."""
        return self.session.ended_at is not None

    # --- acts ---------------------------------------------------------------------------------

    def _record(
        self,
        event_type: str,
        actor_type: str,
        actor_id: str | None = None,
        payload: str | None = None,
        agent: AgentAtWork | None = None,
    ) -> tuple[int, str]:
        """Let something happen; return its moment and the event's id."""
        world = self.world
        at = world.environment.now
        if at <= self.last_at:
            at = self.last_at + 1
        if agent is not None:
            if at <= agent.last_at:
                at = agent.last_at + 1
            agent.last_at = at
            actor_id = agent.agent_id
        self.last_at = at
        kind = EVENT_KINDS[event_type]
        if actor_type in kind.starting_actors and (not self.sessions or self.session.is_over_at(at)):
            self._begin_session(at)
        if kind.is_activity:
            self.session.last_activity_at = at
        event_id = world.journal.conversation_event(event_type, at, self._place, actor_type, actor_id, payload)
        return at, event_id

    def _begin_session(self, at: int) -> None:
        if self.sessions:
            self.session.is_followed = True
        self.dialogue.begin_session()
        self._session_count += 1
        self.session = Session(
            self.conversation_id,
            self._session_count,
            self.channel.channel_id,
            self.customer.messaging_user_id,
            self.customer.account_id,
            at,
        )
        self.sessions.append(self.session)

    def start(self, origin: str, actor_type: str, agent: AgentAtWork | None = None, bot_id: str | None = None) -> None:
        """Say who begins."""
        self._record("conversation_started", actor_type, bot_id, f'{{"origin": "{origin}"}}', agent)
        self.session.origin = self.session.origin or origin

    def customer_writes(self, text: str | None, may_have_a_file: bool = False) -> None:
        """Let the customer write; some messages carry a file, and what has no words is one."""
        world = self.world
        message_id, payload = self._message_payload(text, may_have_attachment=may_have_a_file)
        at, _ = self._record("message_sent", END_USER, None, payload)
        self.session.customer_wrote(at, emoji_in(text or ""))
        self.awaits_answer = True
        if self.channel.platform_type == "enhanced" and world.chance.happens(world.rates.message_delivered):
            self._receipt("message_delivered", message_id, at + world.chance.duration(DELIVERING))

    def customer_message_fails(self) -> None:
        """Let a message of the customer's get lost on its way: nobody ever sees more than the failure."""
        self._message_count += 1
        code = self.world.chance.one_of(FAILURE_CODES)
        self._receipt("message_failed", f"m{self._message_count}", self.world.environment.now, code)

    def agent_writes(self, agent: AgentAtWork, text: str, is_proactive: bool = False) -> bool:
        """Let an agent write; return whether the message reached the customer."""
        message_id, payload = self._message_payload(text, is_proactive=is_proactive)
        at, event_id = self._record("message_sent", AGENT, None, payload, agent)
        has_arrived = self._carry(message_id, at)
        self.session.business_wrote(at, AGENT, agent.agent_id, agent.team_at(at), has_arrived)
        agent.attention.act(self.session, self.channel.is_test, at, event_id, is_message=True)
        self.last_agent = agent
        self.awaits_answer = False
        if has_arrived:
            self.dialogue.has_arrived()
            self.customer.hears()
        return has_arrived

    def bot_writes(self, bot_id: str, text: str, is_proactive: bool = False, is_answer: bool = True) -> None:
        """Let a bot write; its “connecting you” (`is_answer` false) answers nothing."""
        message_id, payload = self._message_payload(text, is_proactive=is_proactive)
        at, _ = self._record("message_sent", BOT, bot_id, payload)
        has_arrived = self._carry(message_id, at)
        self.session.business_wrote(at, BOT, bot_id, None, has_arrived)
        if has_arrived and is_answer:
            self.awaits_answer = False
            self.dialogue.has_arrived()
            self.customer.hears()

    def system_writes(self, text: str, is_proactive: bool = False) -> None:
        """Let the platform itself write."""
        message_id, payload = self._message_payload(text, is_proactive=is_proactive)
        at, _ = self._record("message_sent", SYSTEM, None, payload)
        if self._carry(message_id, at):
            self.dialogue.has_arrived()
        self.session.system_wrote()

    def hand_off(self, bot_id: str) -> None:
        """Let the bot pass the customer on to a team."""
        self.is_with_bot = False
        at, _ = self._record("bot_handoff", BOT, bot_id, f'{{"team_id": "{self.team_id}"}}')
        self.session.routed(self.team_id, at)
        self.session.handed_off(at)

    def open(self, agent: AgentAtWork) -> None:
        """Let an agent look at it."""
        at, event_id = self._record("conversation_opened", AGENT, agent=agent)
        agent.attention.act(self.session, self.channel.is_test, at, event_id)

    def leave(self, agent: AgentAtWork) -> None:
        """Let an agent look away from it."""
        at, _ = self._record("conversation_left", AGENT, agent=agent)
        agent.attention.turn_from(self.conversation_id, at)

    def add_topic(self, agent: AgentAtWork, topic_id: str) -> None:
        """Let an agent say what it is about."""
        at, event_id = self._record("topic_added", AGENT, payload=f'{{"topic_id": "{topic_id}"}}', agent=agent)
        self.session.topic_added(topic_id, at)
        agent.attention.act(self.session, self.channel.is_test, at, event_id)

    def remove_topic(self, agent: AgentAtWork, topic_id: str) -> None:
        """Let an agent take a topic back."""
        at, event_id = self._record("topic_removed", AGENT, payload=f'{{"topic_id": "{topic_id}"}}', agent=agent)
        self.session.topic_removed(topic_id, at)
        agent.attention.act(self.session, self.channel.is_test, at, event_id)

    def add_topic_by_bot(self, bot_id: str, topic_id: str) -> None:
        """Let the bot say what it is about."""
        at, _ = self._record("topic_added", BOT, bot_id, f'{{"topic_id": "{topic_id}"}}')
        self.session.topic_added(topic_id, at)

    def pend(self, agent: AgentAtWork) -> None:
        """Let an agent park it until the customer writes again."""
        at, _ = self._record("conversation_pended", AGENT, agent=agent)
        agent.attention.turn_from(self.conversation_id, at)

    def resolve(self, agent: AgentAtWork, reason: str) -> None:
        """Let an agent settle it."""
        at, _ = self._record("conversation_resolved", AGENT, payload=f'{{"reason": "{reason}"}}', agent=agent)
        self.session.resolved(at, AGENT, agent.agent_id, agent.team_at(at))
        agent.attention.turn_from(self.conversation_id, at)

    def resolve_by_bot(self, bot_id: str) -> None:
        """Let the bot settle it."""
        at, _ = self._record("conversation_resolved", BOT, bot_id, '{"reason": "answered"}')
        self.session.resolved(at, BOT, None, None)

    def reopen(self, agent: AgentAtWork) -> None:
        """Let an agent take it up again."""
        at, event_id = self._record("conversation_reopened", AGENT, agent=agent)
        self.session.reopened(at)
        agent.attention.act(self.session, self.channel.is_test, at, event_id)

    def end(self, actor_type: str, agent: AgentAtWork | None = None, bot_id: str | None = None) -> None:
        """Let somebody end the session."""
        at, _ = self._record("conversation_ended", actor_type, bot_id, agent=agent)
        self.session.ended(at, actor_type)
        if agent is not None:
            agent.attention.turn_from(self.conversation_id, at)

    # --- work ---------------------------------------------------------------------------------

    def request_work(self, team_id: str) -> Work:
        """Let the platform look for an agent."""
        work_id = self._next_work_id()
        at, _ = self._record("work_requested", SYSTEM, payload=f'{{"work_id": "{work_id}", "team_id": "{team_id}"}}')
        self.session.routed(team_id, at)
        self.team_id = team_id
        self.work = Work(work_id, self.session, team_id, self.channel.capacity_weight, at)
        self.session.works.append(self.work)
        return self.work

    def assign_work(self, work: Work, agent: AgentAtWork) -> None:
        """Let the platform offer it to an agent."""
        weight = f', "capacity_weight": {work.capacity_weight}' if work.capacity_weight != 1 else ""
        payload = (
            f'{{"work_id": "{work.work_id}", "agent_id": "{agent.agent_id}", "team_id": "{work.team_id}"{weight}}}'
        )
        work.assigned_at, _ = self._record("work_assigned", SYSTEM, payload=payload)
        self.session.routed(work.team_id, work.assigned_at)
        work.agent_id = agent.agent_id
        work.status = "assigned"

    def take_work(self, agent: AgentAtWork, team_id: str) -> Work:
        """Let an agent take it unasked, to write to the customer first."""
        work = Work(self._next_work_id(), self.session, team_id, self.channel.capacity_weight, None)
        weight = f', "capacity_weight": {work.capacity_weight}' if work.capacity_weight != 1 else ""
        payload = f'{{"work_id": "{work.work_id}", "agent_id": "{agent.agent_id}", "team_id": "{team_id}"{weight}}}'
        work.assigned_at, _ = self._record("work_assigned", AGENT, payload=payload, agent=agent)
        self.session.routed(team_id, work.assigned_at)
        work.agent_id = agent.agent_id
        self.team_id = team_id
        self.work = work
        self.session.works.append(work)
        self.accept_work(work, agent)
        return work

    def accept_work(self, work: Work, agent: AgentAtWork) -> None:
        """Let the agent accept the offer."""
        work.accepted_at, _ = self._record("work_accepted", AGENT, payload=_work(work), agent=agent)
        work.status = "opened"
        self.owner = agent

    def decline_work(self, work: Work, agent: AgentAtWork, reason: str) -> None:
        """Let the agent turn the offer down."""
        payload = f'{{"work_id": "{work.work_id}", "reason": "{reason}"}}'
        at, _ = self._record("work_declined", AGENT, payload=payload, agent=agent)
        work.settle("declined", at)

    def time_out_work(self, work: Work) -> None:
        """Let the platform take back an offer that the agent overlooked."""
        at, _ = self._record("work_push_timed_out", SYSTEM, payload=_work(work))
        work.settle("declined_on_push_timeout", at)

    def cancel_work(self, work: Work) -> None:
        """Let the platform take back an offer that nobody needs any more."""
        at, _ = self._record("work_canceled", SYSTEM, payload=_work(work))
        work.settle("canceled", at)

    def transfer_work(self, work: Work, agent: AgentAtWork, team_id: str, to_agent_id: str | None = None) -> None:
        """Let the agent pass it on."""
        to_agent = f', "to_agent_id": "{to_agent_id}"' if to_agent_id else ""
        payload = f'{{"work_id": "{work.work_id}", "to_team_id": "{team_id}"{to_agent}}}'
        at, _ = self._record("work_transferred", AGENT, payload=payload, agent=agent)
        work.settle("transferred", at)
        self.session.routed(team_id, at)
        self.session.is_transferred = True
        agent.attention.turn_from(self.conversation_id, at)

    def start_after_work(self, work: Work, agent: AgentAtWork) -> None:
        """Let the agent begin to wrap up."""
        at, event_id = self._record("after_work_started", AGENT, payload=_work(work), agent=agent)
        work.after_work_at = at
        agent.attention.act(self.session, self.channel.is_test, at, event_id)

    def close_work(self, work: Work, agent: AgentAtWork) -> None:
        """Let the agent be done with it."""
        at, _ = self._record("work_closed", AGENT, payload=_work(work), agent=agent)
        work.settle("closed", at)
        agent.attention.turn_from(self.conversation_id, at)

    # --- surveys ------------------------------------------------------------------------------

    def request_survey(self) -> None:
        """Let the platform ask how it was; whether, when and what is answered is up to the customer.

        The agent who resolved last before the question gets the credit, else the last who wrote.
        """
        world = self.world
        self._survey_count += 1
        session = self.session
        at, _ = self._record(
            "csat_requested", SYSTEM, payload=f'{{"survey_id": "s{self._survey_count}", "scale_max": 5}}'
        )
        survey = Survey(f"s{self._survey_count}", session, at, session.last_resolver or session.last_writer)
        session.surveys.append(survey)
        responded_at = at + world.chance.duration(SURVEY_ANSWER)
        if responded_at > world.last_moment or not world.chance.happens(world.rates.survey_answered):
            return
        survey.responded_at = responded_at
        survey.score = self.customer.satisfaction(session)
        comment = ""
        if world.chance.happens(world.rates.survey_commented):
            survey.comment = survey_comment(survey.score, world.chance)
            comment = f', "comment": {as_json(survey.comment)}'
        payload = f'{{"survey_id": "{survey.survey_id}", "score": {survey.score}{comment}}}'
        world.journal.conversation_event("csat_responded", responded_at, self._place, END_USER, None, payload)

    # --- helpers ------------------------------------------------------------------------------

    def _next_work_id(self) -> str:
        self._work_count += 1
        return f"w{self._work_count}"

    def _message_payload(
        self, text: str | None, is_proactive: bool = False, may_have_attachment: bool = False
    ) -> tuple[str, str]:
        self._message_count += 1
        message_id = f"m{self._message_count}"
        parts = [f'"message_id": "{message_id}"']
        is_file = text is None or text.startswith(PHOTO_SENT)
        if is_file or (may_have_attachment and self.world.chance.happens(self.world.rates.message_has_attachment)):
            parts.append('"has_attachments": true')
        if text is not None:
            parts.append(f'"text": {text}')
        if is_proactive:
            parts.append('"is_proactive": true')
        return message_id, "{" + ", ".join(parts) + "}"

    def _carry(self, message_id: str, at: int) -> bool:
        """Bring a business message to the customer; return whether it arrived."""
        world = self.world
        chance, rates = world.chance, world.rates
        if not self.channel.is_live and chance.happens(rates.outbound_failed):
            failed_at = at + chance.duration(FAILING)
            if failed_at <= world.last_moment:
                self._receipt("message_failed", message_id, failed_at, chance.one_of(FAILURE_CODES))
                return False
        if self.channel.platform_type == "enhanced" and chance.happens(rates.message_delivered):
            delivered_at = at + chance.duration(DELIVERING)
            self._receipt("message_delivered", message_id, delivered_at)
            if chance.happens(rates.message_read):
                self._receipt("message_read", message_id, delivered_at + chance.duration(READING_RECEIPT))
        return True

    def _receipt(self, event_type: str, message_id: str, at: int, status_code: str | None = None) -> None:
        """Have a receipt taken down, ahead of its time: it moves nothing and nobody waits for it."""
        code = f', "status_code": "{status_code}"' if status_code else ""
        payload = f'{{"message_id": "{message_id}"{code}}}'
        self.world.journal.conversation_event(event_type, at, self._place, SYSTEM, None, payload)


def _work(work: Work) -> str:
    return f'{{"work_id": "{work.work_id}"}}'
