"""What is written about the needs of marts is complete, and true of the demo."""

from collections import defaultdict

import pytest

from mart_needs import GUIDE, PLATFORMS, Losses, Thing, as_yaml, demo_input, foretold, inputs, missing_of, with_table
from messaging_warehouse.needs import FILE, read_needs
from warehouse import PROJECT, Replay

FIRST, *_, LAST = PLATFORMS
# What is silent where one thing is missing, and speaks again where more is: a visit is viewing only if no message is
# known of it, a promise is overdue if nobody ever resolves, work waits if nobody is known to have taken it.
CONTRARY = {
    "viewing_seconds", "viewed_session_count", "sla_overdue_count", "is_waiting", "waiting_since_at", "waiting_seconds",
    "is_orphan", "orphan_message_count",
}  # fmt: skip


@pytest.fixture(scope="module")
def losses(replay_as_of: Replay) -> Losses:
    """What falls silent in the demo's marts."""
    return Losses(replay_as_of, demo_input())


def test_every_mart_is_listed(replay_as_of: Replay) -> None:
    assert list(read_needs()) == replay_as_of.marts


def test_every_mart_tells_something_in_the_demo(losses: Losses, replay_as_of: Replay) -> None:
    assert {mart for mart, column in losses.all_told if column is None} == set(replay_as_of.marts)


def test_the_file_is_as_it_is_written() -> None:
    assert as_yaml(read_needs()) == (PROJECT / "src" / "messaging_warehouse" / FILE).read_text()


def test_the_guide_shows_the_needs_as_they_are_written_down() -> None:
    assert with_table(GUIDE.read_text()) == GUIDE.read_text()


def _assert_foretold(losses: Losses, missing: frozenset[str]) -> None:
    """All that falls silent was foretold, and what was foretold falls silent, but for what thrives on the missing."""
    silent, told = losses.of(missing), foretold(missing, losses.all_told)
    assert not silent - told, f"not foretold without {sorted(missing)}: {sorted(silent - told, key=str)[:5]}"
    wrong = {thing for thing in told - silent if thing[1] not in CONTRARY}
    assert not wrong, f"foretold without {sorted(missing)}: {sorted(wrong, key=str)[:5]}"


# Each is a build: the first and the last are looked at always.
@pytest.mark.parametrize(
    "platform",
    [pytest.param(name, marks=[] if name in (FIRST, LAST) else pytest.mark.deep) for name in PLATFORMS],
)
def test_what_the_doctor_foretells_of_a_platform_is_what_a_build_shows(losses: Losses, platform: str) -> None:
    _assert_foretold(losses, missing_of(platform))


@pytest.mark.deep
@pytest.mark.parametrize("missing", inputs())
def test_what_the_doctor_foretells_of_one_missing_input_is_what_a_build_shows(losses: Losses, missing: str) -> None:
    _assert_foretold(losses, frozenset({missing}))


@pytest.mark.deep
def test_of_inputs_that_stand_in_for_each_other_none_is_named_too_many(losses: Losses) -> None:
    """Without all of a clause what it names is silent; with any of them back it tells something."""
    silent: dict[frozenset[str], set[Thing]] = defaultdict(set)
    speaking: dict[frozenset[str], set[Thing]] = defaultdict(set)
    for mart, needs in read_needs().items():
        for need in needs:
            things: set[Thing] = {(mart, column) for column in need.columns or (None,)}
            silent[need.without] |= things
            for name in need.without if len(need.without) > 1 else ():
                speaking[need.without - {name}] |= things
    for missing in silent.keys() | speaking.keys():
        found = losses.of_marts(missing, {mart for mart, _ in silent[missing] | speaking[missing]})
        assert silent[missing] <= found, f"not silent without {sorted(missing)}: {silent[missing] - found}"
        assert not speaking[missing] & found, f"silent without {sorted(missing)}: {speaking[missing] & found}"
