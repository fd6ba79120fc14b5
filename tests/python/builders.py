"""Small readable streams for tests: a conversation is written down as one would tell it.

    conversation("c1").at("10:00").end_user("hi").at("10:02").agent("a1", "hello").resolved("a1")

Times are UTC; a time without a date is on `DEFAULT_DAY`, a Monday. Every event is delivered the
moment it occurs unless `received` says otherwise. Event ids count up in the order of writing, so
that events of one instant and rank keep that order. An actor is named by its id: "end_user" and
"system" are themselves, an id that begins with "bot" is a bot, every other id is an agent.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from reference import RawInput

DEFAULT_DAY = "2024-03-04"
RawRowDict = dict[str, str | None]


def moment(when: str) -> datetime:
    """Read `HH:MM[:SS[.fff]]` on the default day, or the same after `YYYY-MM-DD `, as naive UTC."""
    text = when if " " in when else f"{DEFAULT_DAY} {when}"
    return datetime.fromisoformat(text)


def as_raw_timestamp(when: datetime) -> str:
    """Write a naive UTC moment as the raw tables hold it."""
    return when.isoformat(timespec="milliseconds") + "Z"


def actor(actor_id: str) -> tuple[str, str | None]:
    """Tell an actor's type and id from the name it goes by in a test."""
    if actor_id in ("end_user", "system"):
        return actor_id, None
    return ("bot" if actor_id.startswith("bot") else "agent"), actor_id


class ConversationBuilder:
    """One conversation's deliveries, written in order; every method returns the builder."""

    def __init__(self, conversation_id: str, channel_id: str | None, messaging_user_id: str | None) -> None:
        """Begin at midnight of the default day with no deliveries."""
        self.rows: list[RawRowDict] = []
        self._conversation_id = conversation_id
        self._channel_id = channel_id
        self._messaging_user_id = messaging_user_id
        self._now = moment("00:00")
        self._event_count = 0
        self._first_delivery = 0
        self._message_count = 0

    # --- the clock ----------------------------------------------------------------------------

    def at(self, when: str) -> ConversationBuilder:
        """Set the clock for the events that follow."""
        self._now = moment(when)
        return self

    def after(self, **duration: int) -> ConversationBuilder:
        """Move the clock on, by the keywords of `timedelta`."""
        self._now += timedelta(**duration)
        return self

    # --- any event ----------------------------------------------------------------------------

    def event(self, event_type: str, by: str = "system", **payload: Any) -> ConversationBuilder:
        """Deliver an event of any type; keywords become its payload."""
        self._event_count += 1
        self._first_delivery = len(self.rows)
        actor_type, actor_id = actor(by)
        self.rows.append(
            {
                "event_id": f"{self._conversation_id}-{self._event_count:03d}",
                "event_type": event_type,
                "occurred_at": as_raw_timestamp(self._now),
                "received_at": as_raw_timestamp(self._now),
                "conversation_id": self._conversation_id,
                "channel_id": self._channel_id,
                "messaging_user_id": self._messaging_user_id,
                "actor_type": actor_type,
                "actor_id": actor_id,
                "payload": json.dumps(payload, ensure_ascii=False) if payload else None,
            }
        )
        return self

    # --- messages -----------------------------------------------------------------------------

    def message(self, by: str, text: str | None = None, **payload: Any) -> ConversationBuilder:
        """Send a message; its id is m1, m2, … in the order of writing unless one is given."""
        self._message_count += 1
        keys: dict[str, Any] = {"message_id": f"m{self._message_count}"}
        if text is not None:
            keys["text"] = text
        return self.event("message_sent", by, **(keys | payload))

    def end_user(self, text: str | None = None, **payload: Any) -> ConversationBuilder:
        """The customer writes."""
        return self.message("end_user", text, **payload)

    def agent(self, agent_id: str, text: str | None = None, **payload: Any) -> ConversationBuilder:
        """An agent writes."""
        return self.message(agent_id, text, **payload)

    def bot(self, text: str | None = None, bot_id: str = "bot-1", **payload: Any) -> ConversationBuilder:
        """A bot writes."""
        return self.message(bot_id, text, **payload)

    def system(self, text: str | None = None, **payload: Any) -> ConversationBuilder:
        """The platform itself writes."""
        return self.message("system", text, **payload)

    def delivered(self, message_id: str) -> ConversationBuilder:
        """A receipt: the message was delivered."""
        return self.event("message_delivered", message_id=message_id)

    def read(self, message_id: str) -> ConversationBuilder:
        """A receipt: the message was read."""
        return self.event("message_read", message_id=message_id)

    def failed(self, message_id: str, status_code: str | None = None) -> ConversationBuilder:
        """A failure of the message, with the provider's code if it gave one."""
        if status_code is None:
            return self.event("message_failed", message_id=message_id)
        return self.event("message_failed", message_id=message_id, status_code=status_code)

    # --- the life of a conversation -----------------------------------------------------------

    def started(self, origin: str | None = None, by: str = "system") -> ConversationBuilder:
        """The platform says that the conversation started, and perhaps how."""
        if origin is None:
            return self.event("conversation_started", by)
        return self.event("conversation_started", by, origin=origin)

    def handoff(self, by: str = "bot-1", **payload: Any) -> ConversationBuilder:
        """The bot hands over to humans."""
        return self.event("bot_handoff", by, **payload)

    def pended(self, by: str) -> ConversationBuilder:
        """The conversation is set to pending."""
        return self.event("conversation_pended", by)

    def resolved(self, by: str, **payload: Any) -> ConversationBuilder:
        """The conversation is resolved."""
        return self.event("conversation_resolved", by, **payload)

    def reopened(self, by: str) -> ConversationBuilder:
        """The conversation is reopened."""
        return self.event("conversation_reopened", by)

    def ended(self, by: str) -> ConversationBuilder:
        """The conversation is ended."""
        return self.event("conversation_ended", by)

    def topic_added(self, topic_id: str, by: str = "system") -> ConversationBuilder:
        """A topic is set."""
        return self.event("topic_added", by, topic_id=topic_id)

    def topic_removed(self, topic_id: str, by: str = "system") -> ConversationBuilder:
        """A topic is unset."""
        return self.event("topic_removed", by, topic_id=topic_id)

    # --- agents and their work ----------------------------------------------------------------

    def opened(self, by: str) -> ConversationBuilder:
        """An agent opens the conversation on the screen."""
        return self.event("conversation_opened", by)

    def left(self, by: str) -> ConversationBuilder:
        """An agent leaves the conversation."""
        return self.event("conversation_left", by)

    def work(self, step: str, work_id: str, by: str = "system", **payload: Any) -> ConversationBuilder:
        """A step of a work item: `requested`, `assigned` (needs agent_id), `accepted`, …."""
        return self.event(f"work_{step}", by, work_id=work_id, **payload)

    def after_work_started(self, work_id: str, by: str) -> ConversationBuilder:
        """An agent starts the after-conversation work."""
        return self.event("after_work_started", by, work_id=work_id)

    # --- satisfaction -------------------------------------------------------------------------

    def csat_requested(self, survey_id: str, **payload: Any) -> ConversationBuilder:
        """The customer is asked for a score."""
        return self.event("csat_requested", survey_id=survey_id, **payload)

    def csat_responded(self, survey_id: str, score: Any, **payload: Any) -> ConversationBuilder:
        """The customer gives a score."""
        return self.event("csat_responded", "end_user", survey_id=survey_id, score=score, **payload)

    # --- what the platform reports ------------------------------------------------------------

    def figure_reported(self, figure: str, value: Any, **payload: Any) -> ConversationBuilder:
        """The platform reports a figure of its own, of the session or (needs work_id) of a piece of work."""
        return self.event("figure_reported", figure=figure, value=value, **payload)

    # --- deliveries ---------------------------------------------------------------------------

    def received(self, when: str) -> ConversationBuilder:
        """Say when the last delivery arrived."""
        return self.altered(received_at=as_raw_timestamp(moment(when)))

    def altered(self, **columns: str | None) -> ConversationBuilder:
        """Overwrite raw columns of the last delivery."""
        self.rows[-1].update(columns)
        return self

    def redelivered(self, when: str, **columns: str | None) -> ConversationBuilder:
        """Deliver the last event again, as it was first, then with raw columns overwritten."""
        self.rows.append(dict(self.rows[self._first_delivery]))
        return self.received(when).altered(**columns)


class PresenceBuilder:
    """One agent's presence deliveries, written in order; every method returns the builder."""

    def __init__(self, agent_id: str) -> None:
        """Begin at midnight of the default day with no deliveries."""
        self.rows: list[RawRowDict] = []
        self._agent_id = agent_id
        self._now = moment("00:00")
        self._first_delivery = 0

    def at(self, when: str) -> PresenceBuilder:
        """Set the clock for the events that follow."""
        self._now = moment(when)
        return self

    def status(self, status: str, capacity: str | None = None) -> PresenceBuilder:
        """The agent takes a presence status; capacity None is unlimited."""
        self._first_delivery = len(self.rows)
        self.rows.append(
            {
                "event_id": f"presence-{self._agent_id}-{len(self.rows) + 1:03d}",
                "agent_id": self._agent_id,
                "status": status,
                "capacity": capacity,
                "occurred_at": as_raw_timestamp(self._now),
                "received_at": as_raw_timestamp(self._now),
            }
        )
        return self

    def received(self, when: str) -> PresenceBuilder:
        """Say when the last delivery arrived."""
        return self.altered(received_at=as_raw_timestamp(moment(when)))

    def altered(self, **columns: str | None) -> PresenceBuilder:
        """Overwrite raw columns of the last delivery."""
        self.rows[-1].update(columns)
        return self

    def redelivered(self, when: str, **columns: str | None) -> PresenceBuilder:
        """Deliver the last event again, as it was first, then with raw columns overwritten."""
        self.rows.append(dict(self.rows[self._first_delivery]))
        return self.received(when).altered(**columns)


def conversation(
    conversation_id: str = "c1",
    channel_id: str | None = "ch1",
    messaging_user_id: str | None = "mu1",
) -> ConversationBuilder:
    """Begin to tell a conversation."""
    return ConversationBuilder(conversation_id, channel_id, messaging_user_id)


def presence(agent_id: str) -> PresenceBuilder:
    """Begin to tell an agent's presence."""
    return PresenceBuilder(agent_id)


def membership(agent_id: str, team_id: str, valid_from: str, valid_to: str | None = None) -> RawRowDict:
    """One team membership, its bounds as raw text."""
    return {
        "agent_id": agent_id,
        "team_id": team_id,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def channel(channel_id: str, business_hours_id: str | None = None, is_test: str = "false") -> RawRowDict:
    """One channel, open around the clock unless it names a schedule."""
    return {
        "channel_id": channel_id,
        "channel_name": channel_id,
        "channel_type": "custom",
        "platform_type": "enhanced",
        "business_hours_id": business_hours_id,
        "is_test": is_test,
    }


def sandbox_channel(channel_id: str) -> RawRowDict:
    """One channel that is there to be tried out."""
    return channel(channel_id, is_test="true")


def opening_hours(weekdays: str, *hours: str, business_hours_id: str = "office") -> list[RawRowDict]:
    """The same opening hours on several weekdays: `opening_hours("12345", "09:00-17:00")`."""
    rows: list[RawRowDict] = []
    for weekday in weekdays:
        for interval in hours:
            opens_at, closes_at = interval.split("-")
            rows.append(
                {
                    "business_hours_id": business_hours_id,
                    "iso_weekday": weekday,
                    "opens_at": opens_at,
                    "closes_at": closes_at,
                }
            )
    return rows


def holiday(date: str, hours: str | None = None, business_hours_id: str = "office") -> RawRowDict:
    """One row about a date on which others than the weekday's hours hold; without hours it is closed."""
    opens_at, closes_at = (None, None) if hours is None else hours.split("-")
    return {
        "business_hours_id": business_hours_id,
        "holiday_date": date,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "name": "holiday",
    }


def schedule(timezone: str = "UTC", business_hours_id: str = "office") -> RawRowDict:
    """One schedule; its hours are rows of their own."""
    return {"business_hours_id": business_hours_id, "timezone": timezone}


def policy(policy_id: str, metric: str, target_seconds: int | str, clock: str = "business", **more: str) -> RawRowDict:
    """One policy; `more` are scopes and bounds."""
    scope: RawRowDict = dict.fromkeys(("channel_id", "team_id", "topic_id"))
    bounds: RawRowDict = dict.fromkeys(("valid_from", "valid_to"))
    return {
        "policy_id": policy_id,
        "policy_name": policy_id,
        "metric": metric,
        **scope,
        "target_seconds": str(target_seconds),
        "clock": clock,
        **bounds,
        **more,
    }


def messaging_user(messaging_user_id: str, contact_id: str | None = None, account_id: str | None = None) -> RawRowDict:
    """One messaging user: an address on a channel, perhaps with its contact and account."""
    return {
        "messaging_user_id": messaging_user_id,
        "channel_id": "ch1",
        "platform_key": None,
        "display_name": None,
        "contact_id": contact_id,
        "account_id": account_id,
        "consent_status": None,
        "locale": None,
    }


def raw_input(
    *streams: ConversationBuilder | PresenceBuilder,
    team_memberships: list[RawRowDict] | None = None,
    messaging_users: list[RawRowDict] | None = None,
    channels: list[RawRowDict] | None = None,
) -> RawInput:
    """Put streams and reference rows together to the input of a build."""
    raw = RawInput(
        team_memberships=team_memberships or [], messaging_users=messaging_users or [], channels=channels or []
    )
    for stream in streams:
        if isinstance(stream, ConversationBuilder):
            raw.conversation_events.extend(stream.rows)
        else:
            raw.presence_events.extend(stream.rows)
    return raw
