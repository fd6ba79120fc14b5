"""The simulated world: everybody in it, and the clock that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from messaging_warehouse.simulator.agents import AgentAtWork
from messaging_warehouse.simulator.centre import Centre, Channel, Topic
from messaging_warehouse.simulator.clock import HOUR, SECOND, local_moment, to_datetime
from messaging_warehouse.simulator.conversations import Conversation
from messaging_warehouse.simulator.customers import Acting, Customer
from messaging_warehouse.simulator.desk import Desk
from messaging_warehouse.simulator.distributions import (
    ARRIVALS_BY_HOUR,
    ARRIVALS_BY_WEEKDAY,
    ARRIVALS_ON_CLOSED_WINDOW,
    ARRIVALS_ON_HOLIDAY,
    Chance,
    Weighted,
)
from messaging_warehouse.simulator.journal import Journal
from messaging_warehouse.simulator.names import display_name, locale_of, platform_key
from messaging_warehouse.simulator.openings import Openings
from messaging_warehouse.simulator.vocabulary import BOT, SYSTEM, TRIGGERED_OUTBOUND
from messaging_warehouse.simulator.waiting import Clockwork

# The world stands still a second before its last moment, so that every stamp lies within it.
_STANDSTILL = SECOND
Progress = Callable[[float], None]


class World:
    """A centre, its customers and the time from `first_moment` to `last_moment` (milliseconds, both included)."""

    def __init__(self, centre: Centre, first_moment: int, last_moment: int, seed: int, id_prefix: str) -> None:
        self.centre = centre
        self.rates = centre.rates
        self.first_moment = first_moment
        self.last_moment = last_moment
        self.chance = Chance(seed)
        self.environment = Clockwork(first_moment)
        self.journal = Journal(id_prefix, last_moment, self.chance)
        self.desk = Desk(self)
        self.agents = [AgentAtWork(self, agent) for agent in centre.agents]
        self.customers: list[Customer] = []
        self.conversations: list[Conversation] = []
        self._prefix = id_prefix
        self._contact_count = 0
        self._customers_by_channel: dict[str, list[Customer]] = {channel.channel_id: [] for channel in centre.channels}
        self._topics = {topic.topic_id: topic for topic in centre.topics}
        self._topic_draw = Weighted([(topic.topic_id, topic.share) for topic in centre.topics])
        self._hours = Weighted([(str(hour), weight) for hour, weight in enumerate(ARRIVALS_BY_HOUR)])
        self._schedules = {schedule.business_hours_id: schedule for schedule in centre.schedules}
        self._openings = {schedule.business_hours_id: Openings(schedule) for schedule in centre.schedules}
        self._contacts_per_day = {channel.channel_id: self._usual_contacts(channel) for channel in centre.channels}

    def run(self, progress: Progress | None = None) -> None:
        """Let the time pass; `progress` is told the part of it that has passed, a few times a day."""
        environment = self.environment
        for agent in self.agents:
            self.start(agent.live())
        self.start(self._arrivals())
        standstill = self.last_moment - _STANDSTILL
        step = 6 * HOUR
        for until in (*range(self.first_moment + step, standstill, step), standstill):
            environment.run(until=until)
            if progress is not None:
                progress((until - self.first_moment) / (standstill - self.first_moment))

    def start(self, acting: Acting) -> None:
        """Let somebody act from now on."""
        self.environment.process(acting)

    # --- looking around -----------------------------------------------------------------------

    def days_off(self, business_hours_id: str | None) -> frozenset[date]:
        """Return the holidays of a schedule that are closed all day."""
        schedule = self._schedules.get(business_hours_id or "")
        holidays = schedule.holidays if schedule is not None else ()
        return frozenset(holiday.holiday_date for holiday in holidays if holiday.opens_at is None)

    def draw_topic(self) -> Topic:
        """Return a topic, the frequent ones more often."""
        return self._topics[self._topic_draw.draw(self.chance)]

    def colleague_of(self, agent: AgentAtWork, team_id: str) -> AgentAtWork | None:
        """Return another agent of the team."""
        now = self.environment.now
        others = [other for other in self.agents if other is not agent and other.team_at(now) == team_id]
        return self.chance.one_of(others) if others else None

    def customer_to_write_to(self) -> Customer | None:
        """Return a customer on a channel where the business may begin, with nothing going on at the moment."""
        channels = [channel for channel in self.centre.channels if not channel.is_live and not channel.is_test]
        if not channels:
            return None
        channel = self.chance.one_of(channels)
        return self._known_customer(channel) or self._new_customer(channel)

    # --- customers ----------------------------------------------------------------------------

    def new_conversation(self, customer: Customer, topic: Topic) -> Conversation:
        """Return a conversation that nothing has happened in."""
        conversation_id = f"{self._prefix}-{len(self.conversations) + 1}"
        conversation = Conversation(self, conversation_id, customer.channel, customer, topic)
        self.conversations.append(conversation)
        return conversation

    def _known_customer(self, channel: Channel) -> Customer | None:
        known = self._customers_by_channel[channel.channel_id]
        for _ in range(4 if known else 0):
            customer = self.chance.one_of(known)
            conversation = customer.conversation
            if customer.is_engaged or (conversation is not None and not _is_at_rest(conversation)):
                continue
            return customer
        return None

    def _new_customer(self, channel: Channel) -> Customer:
        chance = self.chance
        contact_id = account_id = None
        name = ""
        if self.customers and chance.happens(self.rates.customer_on_two_channels):
            other = chance.one_of(self.customers)
            if other.contact_id is not None and other.channel is not channel:
                contact_id, account_id, name = other.contact_id, other.account_id, other.display_name
        if contact_id is None and not (channel.is_live and chance.happens(0.25)):
            self._contact_count += 1
            contact_id = f"{self._prefix}-p{self._contact_count}"
            if self.centre.accounts and chance.happens(self.rates.customer_of_account):
                account_id = chance.one_of(self.centre.accounts).account_id
        number = len(self.customers) + 1
        customer = Customer(
            self,
            f"{self._prefix}-u{number}",
            channel,
            name or (display_name(chance) if contact_id else "Guest"),
            contact_id,
            account_id,
            locale_of(channel, chance),
            platform_key(channel, number),
        )
        self.customers.append(customer)
        self._customers_by_channel[channel.channel_id].append(customer)
        return customer

    def _arrivals(self) -> Acting:
        """Let customers get in touch: a Poisson process whose rate follows hour, weekday and holidays."""
        environment, chance = self.environment, self.chance
        day = to_datetime(self.first_moment).date() - timedelta(days=1)
        while True:
            planned = sorted(self._plan_day(day), key=lambda plan: plan[0])
            for at, channel in planned:
                if at <= environment.now:
                    continue
                yield environment.timeout(at - environment.now)
                if channel is None:
                    self._send_campaign()
                else:
                    known = self._known_customer(channel) if chance.happens(self.rates.customer_known) else None
                    customer = known or self._new_customer(channel)
                    customer.is_engaged = True
                    self.start(customer.contact(self.draw_topic()))
            day += timedelta(days=1)
            next_plan = local_moment(day, 0, ZoneInfo("UTC")) - 14 * HOUR
            if next_plan > environment.now:
                yield environment.timeout(next_plan - environment.now)

    def _plan_day(self, day: date) -> Iterator[tuple[int, Channel | None]]:
        """Yield when customers get in touch on a local day, and by which channel; None is a message of ours."""
        centre, chance = self.centre, self.chance
        for channel in centre.channels:
            mean = self._contacts_per_day[channel.channel_id] * ARRIVALS_BY_WEEKDAY[day.weekday()]
            timezone = ZoneInfo(channel.timezone)
            for _ in range(chance.count(mean)):
                minute = int(self._hours.draw(chance)) * 60 + 60 * chance.rng.random()
                at = local_moment(day, minute, timezone)
                if chance.happens(self._part_that_comes(channel, at, day)):
                    yield at, channel
        for _ in range(chance.count(centre.outreach_per_day)):
            yield local_moment(day, 9 * 60 + 180 * chance.rng.random(), ZoneInfo("UTC")), None

    def _usual_contacts(self, channel: Channel) -> float:
        """Return how many would get in touch on a mean day if nothing were ever closed.

        Those whom a closed window keeps away come when it is open.
        """
        centre = self.centre
        mean = centre.sessions_per_day * channel.share / sum(channel.share for channel in centre.channels)
        openings = self._openings.get(channel.business_hours_id or "")
        if openings is None or not channel.is_live:
            return mean
        within = openings.part_of_contacts(channel)
        return mean / (within + (1 - within) * ARRIVALS_ON_CLOSED_WINDOW)

    def _part_that_comes(self, channel: Channel, at: int, day: date) -> float:
        """Return which part of those who usually get in touch at a moment do so on this day."""
        openings = self._openings.get(channel.business_hours_id or "")
        if openings is None or not (channel.is_live or openings.is_holiday(day)) or openings.is_open(at, day):
            return 1.0
        return ARRIVALS_ON_CLOSED_WINDOW if channel.is_live else ARRIVALS_ON_HOLIDAY

    def _send_campaign(self) -> None:
        """Write to a customer unasked, as the system or as the channel's bot."""
        chance = self.chance
        customer = self.customer_to_write_to()
        if customer is None:
            return
        bot_id = customer.channel.bot_id
        conversation = customer.conversation_about(self.draw_topic(), 1)
        text = conversation.dialogue.campaign()
        if bot_id is not None and chance.happens(0.6):
            conversation.start(TRIGGERED_OUTBOUND, BOT, bot_id=bot_id)
            conversation.bot_writes(bot_id, text, is_proactive=True)
        else:
            conversation.start(TRIGGERED_OUTBOUND, SYSTEM)
            conversation.system_writes(text, is_proactive=True)
        self.start(customer.answer_outreach())


def _is_at_rest(conversation: Conversation) -> bool:
    """Whether a conversation is over and nobody is working on it."""
    work = conversation.work
    return conversation.is_over and (work is None or not work.is_open or conversation.has_ended)
