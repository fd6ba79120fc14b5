"""The desk: queues by team, routing to agents with capacity, bots, surveys."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from messaging_warehouse.simulator.clock import MINUTE, SECOND
from messaging_warehouse.simulator.customers import Acting
from messaging_warehouse.simulator.distributions import BOT_TYPING, BOT_WAIT_BEFORE_RESOLVING, SURVEY_DELAY
from messaging_warehouse.simulator.vocabulary import BOT

if TYPE_CHECKING:
    from messaging_warehouse.simulator.agents import AgentAtWork
    from messaging_warehouse.simulator.conversations import Conversation
    from messaging_warehouse.simulator.memory import Work
    from messaging_warehouse.simulator.world import World

# The least time between two offers of one conversation.
_REQUEUE_DELAY = 2 * SECOND
# A former agent gets a returning customer if they were in touch within this time.
_MEMORY_OF_AGENT = 12 * 60 * MINUTE


class Desk:
    """Brings customers to bots and agents; each team has a queue, first come first served."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queues: dict[str, deque[tuple[Work, Conversation]]] = {
            team.team_id: deque() for team in world.centre.teams
        }
        self._available: dict[AgentAtWork, None] = {}

    # --- customers ----------------------------------------------------------------------------

    def customer_wrote(self, conversation: Conversation) -> None:
        """See to it that somebody answers."""
        work = conversation.work
        if conversation.is_with_bot:
            if not conversation.is_bot_writing:
                self._world.start(self._bot_answers(conversation))
        elif work is not None and work.is_open and work.status == "opened":
            owner = conversation.owner
            if owner is not None and owner.owns(work):
                owner.hears_of(conversation)
            else:
                self.request(conversation, conversation.team_id)
        elif work is None or not work.is_open:
            self.request(conversation, conversation.team_id)

    def customer_left(self, conversation: Conversation) -> None:
        """Take back an offer that nobody has accepted, or tell the agent."""
        work = conversation.work
        conversation.is_with_bot = False
        if work is not None and work.is_open:
            if work.status != "opened":
                conversation.cancel_work(work)
            elif conversation.owner is not None and conversation.owner.owns(work):
                conversation.owner.hears_of(conversation)
        self.survey(conversation)

    def survey(self, conversation: Conversation) -> None:
        """Ask, once in a session, how it was."""
        world, session = self._world, conversation.session
        has_been_served = session.agent_message_count + session.bot_message_count > 0
        if not has_been_served or conversation.channel.platform_type != "enhanced":
            return
        if world.chance.happens(world.rates.survey_requested):
            world.start(self._survey_later(conversation))

    def _survey_later(self, conversation: Conversation) -> Acting:
        yield self._world.environment.timeout(self._world.chance.duration(SURVEY_DELAY))
        if not conversation.session.surveys:
            conversation.request_survey()

    # --- queues -------------------------------------------------------------------------------

    def request(self, conversation: Conversation, team_id: str, to_agent: AgentAtWork | None = None) -> None:
        """Put a conversation into a team's queue, or before one agent who has room for it."""
        work = conversation.request_work(team_id)
        now = self._world.environment.now
        known = to_agent
        if known is None and conversation.last_agent is not None and now - conversation.last_at < _MEMORY_OF_AGENT:
            known = conversation.last_agent
        if known is not None and known in self._available and known.has_room_for(work):
            self._offer(work, conversation, known)
        else:
            self._queues[team_id].append((work, conversation))
            self._dispatch(team_id)

    def request_later(self, conversation: Conversation, team_id: str) -> Acting:
        """Queue again what an agent did not take."""
        yield self._world.environment.timeout(_REQUEUE_DELAY)
        work = conversation.work
        if not conversation.has_ended and (work is None or not work.is_open):
            self.request(conversation, team_id)

    def is_ready(self, agent: AgentAtWork) -> None:
        """Let an agent be offered work from now on."""
        self._available[agent] = None
        self.has_room(agent)

    def is_not_ready(self, agent: AgentAtWork) -> None:
        """Offer an agent no more work."""
        self._available.pop(agent, None)

    def has_room(self, agent: AgentAtWork) -> None:
        """Look for work for an agent whose load or status has changed."""
        if agent in self._available:
            self._dispatch(agent.team_at(self._world.environment.now))

    def _dispatch(self, team_id: str) -> None:
        queue = self._queues[team_id]
        while queue:
            work, conversation = queue[0]
            if work.is_open:
                agent = self._best_agent(team_id, work)
                if agent is None:
                    return
                self._offer(work, conversation, agent)
            queue.popleft()

    def _best_agent(self, team_id: str, work: Work) -> AgentAtWork | None:
        """Return the agent of the team with the least load, of several the one offered nothing for the longest time."""
        now = self._world.environment.now
        candidates = [agent for agent in self._available if agent.team_at(now) == team_id and agent.has_room_for(work)]
        return min(candidates, key=lambda agent: (agent.load, agent.last_offer_at), default=None)

    def _offer(self, work: Work, conversation: Conversation, agent: AgentAtWork) -> None:
        conversation.assign_work(work, agent)
        agent.is_offered(work, conversation)

    # --- bots ---------------------------------------------------------------------------------

    def _bot_answers(self, conversation: Conversation) -> Acting:
        """Answer a time or two; then resolve, or hand off."""
        world, chance = self._world, self._world.chance
        bot_id = conversation.channel.bot_id
        assert bot_id is not None
        conversation.is_bot_writing = True
        yield world.environment.timeout(chance.duration(BOT_TYPING))
        if not conversation.is_with_bot or conversation.has_ended:
            return
        session = conversation.session
        if session.bot_message_count == 0:
            conversation.bot_resolves = chance.happens(world.rates.bot_resolved)
        dialogue = conversation.dialogue
        is_last = session.bot_message_count > 0 and chance.happens(0.6)
        question = None if is_last else dialogue.bot_question()
        if question is not None:
            conversation.is_bot_writing = False
            conversation.bot_writes(bot_id, question)
        elif conversation.bot_resolves:
            conversation.is_answered = True
            conversation.add_topic_by_bot(bot_id, conversation.topic.topic_id)
            conversation.bot_writes(bot_id, dialogue.bot_answer())
            yield world.environment.timeout(chance.duration(BOT_WAIT_BEFORE_RESOLVING))
            conversation.is_with_bot = False
            if conversation.has_ended or conversation.session is not session:
                return
            if conversation.awaits_answer:
                conversation.bot_writes(bot_id, dialogue.bot_goodbye())
            conversation.resolve_by_bot(bot_id)
            if chance.happens(world.rates.ended_by_bot):
                yield world.environment.timeout(chance.between(1, 5) * SECOND)
                if not conversation.has_ended:
                    conversation.end(BOT, bot_id=bot_id)
            self.survey(conversation)
        else:
            conversation.hand_off(bot_id)
            conversation.bot_writes(bot_id, dialogue.bot_handoff(), is_answer=False)
            self.request(conversation, conversation.team_id)
