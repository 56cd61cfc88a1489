"""Numbers out of forms and addresses."""

import pytest

from apps.common.numbers import read_number, read_numbers


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("17", 17), (17, 17), ("9" * 18, 10**18 - 1)])
def test_plain_digits_are_a_number(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", None, "-1", "1.0", " 1", "²", "٣", "1\0", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert read_number(text) is None


def test_what_is_no_number_is_left_out():
    assert read_numbers(["2", "²", "", "3"]) == [2, 3]
