"""Words that are said when a page is shown."""

import pickle
from itertools import count

import pytest

from apps.common.when_shown import kept_text, when_shown

numbers = count(1)


@when_shown
def next_number():
    return str(next(numbers))


@when_shown
def repeated(text, times):
    return text * times


def test_outside_of_what_is_kept_words_are_said_at_once():
    assert repeated("a", 2) == "aa"


def test_what_is_kept_says_its_words_anew_each_time_and_each_in_its_place():
    kept = kept_text(lambda: f"<p>{repeated('a', 3)}, {next_number()}, {repeated('b', 1)}</p>")

    first, second = kept.shown(), kept.shown()
    assert first.startswith("<p>aaa, ")
    assert first.endswith(", b</p>")
    assert first != second


def test_a_place_may_stand_twice_or_not_at_all_where_it_was_made():
    def render():
        repeated("unused", 1)
        words = repeated("x", 2)
        return f"{words}-{words}"

    assert kept_text(render).shown() == "xx-xx"


def test_it_is_the_same_after_it_was_stored():
    kept = kept_text(lambda: f"<b>{repeated('a', 3)}</b>")

    assert pickle.loads(pickle.dumps(kept)).shown() == "<b>aaa</b>"  # noqa: S301  its own


def test_a_failure_amid_what_is_kept_leaves_the_words_outside_as_they_are():
    def fail():
        repeated("a", 1)
        raise ValueError("amid")

    with pytest.raises(ValueError, match="amid"):
        kept_text(fail)

    assert repeated("a", 1) == "a"
