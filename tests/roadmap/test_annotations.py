"""Owners, dates and states at the end of a line, and names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.annotations import read_annotation
from apps.roadmap.engines.owners import split_owners, write_owners


@pytest.mark.parametrize(
    ("text", "words", "values"),
    [
        ("Encrypt (owner: Ops, due: 2026-02-01)", "Encrypt", [("owner", "Ops"), ("target", "2026-02-01")]),
        ("Rotate — @eli, due: 2026-03-01", "Rotate", [("owner", "@eli"), ("target", "2026-03-01")]),
        ("Launch (due March 2026)", "Launch", [("target", "March 2026")]),
        ("Ship @dana", "Ship", [("owner", "@dana")]),
        ("Ship @dana @eli", "Ship", [("owner", "@dana @eli")]),
        ("Do it, due: March 5, 2026, owner: QA + Platform/Infra", "Do it",
         [("target", "March 5, 2026"), ("owner", "QA + Platform/Infra")]),
        ("Do it by March 5, 2026", "Do it", [("target", "March 5, 2026")]),
        ("Go (DRI: Ann Lee) (ETA: Q3 2026)", "Go", [("owner", "Ann Lee"), ("target", "Q3 2026")]),
        ("a - b — due: 2026-03-01 – 2026-03-05", "a - b", [("target", "2026-03-01 – 2026-03-05")]),
        ("Go 📅 2026-03-01", "Go", [("target", "2026-03-01")]),
        ("Go\n  Owner: A\n  Due: 2026-03-01", "Go", [("owner", "A"), ("target", "2026-03-01")]),
        ("Go | due: TBD | @eli", "Go", [("target", "TBD"), ("owner", "@eli")]),
    ],
)  # fmt: skip
def test_values_are_taken_off_the_end(text, words, values):
    annotation = read_annotation(text)

    assert text[: annotation.end] == words
    assert [(field.name, field.value) for field in annotation.fields] == values
    assert all(text[slice(*field.span)] == field.value for field in annotation.fields)


@pytest.mark.parametrize(
    "text",
    ["Talk to @dana", "Install @sentry/node", "Fix `@x`", "Go (see docs)", "Go (owner: X, due: soonish)", "owner: x",
     "Under load (p95 < 2 s)", "Mail a@b.example", "Go (P1)", "(due: 2026-03-01)"],
)  # fmt: skip
def test_what_is_no_annotation_stays_in_the_words(text):
    annotation = read_annotation(text)

    assert (text[: annotation.end], annotation.fields) == (text, ())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("QA + Platform/Infra", ("QA", "Platform/Infra")),
        ("Ann, Ben & Cem and Dee", ("Ann", "Ben", "Cem", "Dee")),
        ("@ann @ben", ("ann", "ben")),
        ("[Ann Lee](https://example.org/ann)", ("Ann Lee",)),
        ("Netz und Betrieb", ("Netz", "Betrieb")),
        ("TBD", ()),
        ("—", ()),
    ],
)
def test_owners_are_split_but_never_at_a_slash(text, names):
    assert split_owners(text) == names


def test_owners_are_written_so_that_they_are_read_again():
    assert write_owners(["Ann", "Ben Lee"], instead_of="Cem") == "Ann + Ben Lee"
    assert write_owners(["ann", "ben"], instead_of="@cem") == "@ann @ben"
    assert write_owners(["Night watch"], instead_of="@cem") == "owner: Night watch"


@given(st.text(alphabet="ab @(),:—-due owner2026-0135|[]`\n;", max_size=80))
def test_every_value_lies_behind_the_words(text):
    annotation = read_annotation(text, 5)

    assert annotation.end <= len(text)
    for field in annotation.fields:
        start, end = field.span
        assert annotation.end + 5 < start <= end <= len(text) + 5
