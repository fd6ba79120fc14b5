"""An agent's timeline: presence, focus and open work, cut wherever any of them changes.

Source: definitions, *Agent timeline, availability, utilisation*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from reference.channels import Channels
from reference.presence import PresenceInterval
from reference.resolutions import TeamMemberships
from reference.visits import Visit
from reference.work import Work


@dataclass(frozen=True)
class Segment:
    """A stretch of one agent's time in which nothing changes, `[started_at, ended_at)`.

    `works` are the agent's open works then, and `test_works` those of them on test channels.
    """

    agent_id: str
    team_id: str | None
    started_at: datetime
    ended_at: datetime
    presence: PresenceInterval | None
    visit: Visit | None
    works: Sequence[Work]
    test_works: Sequence[Work]
    is_test_channel: bool

    @property
    def is_handled(self) -> bool:
        """Whether a conversation is in focus in which the agent writes during this visit."""
        return self.visit is not None and self.visit.is_handled

    @property
    def is_viewing(self) -> bool:
        """Whether a conversation is in focus in which the agent does not write."""
        return self.visit is not None and not self.visit.is_handled


def as_load(number: Decimal) -> Decimal:
    """A weight or capacity as a load: below 0 it is none, and beyond a million it counts as a million."""
    return max(Decimal(0), min(number, Decimal(1_000_000)))


def weight_of(works: Iterable[Work]) -> Decimal:
    """The load that works are together."""
    return sum((as_load(work.capacity_weight) for work in works), start=Decimal(0))


def tell_timeline(
    agent_id: str,
    intervals: Sequence[PresenceInterval],
    visits: Sequence[Visit],
    works: Sequence[Work],
    memberships: TeamMemberships,
    channels: Channels,
    as_of: datetime,
) -> list[Segment]:
    """Cut one agent's time at every start and end, and see what covers each piece.

    What is still open runs to `as_of`, but never ends before it starts. Changes of team cut what
    lies between the first and the last boundary, and do not reach beyond.
    """
    presence_spans = [(interval.started_at, interval.end_at(as_of), interval) for interval in intervals]
    visit_spans = [(visit.started_at, visit.end_at(as_of), visit) for visit in visits]
    work_spans = []
    for work in works:
        stretch = work.open_stretch(as_of)
        if stretch is not None:
            work_spans.append((*stretch, work))

    boundaries = set()
    for start, end, _ in (*presence_spans, *visit_spans, *work_spans):
        boundaries |= {start, end}
    if boundaries:
        first, last = min(boundaries), max(boundaries)
        boundaries |= {moment for moment in memberships.changes_of(agent_id) if first < moment < last}

    segments = []
    in_order = sorted(boundaries)
    for start, end in pairwise(in_order):
        # Presence intervals never overlap, nor do visits: at most one of each covers the piece.
        presence = [interval for since, until, interval in presence_spans if since <= start and end <= until]
        visit = [visit for since, until, visit in visit_spans if since <= start and end <= until]
        open_works = [work for since, until, work in work_spans if since <= start and end <= until]
        segments.append(
            Segment(
                agent_id=agent_id,
                team_id=memberships.team_at(agent_id, start),
                started_at=start,
                ended_at=end,
                presence=presence[0] if presence else None,
                visit=visit[0] if visit else None,
                works=open_works,
                test_works=[work for work in open_works if channels.is_test(work.session.opening.channel_id)],
                is_test_channel=bool(visit) and channels.is_test(visit[0].session.opening.channel_id),
            )
        )
    return segments
