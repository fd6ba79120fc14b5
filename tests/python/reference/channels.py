"""Which channels are test channels.

Source: raw contract, channels; models, *Core* (marts leave out test channels).
"""

from reference.inputs import RawTable, column


class Channels:
    """The channels' flags; a channel that no row knows is no test channel."""

    def __init__(self, rows: RawTable) -> None:
        """Read the raw channels, one row per id."""
        self._test_channel_ids = {
            column(row, "channel_id") for row in rows if (column(row, "is_test") or "").lower() == "true"
        }

    def is_test(self, channel_id: str | None) -> bool:
        """Whether the channel is there to be tried out."""
        return channel_id is not None and channel_id in self._test_channel_ids
