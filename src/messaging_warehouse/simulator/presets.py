"""Two centres: one of any size, and Kettle, the coffee subscription of the demo."""

from __future__ import annotations

from datetime import date, timedelta

from messaging_warehouse.simulator.centre import (
    Account,
    Agent,
    Break,
    Centre,
    Channel,
    Holiday,
    Membership,
    OpeningHours,
    Rates,
    Schedule,
    Shift,
    SlaPolicy,
    Team,
    Topic,
    require_countable_agents,
)
from messaging_warehouse.simulator.clock import require_few_days
from messaging_warehouse.simulator.errors import SimulationError
from messaging_warehouse.simulator.names import agent_name

SESSIONS_PER_AGENT_AND_DAY = 36.0
OUTREACH_PER_AGENT_AND_DAY = 0.6

_WEEKDAYS = (1, 2, 3, 4, 5)
# Everybody has been there for years when the simulated time begins.
_TENURE = timedelta(days=500)


def _daily(weekdays: tuple[int, ...], *hours: tuple[str, str]) -> tuple[OpeningHours, ...]:
    return tuple(OpeningHours(weekday, opens, closes) for weekday in weekdays for opens, closes in hours)


# --- a centre of any size ---------------------------------------------------------------------

_CHANNELS = (
    Channel("web", "Website chat", "web_chat", "enhanced", 34, "weekdays_london", "Europe/London",
            is_live=True, bot_id="bot-iris", capacity_weight=2),
    Channel("app", "Mobile app", "in_app", "enhanced", 22, "every_day_berlin", "Europe/Berlin", bot_id="bot-iris"),
    Channel("whatsapp", "WhatsApp", "whatsapp", "enhanced", 24, None, "Europe/Berlin", bot_id="bot-iris"),
    Channel("sms", "Text messages", "sms", "standard", 8, "weekdays_london", "Europe/London"),
    Channel("facebook", "Facebook Messenger", "facebook_messenger", "standard", 7, "every_day_berlin", "Europe/Berlin"),
    Channel("apple", "Apple Messages", "apple_messages", "enhanced", 4, "nights_new_york", "America/New_York"),
    Channel("playground", "Playground (test)", "web_chat", "enhanced", 1, "weekdays_london", "Europe/London",
            is_test=True, is_live=True),
)  # fmt: skip
_TEAMS = (Team("support", "Customer Support"), Team("orders", "Orders and Delivery"), Team("billing", "Billing"))
_TOPICS = (
    Topic("delivery", "Delivery", "orders", 24),
    Topic("damaged", "Damaged or wrong goods", "orders", 13),
    Topic("refund", "Refund", "billing", 12),
    Topic("invoice", "Invoices and payment", "billing", 11),
    Topic("repair", "Repair", "support", 12),
    Topic("subscription", "Subscription change", "support", 12),
    Topic("product", "Product question", "support", 9),
    Topic("account", "Account and login", "support", 6),
    Topic("gift-cards", "Vouchers and gift cards", "billing", 1, is_active=False),
)
_ACCOUNTS = (
    Account("alder", "Alder Dental"),
    Account("brook", "Brook & Daughters, Ltd."),
    Account("cobalt", "Cobalt Climbing"),
    Account("drift", "The “Drift” Hotel"),
    Account("ember", "Ember Kitchens"),
    Account("fjord", "Fjord Outdoor"),
)
# Shifts that agents take in turn: most by day, some late, some at weekends, a few by night in New York.
_SHIFTS = (
    ("Europe/London", (Shift(_WEEKDAYS, "08:30", "17:00"),)),
    ("Europe/Berlin", (Shift(_WEEKDAYS, "09:00", "17:30"),)),
    ("Europe/London", (Shift((2, 3, 4, 5, 6), "10:00", "18:30"),)),
    ("Europe/Berlin", (Shift((1, 2, 3), "12:00", "21:00"), Shift((6, 7), "09:00", "17:00"))),
    ("Europe/London", (Shift((1, 4, 5), "11:30", "20:00"), Shift((6, 7), "10:00", "18:00"))),
    ("America/New_York", (Shift((1, 2, 3, 4, 7), "20:00", "04:00"),)),
)
_TEAM_TURNS = ("support", "orders", "support", "billing", "orders", "support")


def default_centre(
    agents: int = 20,
    start: date = date(2026, 2, 1),
    days: int = 28,
    sessions_per_day: float | None = None,
    capacity: int = 4,
    seats: int | None = None,
    rates: Rates | None = None,
) -> Centre:
    """Return a centre with so many agents, three teams, seven channels (one for tests) and four schedules.

    `start` and `days` place what is dated: the agent who changes the team half-way, and the holidays. Without
    `sessions_per_day` there are 36 per agent. Raises SimulationError for fewer than one agent or day.
    """
    if agents < 1:
        raise SimulationError(f"{agents} agents cannot answer anybody; give at least 1.")
    require_countable_agents(agents)
    require_few_days(days)
    monday_after_next = start + timedelta(days=14 - start.weekday())
    holidays = (
        Holiday(monday_after_next + timedelta(days=2), "Company day"),
        Holiday(monday_after_next + timedelta(days=4), "Short Friday", "09:00", "12:00"),
    )
    return Centre(
        channels=_CHANNELS,
        teams=_TEAMS,
        topics=_TOPICS,
        agents=tuple(_default_agent(number, start, days, capacity) for number in range(agents)),
        accounts=_ACCOUNTS,
        schedules=(
            Schedule("weekdays_london", "Europe/London",
                     _daily(_WEEKDAYS, ("08:30", "12:30"), ("13:30", "18:00")), holidays),
            Schedule("every_day_berlin", "Europe/Berlin", _daily((1, 2, 3, 4, 5, 6, 7), ("08:00", "21:00")),
                     holidays[1:]),
            Schedule("nights_new_york", "America/New_York", _daily((1, 2, 3, 4, 7), ("20:00", "04:00"))),
        ),
        sla_policies=(
            SlaPolicy("first-standard", "First response within 30 minutes", "first_response", 1800, "business"),
            SlaPolicy("first-web", "Website: first response within 2 minutes", "first_response", 120, "business",
                      channel_id="web"),
            SlaPolicy("first-web-billing", "Website, Billing: first response within 4 minutes", "first_response", 240,
                      "business", channel_id="web", team_id="billing"),
            SlaPolicy("next-standard", "Next response within 15 minutes", "next_response", 900, "business"),
            SlaPolicy("resolution-standard", "Resolved within 8 business hours", "resolution", 28800, "business"),
            SlaPolicy("resolution-refund", "Refunds resolved within 2 days", "resolution", 172800, "calendar",
                      topic_id="refund"),
        ),
        sessions_per_day=SESSIONS_PER_AGENT_AND_DAY * agents if sessions_per_day is None else sessions_per_day,
        outreach_per_day=OUTREACH_PER_AGENT_AND_DAY * agents,
        seats=seats,
        rates=rates or Rates(),
    )  # fmt: skip


def _default_agent(number: int, start: date, days: int, capacity: int) -> Agent:
    timezone, shifts = _SHIFTS[number % len(_SHIFTS)]
    team_id = _TEAM_TURNS[(number + number // len(_TEAM_TURNS)) % len(_TEAM_TURNS)]
    joined = start - _TENURE
    memberships: tuple[Membership, ...] = (Membership(team_id, joined),)
    half_way = start + timedelta(days=days // 2)
    if number == 1 and days > 1:
        memberships = (Membership(team_id, joined, half_way), Membership("billing", half_way))
    name = agent_name(number)
    return Agent(
        agent_id=f"agent-{number + 1:02d}",
        agent_name=name,
        email=f"{name.lower().replace(' ', '.')}.{number + 1}@centre.example",
        timezone=timezone,
        shifts=shifts,
        memberships=memberships,
        # One in seven has no limit.
        capacity=None if number % 7 == 6 else capacity,
        business_hours_id="weekdays_london" if timezone == "Europe/London" else None,
    )


# --- the demo's centre ------------------------------------------------------------------------


def _kettle_agent(
    name: str, timezone: str, capacity: int | None, team_id: str, shift: Shift, moves: date | None = None
) -> Agent:
    memberships: tuple[Membership, ...] = (Membership(team_id, date(2025, 6, 2)),)
    if moves is not None:
        memberships = (Membership(team_id, date(2025, 6, 2), moves), Membership("billing", moves))
    first_name = name.split()[0].lower()
    return Agent(
        agent_id=f"agent-{first_name}",
        agent_name=name,
        email=f"{name.lower().replace(' ', '.')}@kettle.example",
        timezone=timezone,
        shifts=(shift,),
        memberships=memberships,
        capacity=capacity,
        business_hours_id={"Europe/London": "support_london", "Europe/Berlin": "weekdays_berlin"}.get(timezone),
    )


def demo_centre(sessions_per_day: float = 4.7, rates: Rates | None = None) -> Centre:
    """Return Kettle as the demo knows it, with six part-time agents of its own beside those of the hand-made days.

    Channels, teams, topics, accounts and schedules have the demo's ids; its sandbox and its night line are left out.
    The schedules say no more than the simulation needs: the project's own configuration is what counts in the demo.
    """
    move = date(2026, 3, 2)
    return Centre(
        channels=(
            Channel("web", "Website chat", "web_chat", "enhanced", 30, "weekdays_utc", "UTC",
                    is_live=True, bot_id="bot-nora"),
            Channel("app", "Kettle app", "in_app", "enhanced", 22, "support_london", "Europe/London",
                    bot_id="bot-nora"),
            Channel("whatsapp", "WhatsApp", "whatsapp", "enhanced", 24, None, "Europe/Berlin", bot_id="bot-nora"),
            Channel("sms", "Text messages", "sms", "standard", 10, "support_london", "Europe/London"),
            Channel("facebook", "Facebook Messenger", "facebook_messenger", "standard", 9, "weekdays_berlin",
                    "Europe/Berlin"),
            Channel("apple", "Apple Messages", "apple_messages", "enhanced", 5, "weekdays_berlin", "Europe/Berlin"),
        ),
        teams=(
            Team("billing", "Billing"),
            Team("orders", "Orders, Delivery & Returns"),
            Team("support", "Customer Support"),
        ),
        topics=(
            Topic("damaged", "Damaged, wrong or missing goods", "orders", 14),
            Topic("delivery", "Delivery", "orders", 25),
            Topic("invoice", "Invoices and payment", "billing", 11),
            Topic("product", "Product question", "support", 10),
            Topic("refund", "Refund", "billing", 12),
            Topic("repair", "Machine and repair", "support", 14),
            Topic("subscription", "Subscription change", "support", 14),
        ),
        agents=(
            _kettle_agent("Ida Lund", "Europe/London", 4, "support", Shift((1, 2, 3, 4), "09:00", "15:30")),
            _kettle_agent("Jakob Stern", "Europe/Berlin", 4, "orders", Shift((1, 3, 5), "09:00", "17:00")),
            _kettle_agent("Karim Nasser", "Europe/London", 3, "orders", Shift((2, 4, 6), "10:00", "18:00")),
            _kettle_agent("Lucia Ramos", "Europe/Berlin", 4, "support", Shift((4, 5, 7), "13:00", "21:30")),
            _kettle_agent("Mei Wong", "Europe/London", None, "billing", Shift((1, 2, 4), "11:00", "19:00")),
            _kettle_agent("Nils Berg", "Europe/Berlin", 3, "support", Shift((3, 5, 6), "11:00", "19:00"), move),
        ),
        accounts=(
            Account("bluebird", "Bluebird Bikes"),
            Account("harbor", "Harbor & Sons, Ltd."),
            Account("lumen", "Lumen Studio"),
            Account("pinecrest", "Pinecrest School"),
            Account("quill", 'The "Quill" Bookshop'),
            Account("tamarind", "Tamarind Kitchen"),
        ),
        schedules=(
            Schedule("weekdays_utc", "UTC", _daily(_WEEKDAYS, ("09:00", "17:00"))),
            Schedule("weekdays_berlin", "Europe/Berlin", _daily(_WEEKDAYS, ("09:00", "18:00")),
                     (Holiday(date(2026, 3, 13), "Company day", "09:00", "12:00"),)),
            Schedule("support_london", "Europe/London",
                     _daily(_WEEKDAYS, ("08:30", "12:30"), ("13:30", "18:00")) + _daily((6,), ("10:00", "14:00")),
                     (Holiday(date(2026, 3, 11), "Stocktaking"),)),
        ),
        sla_policies=(),
        sessions_per_day=sessions_per_day,
        outreach_per_day=0.8,
        breaks=(Break(200, 30),),
        rates=rates or Rates(),
    )  # fmt: skip
