"""How much work something is, from the words of an estimate."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.effort import read_effort


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3d", "3"),
        ("3 days", "3"),
        ("2 weeks", "10"),
        ("4h", "0.5"),
        ("1-2 days", "2"),
        ("2–3 hours", "0.375"),
        ("1 to 2 weeks", "10"),
        ("1.5 days", "1.5"),
        ("1,5 d", "1.5"),
        ("1 day 4 hours", "1.5"),
        ("about a month: 1 month", "20"),
        ("3 person-days", "3"),
        ("2-day spike", "2"),
        ("2 Wochen", None),
        ("Medium", None),
        ("", None),
        ("5 minutes", None),
        ("3 days' worth, at 10 % of a person", "3"),
    ],
)
def test_an_estimate_is_read_by_its_upper_end(text, days):
    assert read_effort(text) == (None if days is None else Decimal(days))


@given(st.text(max_size=200))
def test_any_text_is_read_or_left(text):
    days = read_effort(text)
    assert days is None or days >= 0
