"""The reports that can be exported, and which of its times a range is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from messaging_warehouse.export.errors import WrongUsageError


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes:
        name: what people ask for it by, and what its files are called.
        key: the columns that tell its rows apart; the rows lie in the order of `time`, then of these.
        time: the column that says whether a row lies in a range; `None`: the report tells what stands now, and knows no
            ranges.
        in_range: what happened in the range to the rows that are in it.
        rows_of: the table that has its rows, and the first of its key, if its view joins others as large to that table.
    """

    name: str
    key: tuple[str, ...]
    time: str | None = None
    in_range: str = ""
    rows_of: str = ""

    @property
    def relation(self) -> str:
        """The view behind it."""
        return f"exp_{self.name.replace('-', '_')}"


_SESSIONS = "fct_messaging_sessions"
# Of several times of a row, the one by which its figures count in the marts, or that the report is named after.
REPORTS = (
    Report("resolved-conversations", ("session_id",), "last_resolved_at", "resolved last", _SESSIONS),
    Report("open-conversations", ("session_id",), "started_at", "started", _SESSIONS),
    Report("unresolved-conversations", ("session_id",), "ended_at", "ended", _SESSIONS),
    Report("contacts", ("messaging_user_id",), "last_session_started_at", "last in touch", "dim_messaging_users"),
    Report("messages", ("event_id",), "sent_at", "sent"),
    Report("response-times", ("session_id", "response_number"), "responded_at", "answered"),
    Report("topics", ("session_id", "topic_id"), "first_set_at", "first set"),
    Report("teams", ("team_id",)),
    Report("users", ("agent_id",)),
    Report("user-presence", ("presence_event_id", "is_unknown"), "started_at", "begun"),
)


def find_report(name: str) -> Report:
    """Return the report of a name, which may be written like its view's.

    Raises:
        WrongUsageError: there is none.
    """
    by_name = {report.name: report for report in REPORTS}
    asked = name.lower().replace("_", "-").removeprefix("exp-")
    if asked in by_name:
        return by_name[asked]
    close = get_close_matches(asked, by_name, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise WrongUsageError(f"There is no report {name!r}.{meant} The reports are {', '.join(by_name)}.")
