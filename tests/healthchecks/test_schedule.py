"""The pure schedule."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.healthchecks.engines.schedule import WINDOW, due_in_window, due_instant, window_after

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(instants)
def test_the_window_after_an_instant_begins_within_ten_seconds_of_it(at):
    window = window_after(at)
    assert timedelta(0) <= window - at < WINDOW
    assert window.timestamp() % WINDOW.total_seconds() == 0


@given(st.integers(1, 10**6), st.integers(10, 86_400), instants)
def test_due_instants_are_one_interval_apart_for_ever(identity, interval, at):
    windows = [window_after(at) + number * WINDOW for number in range(2 * interval // 10 + 3)]
    found = [instant for window in windows if (instant := due_instant(identity, interval, window))]
    assert len(found) >= 2
    assert {later - earlier for earlier, later in itertools.pairwise(found)} == {timedelta(seconds=interval)}


@given(st.integers(1, 10**6), st.integers(10, 86_400), instants)
def test_a_due_instant_lies_in_its_window(identity, interval, at):
    window = window_after(at)
    instant = due_instant(identity, interval, window)
    assert instant is None or window <= instant < window + WINDOW


def test_ten_thousand_monitors_of_one_interval_are_spread_over_it():
    windows = [NOON + number * WINDOW for number in range(6)]
    counts = [len(due_in_window(((key, 60) for key in range(10_000)), window)) for window in windows]
    assert sum(counts) == 10_000
    assert max(counts) < 2_000
