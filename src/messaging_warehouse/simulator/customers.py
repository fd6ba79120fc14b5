"""Customers: they write, wait, answer in their own time, and give up in their own time."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from messaging_warehouse.simulator.clock import SECOND
from messaging_warehouse.simulator.conversations import Conversation
from messaging_warehouse.simulator.distributions import (
    ASYNCHRONOUS_ANSWER,
    ASYNCHRONOUS_PATIENCE,
    BURST_GAP,
    CLOSING_WINDOW,
    GOODBYE_AWAITED,
    LATE_ANSWER,
    LIVE_ANSWER,
    LIVE_PATIENCE,
    OUTREACH_ANSWER,
    RETURNING,
)
from messaging_warehouse.simulator.vocabulary import END_USER, INBOUND
from messaging_warehouse.simulator.waiting import Bell, Waiting

if TYPE_CHECKING:
    from messaging_warehouse.simulator.centre import Channel, Topic
    from messaging_warehouse.simulator.memory import Session
    from messaging_warehouse.simulator.world import World

Acting = Generator[Waiting, bool, None]

# Waits beyond which a customer is a little, and a lot, less happy.
_WAIT_NOTICED = 300 * SECOND
_WAIT_RESENTED = 1_800 * SECOND


class Customer:
    """One messaging user: one address on one channel, with at most one conversation going on."""

    __slots__ = (
        "_bell",
        "account_id",
        "channel",
        "contact_id",
        "conversation",
        "display_name",
        "is_engaged",
        "locale",
        "messaging_user_id",
        "platform_key",
        "world",
    )

    def __init__(
        self,
        world: World,
        messaging_user_id: str,
        channel: Channel,
        display_name: str,
        contact_id: str | None,
        account_id: str | None,
        locale: str,
        platform_key: str,
    ) -> None:
        self.world = world
        self.messaging_user_id = messaging_user_id
        self.channel = channel
        self.display_name = display_name
        self.contact_id = contact_id
        self.account_id = account_id
        self.locale = locale
        self.platform_key = platform_key
        self.conversation: Conversation | None = None
        self.is_engaged = False
        self._bell = Bell(world.environment)

    def hears(self) -> None:
        """Receive an answer."""
        self._bell.ring()

    # --- what customers do --------------------------------------------------------------------

    def contact(self, topic: Topic) -> Acting:
        """Get in touch about a topic, and see it through."""
        chance, rates = self.world.chance, self.world.rates
        conversation = self.conversation_about(topic, self._exchanges())
        if conversation.is_over:
            conversation.is_with_bot = self.channel.bot_id is not None and chance.happens(rates.bot_engaged)
            if self.channel.platform_type == "enhanced":
                conversation.start(INBOUND, END_USER)
        if chance.happens(rates.inbound_failed):
            conversation.customer_message_fails()
            yield self._pause(40 * SECOND)
        yield from self._write(conversation.dialogue.opening(), more=True)
        yield from self._see_through()

    def answer_outreach(self) -> Acting:
        """React to a message that the business sent unasked, or do not."""
        chance = self.world.chance
        if chance.happens(self.world.rates.outreach_answered):
            yield self._pause(chance.duration(OUTREACH_ANSWER))
            self._bell.silence()
            yield from self._write(self._thread.dialogue.reply(), more=False)
            yield from self._see_through()
        else:
            self.is_engaged = False

    def conversation_about(self, topic: Topic, exchanges: int) -> Conversation:
        """Return the conversation for a new matter: live channels begin one, others carry theirs on."""
        self.is_engaged = True
        self._bell.silence()
        if self.conversation is None or self.channel.is_live:
            self.conversation = self.world.new_conversation(self, topic)
        self.conversation.plan(topic, exchanges)
        return self.conversation

    def satisfaction(self, session: Session) -> int:
        """Return a score from 1 to 5: waits annoy, and so does having to come back."""
        chance = self.world.chance
        score = 5 if chance.happens(0.62) else 4
        waits = [answer.responded_at - answer.run.first_at for answer in session.answers if answer.is_by_business]
        longest = max(waits, default=0)
        score -= (longest > _WAIT_NOTICED) * chance.happens(0.4) + (longest > _WAIT_RESENTED) * chance.happens(0.5)
        score -= 2 * (len(session.cycles) > 1 and chance.happens(0.4))
        return max(1, score - chance.happens(0.06) * 2)

    # --- how they do it -----------------------------------------------------------------------

    @property
    def _thread(self) -> Conversation:
        assert self.conversation is not None
        return self.conversation

    def _exchanges(self) -> int:
        """Return how many answers a matter takes: one to six, mostly one or two."""
        chance = self.world.chance
        exchanges = 1
        while exchanges < 6 and chance.happens(0.45):
            exchanges += 1
        return exchanges

    def _pause(self, duration: int) -> Waiting:
        return self.world.environment.timeout(duration)

    def _write(self, text: str, more: bool) -> Acting:
        """Send a message, and perhaps one or two more in a row; then the business is told."""
        world = self.world
        conversation = self._thread
        conversation.customer_writes(text, may_have_a_file=more)
        world.desk.customer_wrote(conversation)
        while more and world.chance.happens(0.3):
            yield self._pause(world.chance.duration(BURST_GAP))
            dialogue = conversation.dialogue
            if conversation.has_ended or conversation.is_answered:
                return
            if dialogue.is_asked:
                conversation.customer_writes(dialogue.reply())
            elif world.chance.happens(world.rates.file_without_words):
                conversation.customer_writes(None)
            elif (addition := dialogue.more()) is not None:
                conversation.customer_writes(addition)
            else:
                return
            world.desk.customer_wrote(conversation)

    def _see_through(self) -> Acting:
        """Wait and answer until the matter is settled or given up."""
        chance, rates = self.world.chance, self.world.rates
        conversation = self._thread
        while True:
            if not conversation.is_answered and not (yield from self._wait_for_answer()):
                if self.channel.is_live and not conversation.has_ended:
                    conversation.end(END_USER)
                    self.world.desk.customer_left(conversation)
                break
            if conversation.is_answered:
                if not (yield from self._take_leave()):
                    break
                continue
            if chance.happens(rates.customer_vanishes):
                break
            yield self._pause(self._time_to_answer())
            self._bell.silence()
            if conversation.dialogue.is_asked and not conversation.is_answered and not conversation.has_ended:
                yield from self._write(conversation.dialogue.reply(), more=False)
        self.is_engaged = False

    def _time_to_answer(self) -> int:
        chance = self.world.chance
        if self.channel.is_live:
            return chance.duration(LIVE_ANSWER)
        is_late = chance.happens(self.world.rates.customer_answers_late)
        return chance.duration(LATE_ANSWER if is_late else ASYNCHRONOUS_ANSWER)

    def _wait_for_answer(self) -> Generator[Waiting, bool, bool]:
        """Wait as long as the customer's patience lasts; some ask again half-way."""
        chance = self.world.chance
        patience = chance.patience(LIVE_PATIENCE if self.channel.is_live else ASYNCHRONOUS_PATIENCE)
        if not chance.happens(self.world.rates.customer_nudges):
            return (yield self._bell.wait(patience))
        if (yield self._bell.wait(patience // 2)):
            return True
        if not self._thread.has_ended:
            yield from self._write(self._thread.dialogue.nudge(), more=False)
        return (yield self._bell.wait(patience - patience // 2))

    def _take_leave(self) -> Generator[Waiting, bool, bool]:
        """Thank, close the window, fall silent, or come back later; return whether there is more to see through."""
        chance, rates = self.world.chance, self.world.rates
        conversation = self._thread
        if chance.happens(rates.customer_thanks):
            yield self._pause(chance.duration(LIVE_ANSWER))
            if not conversation.has_ended and not conversation.session.is_resolved:
                self._bell.silence()
                yield from self._write(conversation.dialogue.thanks(), more=False)
                if self.channel.is_live:
                    yield self._bell.wait(GOODBYE_AWAITED)
        if self.channel.is_live and chance.happens(rates.window_closed):
            yield self._pause(chance.duration(CLOSING_WINDOW))
            if not conversation.has_ended:
                conversation.end(END_USER)
                self.world.desk.customer_left(conversation)
        if not chance.happens(rates.customer_returns):
            return False
        yield self._pause(chance.duration(RETURNING))
        conversation.take_up_again(chance.between(1, 2))
        self._bell.silence()
        yield from self._write(conversation.dialogue.back_again(), more=True)
        return True
