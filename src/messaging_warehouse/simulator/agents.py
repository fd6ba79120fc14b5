"""Agents: they come and go, take what they are offered, look at one conversation at a time, answer and wrap up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator.centre import Agent
from messaging_warehouse.simulator.clock import DAY, MINUTE, SECOND, local_moment, midnight, minutes_of_day, to_datetime
from messaging_warehouse.simulator.customers import Acting
from messaging_warehouse.simulator.distributions import (
    ACCEPTING,
    ASYNCHRONOUS_SILENCE,
    COMPOSING,
    DECLINING,
    GOODBYE,
    LINGERING,
    LIVE_SILENCE,
    NOTICING_FAILURE,
    PUSH_TIMEOUT,
    READING,
    RESEARCHING,
    SECOND_MESSAGE,
    SWITCHING,
    WRAP_UP,
    LogNormal,
)
from messaging_warehouse.simulator.memory import Attention, PresenceStretch, Work
from messaging_warehouse.simulator.texts import DECLINE_REASONS, RESOLVE_REASONS
from messaging_warehouse.simulator.vocabulary import AGENT, AGENT_INITIATED
from messaging_warehouse.simulator.waiting import Bell, Waiting

if TYPE_CHECKING:
    from messaging_warehouse.simulator.conversations import Conversation
    from messaging_warehouse.simulator.world import World

# What somebody whose capacity is not limited still manages at once.
_LIMIT_WITHOUT_CAPACITY = 6
_NEVER = 1 << 62


class AgentAtWork:
    """One agent, with what they see, own, plan and remember."""

    __slots__ = (
        "_bell",
        "_due",
        "_held_until",
        "_limit",
        "_offers",
        "_recalls",
        "_screen",
        "_status",
        "_teams",
        "_works",
        "agent",
        "agent_id",
        "attention",
        "last_at",
        "last_offer_at",
        "load",
        "presence",
        "world",
    )

    def __init__(self, world: World, agent: Agent) -> None:
        self.world = world
        self.agent = agent
        self.agent_id = agent.agent_id
        self.attention = Attention(agent.agent_id)
        self.presence: list[PresenceStretch] = []
        self.last_at = -1
        self.last_offer_at = 0
        self.load = 0
        self._limit = _LIMIT_WITHOUT_CAPACITY if agent.capacity is None else agent.capacity
        self._bell = Bell(world.environment)
        self._status = "offline"
        self._works: dict[Work, Conversation] = {}
        self._offers: dict[Work, Conversation] = {}
        self._due: dict[Work, int] = {}
        self._held_until: dict[Work, int] = {}
        self._recalls: list[tuple[int, Conversation]] = []
        self._screen: Conversation | None = None
        self._teams = sorted((midnight(membership.valid_from), membership.team_id) for membership in agent.memberships)

    # --- what others ask ----------------------------------------------------------------------

    def team_at(self, at: int) -> str:
        """Return the team of the moment; before the first membership that of the first."""
        team_id = self._teams[0][1]
        for valid_from, later_team_id in self._teams[1:]:
            if at >= valid_from:
                team_id = later_team_id
        return team_id

    def has_room_for(self, work: Work) -> bool:
        """Whether the agent's capacity allows one more."""
        return self.load + work.capacity_weight <= self._limit

    def owns(self, work: Work) -> bool:
        """Whether the agent has accepted the work and is not done with it."""
        return work in self._works

    def hears_of(self, conversation: Conversation) -> None:
        """Notice that something happened in an own conversation."""
        self._bell.ring()

    def is_offered(self, work: Work, conversation: Conversation) -> None:
        """Be offered work; it takes up capacity at once, and an answer comes in a while."""
        self.last_offer_at = self.world.environment.now
        self.load += work.capacity_weight
        self._offers[work] = conversation
        self.world.start(self._consider(work, conversation))

    # --- the day ------------------------------------------------------------------------------

    def live(self) -> Acting:
        """Work all shifts of the simulated time."""
        environment, chance = self.world.environment, self.world.chance
        for start, end in self._shifts():
            arrival = start + chance.between(-4 * MINUTE, 6 * MINUTE)
            if arrival > environment.now:
                yield self._pause(arrival - environment.now)
            if end - environment.now > 10 * MINUTE:
                yield from self._work_shift(environment.now, end + chance.between(-2 * MINUTE, 4 * MINUTE))

    def _shifts(self) -> Iterator[tuple[int, int]]:
        """Yield the shifts in order, days off left out."""
        timezone = ZoneInfo(self.agent.timezone)
        first = to_datetime(self.world.first_moment).date()
        days = (self.world.last_moment - self.world.first_moment) // DAY + 2
        days_off = self.world.days_off(self.agent.business_hours_id)
        shifts = []
        for day in (first + timedelta(days=number) for number in range(days)):
            for shift in self.agent.shifts:
                if day.isoweekday() in shift.iso_weekdays and day not in days_off:
                    starts_at = minutes_of_day(shift.starts_at)
                    start = local_moment(day, starts_at, timezone)
                    shifts.append((start, local_moment(day, starts_at + shift.minutes, timezone)))
        return iter(sorted(shift for shift in shifts if shift[0] >= self.world.first_moment))

    def _planned_pauses(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return when, for how long and as what the agent will not be available in a shift, the latest first."""
        chance = self.world.chance
        pauses = [
            (
                start + pause.after_minutes * MINUTE + chance.between(-10 * MINUTE, 20 * MINUTE),
                pause.minutes * MINUTE + chance.between(-2 * MINUTE, 4 * MINUTE),
                "away",
            )
            for pause in self.world.centre.breaks
        ]
        if chance.happens(self.world.rates.busy_per_shift):
            at = start + int((end - start) * (0.1 + 0.8 * chance.rng.random()))
            pauses.append((at, chance.between(8 * MINUTE, 30 * MINUTE), "busy"))
        return sorted((pause for pause in pauses if start < pause[0] < end - 30 * MINUTE), reverse=True)

    def _work_shift(self, start: int, end: int) -> Acting:
        environment, chance, desk = self.world.environment, self.world.chance, self.world.desk
        pauses = self._planned_pauses(start, end)
        outreach_at = _NEVER
        if chance.happens(self.world.rates.agent_outreach_per_shift):
            outreach_at = start + int((end - start) * 0.8 * chance.rng.random())
        ready_again_at = _NEVER
        self.becomes("available")
        desk.is_ready(self)
        while (now := environment.now) < end:
            if now >= ready_again_at:
                ready_again_at = _NEVER
                self.becomes("available")
                desk.is_ready(self)
            elif pauses and now >= pauses[-1][0] and ready_again_at == _NEVER:
                _, duration, status = pauses.pop()
                desk.is_not_ready(self)
                self.becomes(status)
                if status == "away":
                    yield self._pause(duration)
                    self.becomes("available")
                    desk.is_ready(self)
                else:
                    ready_again_at = now + duration
            elif (conversation := self._next_waiting(now)) is not None:
                yield from self._attend(conversation)
            elif (conversation := self._next_due(now)) is not None:
                yield from self._follow_up(conversation)
            elif self._recalls and now >= self._recalls[0][0]:
                yield from self._recall(self._recalls.pop(0)[1])
            elif now >= outreach_at:
                outreach_at = _NEVER
                yield from self._reach_out()
            else:
                next_pause = pauses[-1][0] if pauses and ready_again_at == _NEVER else _NEVER
                next_recall = self._recalls[0][0] if self._recalls else _NEVER
                planned = min(end, next_pause, ready_again_at, outreach_at, next_recall, self._next_moment(now))
                yield from self._idle(max(planned, now + 1))
        yield from self._hand_over()
        self.becomes("offline", is_lost=chance.happens(self.world.rates.logout_lost))

    def becomes(self, status: str, is_lost: bool = False) -> None:
        """Change the status; a lost change is known to the agent alone."""
        at = max(self.world.environment.now, self.last_at + 1)
        self.last_at = at
        self._status = status
        event_id = None
        if not is_lost:
            event_id = self.world.journal.presence_event(self.agent_id, status, self.agent.capacity, at)
        if self.presence:
            self.presence[-1].ended_at = at
        self.presence.append(PresenceStretch(status, self.agent.capacity, at, event_id))
        if status in ("away", "offline"):
            self.attention.look_away(at)
            self._screen = None

    def leaves_for_good(self) -> None:
        """Log out at the end of the simulated time, whatever is left undone."""
        if self._status != "offline":
            self.becomes("offline")

    # --- offers -------------------------------------------------------------------------------

    def _consider(self, work: Work, conversation: Conversation) -> Acting:
        """Overlook, decline or accept an offer; the customer may be gone before that, and so may the agent."""
        world, chance, rates = self.world, self.world.chance, self.world.rates
        luck = chance.rng.random()
        is_overlooked = luck < rates.offer_timed_out
        is_declined = not is_overlooked and luck < rates.offer_timed_out + rates.offer_declined
        if is_overlooked:
            yield self._pause(PUSH_TIMEOUT)
        else:
            yield self._pause(min(chance.duration(DECLINING if is_declined else ACCEPTING), PUSH_TIMEOUT - SECOND))
        del self._offers[work]
        is_here = self._status in ("available", "busy")
        if work.is_open and is_here and not is_overlooked and not is_declined:
            conversation.accept_work(work, self)
            self._owns(work, conversation)
            self._bell.ring()
            return
        self.load -= work.capacity_weight
        if work.is_open:
            if is_overlooked or not is_here:
                conversation.time_out_work(work)
            else:
                conversation.decline_work(work, self, chance.one_of(DECLINE_REASONS))
            world.start(world.desk.request_later(conversation, work.team_id))
        world.desk.has_room(self)

    def _owns(self, work: Work, conversation: Conversation) -> None:
        self._works[work] = conversation
        self._expect_silence(work, conversation)

    # --- what next ----------------------------------------------------------------------------

    def _next_waiting(self, now: int) -> Conversation | None:
        """Return the own conversation whose customer has waited longest, or one that is over."""
        longest, chosen = _NEVER, None
        for work, conversation in self._works.items():
            if conversation.awaits_answer or conversation.has_ended:
                run = conversation.session.customer_waits
                since = run.first_at if run is not None else conversation.last_at
                if since < longest and self._held_until.get(work, 0) <= now:
                    longest, chosen = since, conversation
        return chosen

    def _next_due(self, now: int) -> Conversation | None:
        """Return an own conversation whose customer has been silent for long."""
        for work, due_at in self._due.items():
            if due_at <= now:
                return self._works[work]
        return None

    def _next_moment(self, now: int) -> int:
        """Return when something next falls due that nobody rings for."""
        held = min((until for until in self._held_until.values() if until > now), default=_NEVER)
        return min(held, min(self._due.values(), default=_NEVER))

    def _expect_silence(self, work: Work, conversation: Conversation) -> None:
        """Plan to look again if the customer says nothing more."""
        shape = LIVE_SILENCE if conversation.channel.is_live else ASYNCHRONOUS_SILENCE
        self._due[work] = self.world.environment.now + self.world.chance.duration(shape)

    # --- doing it -----------------------------------------------------------------------------

    def _pause(self, duration: int) -> Waiting:
        return self.world.environment.timeout(duration)

    def _take(self, shape: LogNormal) -> Waiting:
        return self._pause(self.world.chance.duration(shape))

    def _idle(self, until: int) -> Acting:
        """Do nothing; most agents leave the conversation on their screen after a while."""
        now, chance = self.world.environment.now, self.world.chance
        if self._screen is None or chance.happens(self.world.rates.left_open_when_idle):
            yield self._bell.wait(until - now)
            return
        lingering = chance.duration(LINGERING)
        if lingering >= until - now:
            yield self._bell.wait(until - now)
        elif not (yield self._bell.wait(lingering)):
            self._leave_screen()

    def _leave_screen(self) -> None:
        if self._screen is not None:
            self._screen.leave(self)
            self._screen = None

    def _look_at(self, conversation: Conversation) -> Acting:
        """Bring a conversation on the screen and read it, unless it is there already."""
        if self._screen is conversation:
            return
        if self._screen is not None and self.world.chance.happens(0.3):
            self._leave_screen()
            yield self._take(SWITCHING)
        conversation.open(self)
        self._screen = conversation
        yield self._take(READING)

    def _attend(self, conversation: Conversation) -> Acting:
        """Look at a waiting conversation and do what is due."""
        world, chance, rates = self.world, self.world.chance, self.world.rates
        work = conversation.work
        yield from self._look_at(conversation)
        if conversation.has_ended:
            yield from self._tidy_up(conversation)
            return
        if work is None or not self.owns(work) or not conversation.awaits_answer:
            return
        if chance.happens(rates.read_without_answering):
            self._leave_screen()
            self._held_until[work] = world.environment.now + chance.between(1 * MINUTE, 9 * MINUTE)
            yield self._take(SWITCHING)
            return
        if chance.happens(rates.research_while_idle):
            yield self._take(RESEARCHING)
        if conversation.is_answered:
            if chance.happens(rates.goodbye):
                yield self._take(GOODBYE)
                if not conversation.has_ended:
                    conversation.agent_writes(self, conversation.dialogue.goodbye())
                    yield self._take(SWITCHING)
            yield from self._settle(conversation, chance.one_of(RESOLVE_REASONS))
            return
        if conversation.session.topic_id is None and chance.happens(rates.topic_set_while_talking):
            yield from self._set_topic(conversation)
        if chance.happens(rates.transferred_to_team + rates.transferred_to_agent):
            yield from self._transfer(conversation, work)
            return
        yield self._take(COMPOSING)
        if conversation.has_ended:
            yield from self._tidy_up(conversation)
            return
        yield from self._answer(conversation)
        if self.owns(work):
            self._expect_silence(work, conversation)

    def _answer(self, conversation: Conversation) -> Acting:
        """Write, and write again what did not arrive."""
        chance, rates = self.world.chance, self.world.rates
        is_final = conversation.exchanges_left <= 1
        text = conversation.dialogue.answer() if is_final else conversation.dialogue.question()
        has_arrived = conversation.agent_writes(self, text)
        if not has_arrived and chance.happens(rates.failure_noticed):
            yield self._take(NOTICING_FAILURE)
            if not conversation.has_ended:
                has_arrived = conversation.agent_writes(self, text)
        if has_arrived:
            conversation.exchanges_left -= 1
            conversation.is_answered = is_final
        if chance.happens(rates.second_message):
            yield self._take(SECOND_MESSAGE)
            addition = conversation.dialogue.addition(is_final)
            if not conversation.has_ended and addition is not None:
                conversation.agent_writes(self, addition)
        yield self._take(SWITCHING)

    def _set_topic(self, conversation: Conversation) -> Acting:
        """Say what it is about; sometimes the first idea is wrong."""
        world, chance = self.world, self.world.chance
        yield self._take(SWITCHING)
        if chance.happens(world.rates.topic_changed):
            guess = world.draw_topic().topic_id
            if guess != conversation.topic.topic_id:
                conversation.add_topic(self, guess)
                yield self._take(SECOND_MESSAGE)
                conversation.remove_topic(self, guess)
                yield self._take(SWITCHING)
        conversation.add_topic(self, conversation.topic.topic_id)

    def _transfer(self, conversation: Conversation, work: Work) -> Acting:
        """Pass it on: to another team, or to a colleague."""
        world, chance, rates = self.world, self.world.chance, self.world.rates
        yield self._take(SECOND_MESSAGE)
        if conversation.has_ended:
            yield from self._tidy_up(conversation)
            return
        own_team = self.team_at(world.environment.now)
        colleague = None
        team_id = own_team
        if chance.rng.random() * (rates.transferred_to_team + rates.transferred_to_agent) < rates.transferred_to_agent:
            colleague = world.colleague_of(self, own_team)
        if colleague is None:
            others = [team.team_id for team in world.centre.teams if team.team_id != own_team]
            team_id = chance.one_of(others) if others else own_team
        conversation.transfer_work(work, self, team_id, None if colleague is None else colleague.agent_id)
        self._release(work)
        world.desk.request(conversation, team_id, colleague)
        yield self._take(SWITCHING)

    def _settle(self, conversation: Conversation, reason: str) -> Acting:
        """Resolve, wrap up, close; sometimes end the session."""
        world, chance, rates = self.world, self.world.chance, self.world.rates
        work = conversation.work
        conversation.resolve(self, reason)
        resolved_at = conversation.last_at
        self._screen = None
        yield self._take(SWITCHING)
        if work is not None and self.owns(work):
            if chance.happens(rates.wrapped_up):
                conversation.start_after_work(work, self)
                self._screen = conversation
                yield self._take(WRAP_UP)
                if conversation.session.topic_id is None:
                    conversation.add_topic(self, conversation.topic.topic_id)
                    yield self._take(SWITCHING)
            self._close(conversation, work)
        if conversation.channel.is_live and not conversation.has_ended and chance.happens(rates.ended_by_agent):
            yield self._take(SWITCHING)
            if not conversation.has_ended and not conversation.awaits_answer:
                conversation.end(AGENT, self)
        world.desk.survey(conversation)
        if not conversation.has_ended and chance.happens(rates.reopened_by_agent):
            self._recalls.append((world.environment.now + chance.between(10 * MINUTE, 90 * MINUTE), conversation))
            self._recalls.sort(key=lambda recall: recall[0])
        run = conversation.session.customer_waits
        if run is not None and run.last_at > resolved_at and not conversation.has_ended:
            world.desk.customer_wrote(conversation)

    def _close(self, conversation: Conversation, work: Work) -> None:
        """Be done with the work, and with looking at it."""
        conversation.close_work(work, self)
        if self._screen is conversation:
            self._screen = None
        self._release(work)

    def _release(self, work: Work) -> None:
        """Have the capacity back."""
        conversation = self._works.pop(work)
        if self._screen is conversation:
            self._screen = None
        self._due.pop(work, None)
        self._held_until.pop(work, None)
        self.load -= work.capacity_weight
        self.world.desk.has_room(self)

    def _tidy_up(self, conversation: Conversation) -> Acting:
        """Do what is left to do when the customer has ended the session; some forget to close the work."""
        chance, rates = self.world.chance, self.world.rates
        work = conversation.work
        if work is None or not self.owns(work):
            self._leave_screen()
            yield self._take(SWITCHING)
            return
        yield self._take(SWITCHING)
        if not conversation.session.is_resolved and conversation.is_answered and chance.happens(0.6):
            conversation.resolve(self, "solved")
            yield self._take(SWITCHING)
        if chance.happens(rates.closed_by_session_end):
            self._leave_screen()
            self._release(work)
        else:
            self._close(conversation, work)

    def _follow_up(self, conversation: Conversation) -> Acting:
        """See to a customer who has fallen silent."""
        chance, work = self.world.chance, conversation.work
        assert work is not None
        if work not in self._works:
            self._forget_superseded(conversation)
            return
        del self._due[work]
        yield from self._look_at(conversation)
        yield self._take(SWITCHING)
        if conversation.has_ended or conversation.awaits_answer:
            self._expect_silence(work, conversation)
        elif conversation.is_answered:
            yield from self._settle(conversation, chance.one_of(RESOLVE_REASONS))
        elif not conversation.channel.is_live:
            conversation.pend(self)
            self._screen = None
            yield self._take(SWITCHING)
            self._close(conversation, work)
            if conversation.awaits_answer:
                self.world.desk.customer_wrote(conversation)
        elif chance.happens(0.5) and (check := conversation.dialogue.check()) is not None:
            conversation.agent_writes(self, check)
            self._expect_silence(work, conversation)
        else:
            yield from self._settle(conversation, "no_reply")

    def _forget_superseded(self, conversation: Conversation) -> None:
        """Close work whose conversation has moved on to other work."""
        for work, owned in list(self._works.items()):
            if owned is conversation and conversation.work is not work:
                self._close(conversation, work)

    def _recall(self, conversation: Conversation) -> Acting:
        """Take a resolved conversation up again: there is news."""
        work = conversation.work
        is_taken = work is not None and work.is_open
        if is_taken or conversation.is_over or not conversation.session.is_resolved:
            return
        self._leave_screen()
        conversation.reopen(self)
        self._screen = conversation
        yield self._take(COMPOSING)
        if not conversation.has_ended and not conversation.awaits_answer:
            conversation.agent_writes(self, conversation.dialogue.follow_up())
            yield self._take(SWITCHING)
            if not conversation.awaits_answer:
                conversation.resolve(self, "follow_up")
                self._screen = None
                return
        self._leave_screen()

    def _reach_out(self) -> Acting:
        """Write to a customer unasked."""
        world = self.world
        customer = world.customer_to_write_to()
        if customer is None or self.load + customer.channel.capacity_weight > self._limit:
            return
        self._leave_screen()
        conversation = customer.conversation_about(world.draw_topic(), 1)
        conversation.start(AGENT_INITIATED, AGENT, self)
        work = conversation.take_work(self, self.team_at(world.environment.now))
        self.load += work.capacity_weight
        self._owns(work, conversation)
        self._screen = None
        yield from self._look_at(conversation)
        yield self._take(COMPOSING)
        conversation.agent_writes(self, conversation.dialogue.outreach(), is_proactive=True)
        self._expect_silence(work, conversation)
        world.start(customer.answer_outreach())
        yield self._take(SWITCHING)

    def _hand_over(self) -> Acting:
        """Leave nothing behind: answerless customers to the team, the others parked or settled."""
        desk = self.world.desk
        desk.is_not_ready(self)
        if self._works:
            self.becomes("busy")
        while self._works:
            work, conversation = next(iter(self._works.items()))
            team_id = self.team_at(self.world.environment.now)
            yield self._take(SWITCHING)
            if conversation.work is not work or conversation.has_ended:
                self._close(conversation, work)
            elif conversation.awaits_answer:
                conversation.transfer_work(work, self, team_id)
                self._release(work)
                desk.request(conversation, team_id)
            elif conversation.is_answered:
                conversation.resolve(self, "solved")
                yield self._take(SWITCHING)
                self._close(conversation, work)
                if conversation.awaits_answer and not conversation.has_ended:
                    desk.customer_wrote(conversation)
            else:
                conversation.pend(self)
                yield self._take(SWITCHING)
                self._close(conversation, work)
                if conversation.awaits_answer:
                    desk.customer_wrote(conversation)
        self._screen = None
