"""What is shown, and how an edit of it goes back into the source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.display import show
from apps.roadmap.engines.mojibake import find_repairs
from apps.roadmap.engines.splice import splice


def shown(source: str):
    return show(source, (0, len(source)), find_repairs(source))


def rewritten(source: str, changed: str) -> str:
    edit = shown(source).rewrite(changed)
    return splice(source, [edit] if edit else [])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**Uptime:** > 99.9%", "Uptime: > 99.9%"),
        ("run `make __all__` **now**", "run `make __all__` now"),
        ("one\r\n  two", "one two"),
        ("â\u0153… done", "✅ done"),
        ("2 ** 3 ** 4", "2 ** 3 ** 4"),
    ],
)
def test_it_shows_repaired_words_without_emphasis(source, text):
    assert shown(source).text == text


@pytest.mark.parametrize(
    ("source", "changed", "result"),
    [
        ("**Uptime:** > 99.9%", "Uptime: > 99.95%", "**Uptime:** > 99.95%"),
        ("**Uptime:** > 99.9%", "Downtime: > 99.9%", "**Downtime:** > 99.9%"),
        ("â\u0153… all green", "✅ all red", "â\u0153… all red"),
        ("same", "same", "same"),
        ("", "new", "new"),
        ("word", "", ""),
    ],
)
def test_an_edit_changes_only_what_was_edited(source, changed, result):
    assert rewritten(source, changed) == result


@given(st.text(alphabet="ab*_` \n✅→", max_size=20), st.text(alphabet="abcd ", max_size=10))
def test_an_edit_without_markup_shows_as_typed(source, changed):
    before = shown(source)

    assert len(before.spans) == len(before.text)
    assert rewritten(source, before.text) == source
    assert rewritten("plain", changed) == changed


def test_overlapping_replacements_are_refused():
    with pytest.raises(ValueError, match="overlaps"):
        splice("abcdef", [((0, 3), "x"), ((2, 4), "y")])
