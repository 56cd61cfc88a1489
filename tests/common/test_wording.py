"""Figures in words."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common import wording
from apps.common.templatetags.seaworthy import marked

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (11, "11 s"),
        (131, "2 min 11 s"),
        (11520, "3 h 12 min"),
        (3600, "1 h"),
        (3605, "1 h"),
        (86400 * 2 + 3600 * 4, "2 days 4 h"),
        (86400, "1 day"),
    ],
)
def test_a_duration_reads_by_its_two_greatest_units(seconds: float, words: str) -> None:
    assert wording.duration_in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (13, "13 days"), (14, "2 weeks"), (59, "8 weeks"), (60, "2 months"), (800, "2 years")],
)
def test_days_read_by_the_greatest_unit_of_which_there_are_two(days: int, words: str) -> None:
    assert wording.days_in_words(days) == words


def test_an_age_says_past_and_future() -> None:
    assert wording.age_in_words(NOON - timedelta(days=4), at=NOON) == "4 days ago"
    assert wording.age_in_words(NOON + timedelta(hours=20, minutes=3), at=NOON) == "in 20 h"
    assert wording.age_in_words(NOON, at=NOON) == "just now"


def test_a_target_is_late_only_when_its_day_is_over() -> None:
    assert wording.lateness_in_words(date(2025, 11, 20), at=NOON) == ""
    assert wording.lateness_in_words(date(2025, 9, 22), at=NOON) == "8 weeks late"


@pytest.mark.parametrize(
    ("precision", "words"),
    [("day", "30 Sep 2025"), ("week", "week of 29 Sep 2025"), ("month", "Sep 2025"), ("quarter", "Q3 2025")],
)
def test_a_date_is_as_exact_as_it_was_said(precision: str, words: str) -> None:
    assert wording.date_in_words(date(2025, 9, 30), precision) == words


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (999_499, "999 kB"),
        (999_600, "1.00 MB"),
        (48_300_000_000, "48.3 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_a_size_has_three_figures(size_bytes: int, words: str) -> None:
    assert wording.size_in_words(size_bytes) == words


@given(st.integers(min_value=0, max_value=10**18))
def test_every_size_reads_in_at_most_ten_characters(size_bytes: int) -> None:
    assert len(wording.size_in_words(size_bytes)) <= 10


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40_000)))
def test_every_duration_has_a_figure_and_a_unit(length: timedelta) -> None:
    words = wording.duration_in_words(length)

    assert words[0].isdigit()
    assert " " in words


@pytest.mark.parametrize(("amount", "words"), [("12.00", "12"), ("0.025", "0.025"), ("26.50", "26.5"), ("100", "100")])
def test_an_amount_has_no_needless_zeros(amount: str, words: str) -> None:
    assert wording.amount_in_words(Decimal(amount)) == words


def test_code_in_a_line_is_marked_and_nothing_in_it_is_trusted() -> None:
    assert marked("`<b>` is **not** <i>") == "<code>&lt;b&gt;</code> is <b>not</b> &lt;i&gt;"
