"""Waiting that can be cut short: the part of simpy that the actors need, and cheap."""

from __future__ import annotations

from typing import cast

import simpy

Waiting = simpy.Event


class Clockwork(simpy.Environment):
    """The shared clock, in whole milliseconds since 1970."""

    @property
    def now(self) -> int:
        """The present."""
        return cast(int, self._now)


class Bell:
    """Wakes the one process that waits for it; a ring that nobody waits for is remembered."""

    __slots__ = ("_environment", "_has_rung", "_waiting")

    def __init__(self, environment: Clockwork) -> None:
        self._environment = environment
        self._waiting: Waiting | None = None
        self._has_rung = False

    def ring(self) -> None:
        """Wake whoever waits, now; if nobody does, the next wait is over at once."""
        if self._waiting is not None and not self._waiting.triggered:
            self._waiting.succeed(True)
        else:
            self._has_rung = True

    def silence(self) -> None:
        """Forget a ring that nobody has heard."""
        self._has_rung = False

    def wait(self, duration: int) -> Waiting:
        """Return an event to yield: its value is whether the bell rang within the duration (milliseconds)."""
        waiting = self._environment.event()
        if self._has_rung:
            self._has_rung = False
            waiting.succeed(True)
            return waiting
        self._waiting = waiting
        timeout = self._environment.timeout(max(duration, 0))

        def give_up(_: Waiting) -> None:
            if not waiting.triggered:
                waiting.succeed(False)

        assert timeout.callbacks is not None
        timeout.callbacks.append(give_up)
        return waiting
