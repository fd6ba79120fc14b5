"""How long things take, how often they happen, and where the shapes come from.

Sources:

- Brown, Gans, Mandelbaum, Sakov, Shen, Zeltyn and Zhao (2005), “Statistical Analysis of a Telephone Call Center:
  A Queueing-Science Perspective”, Journal of the American Statistical Association 100(469): service times are
  log-normal; arrivals are a Poisson process whose rate changes over the day.
- Garnett, Mandelbaum and Reiman (2002), “Designing a Call Center with Impatient Customers”, Manufacturing & Service
  Operations Management 4(3): patience is exponential (the Erlang-A model).
- Stouffer, Malmgren and Amaral (2006), “Log-normal statistics in e-mail communication patterns”
  (arXiv:physics/0605027): the time that people take to answer a written message is log-normal.
- Tezcan and Zhang (2014), “Routing and Staffing in Customer Service Chat Systems with Impatient Customers”,
  Operations Research 62(4): one agent serves several chats at once, up to a limit.

The shapes are theirs; every number below is our choice, for a centre that a reader would believe.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from messaging_warehouse.simulator.clock import HOUR, MINUTE, SECOND

T = TypeVar("T")

# Arrivals by local hour, 0 to 23, relative: a morning peak, a dip at noon, an afternoon peak, a quiet evening.
ARRIVALS_BY_HOUR = (2, 1, 1, 1, 1, 2, 6, 18, 45, 78, 96, 92, 70, 72, 88, 90, 80, 62, 44, 34, 30, 24, 14, 6)
# By ISO weekday, Monday first, relative to the mean of a week: Monday is the busiest, weekends are quiet.
ARRIVALS_BY_WEEKDAY = (1.32, 1.18, 1.12, 1.08, 1.05, 0.70, 0.55)
# How much of the usual contacts still comes on a day off, or in the hours that a short day lacks.
ARRIVALS_ON_HOLIDAY = 0.45
# How much of them comes in on a live channel outside its hours, when its window is closed to all who have not begun.
ARRIVALS_ON_CLOSED_WINDOW = 0.01

FOCUS_IDLE_LIMIT = 15 * MINUTE
SESSION_INACTIVITY_LIMIT = 24 * HOUR


@dataclass(frozen=True)
class LogNormal:
    """A log-normal duration: half of them lie below `median` (milliseconds); `sigma` is that of the logarithm."""

    median: int
    sigma: float
    least: int = SECOND


@dataclass(frozen=True)
class Exponential:
    """An exponential duration in milliseconds."""

    mean: int


# --- agents -----------------------------------------------------------------------------------
READING = LogNormal(9 * SECOND, 0.7)
COMPOSING = LogNormal(48 * SECOND, 0.75, 4 * SECOND)
SECOND_MESSAGE = LogNormal(14 * SECOND, 0.5)
GOODBYE = LogNormal(10 * SECOND, 0.5)
WRAP_UP = LogNormal(40 * SECOND, 0.7, 3 * SECOND)
ACCEPTING = LogNormal(6 * SECOND, 0.6)
DECLINING = LogNormal(9 * SECOND, 0.5)
SWITCHING = LogNormal(2 * SECOND, 0.5, 300)
LINGERING = LogNormal(55 * SECOND, 0.6)
RESEARCHING = LogNormal(21 * MINUTE, 0.25)
PUSH_TIMEOUT = 45 * SECOND
LIVE_SILENCE = LogNormal(4 * MINUTE, 0.3)
ASYNCHRONOUS_SILENCE = LogNormal(11 * MINUTE, 0.4)
NOTICING_FAILURE = LogNormal(35 * SECOND, 0.5)

# --- bots -------------------------------------------------------------------------------------
BOT_TYPING = LogNormal(1_800, 0.4, 400)
BOT_WAIT_BEFORE_RESOLVING = LogNormal(40 * SECOND, 0.5)

# --- customers --------------------------------------------------------------------------------
LIVE_PATIENCE = Exponential(30 * MINUTE)
ASYNCHRONOUS_PATIENCE = Exponential(9 * HOUR)
LIVE_ANSWER = LogNormal(38 * SECOND, 0.9, 2 * SECOND)
ASYNCHRONOUS_ANSWER = LogNormal(7 * MINUTE, 1.5, 3 * SECOND)
LATE_ANSWER = LogNormal(31 * HOUR, 0.4)
BURST_GAP = LogNormal(13 * SECOND, 0.6)
RETURNING = LogNormal(5 * HOUR, 1.3, 2 * MINUTE)
CLOSING_WINDOW = LogNormal(25 * SECOND, 0.8)
OUTREACH_ANSWER = LogNormal(40 * MINUTE, 1.2)
# How long a customer who has said thanks still looks at the window.
GOODBYE_AWAITED = 3 * MINUTE

# --- the platform -----------------------------------------------------------------------------
DELIVERING = LogNormal(700, 0.6, 120)
READING_RECEIPT = LogNormal(20 * SECOND, 1.2, 400)
FAILING = LogNormal(3 * SECOND, 0.8, 300)
DELIVERY_LAG = LogNormal(900, 0.7, 20)
SURVEY_DELAY = LogNormal(4 * SECOND, 0.4)
SURVEY_ANSWER = LogNormal(2 * MINUTE, 1.2, 4 * SECOND)


class Chance:
    """The one source of randomness of a run: equal seeds, equal runs."""

    __slots__ = ("_gauss", "_random", "rng")

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._gauss = self.rng.gauss
        self._random = self.rng.random

    def happens(self, rate: float) -> bool:
        """Whether something of this probability happens this time."""
        return self._random() < rate

    def duration(self, shape: LogNormal) -> int:
        """Return a duration in milliseconds."""
        drawn = int(shape.median * math.exp(self._gauss(0.0, shape.sigma)))
        return drawn if drawn > shape.least else shape.least

    def patience(self, shape: Exponential) -> int:
        """Return how long somebody is prepared to wait, in milliseconds; nobody gives up within ten seconds."""
        return max(10 * SECOND, int(self.rng.expovariate(1.0) * shape.mean))

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both bounds included, each as likely."""
        return low + int(self._random() * (high - low + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of the choices, each as likely."""
        return choices[int(self._random() * len(choices))]

    def count(self, mean: float) -> int:
        """Return a Poisson number of arrivals."""
        total, arrivals = self.rng.expovariate(1.0), 0
        while total < mean:
            total += self.rng.expovariate(1.0)
            arrivals += 1
        return arrivals


class Weighted:
    """Choices that are not equally likely."""

    __slots__ = ("_choices", "_cumulative")

    def __init__(self, choices: Sequence[tuple[str, float]]) -> None:
        self._choices = [choice for choice, _ in choices]
        self._cumulative = list(accumulate(weight for _, weight in choices))

    def draw(self, chance: Chance) -> str:
        """Return one of the choices."""
        return chance.rng.choices(self._choices, cum_weights=self._cumulative)[0]
