"""Boxes of every alphabet."""

import pytest

from apps.roadmap.engines.marks import Claim, claim_of_words, mark_for, read_inline_marks, read_legend, read_mark
from apps.roadmap.engines.status_words import write_status


@pytest.mark.parametrize(
    ("text", "claim", "rest"),
    [
        ("[ ] a", Claim.TODO, "a"),
        ("[x] a", Claim.DONE, "a"),
        ("[X]  a", Claim.DONE, "a"),
        ("[~] a", Claim.IN_PROGRESS, "a"),
        ("[/] a", Claim.IN_PROGRESS, "a"),
        ("[-] a", Claim.NOT_APPLICABLE, "a"),
        ("[n/a] a", Claim.NOT_APPLICABLE, "a"),
        ("[N/A] a", Claim.NOT_APPLICABLE, "a"),
        ("[o] a", Claim.IN_PROGRESS, "a"),
        ("[WIP] a", Claim.IN_PROGRESS, "a"),
        ("[✓] a", Claim.DONE, "a"),
        ("[✔] a", Claim.DONE, "a"),
        ("[!] a", Claim.UNKNOWN, "a"),
        ("[>] a", Claim.UNKNOWN, "a"),
        ("[?] a", Claim.UNKNOWN, "a"),
        ("[*] a", Claim.UNKNOWN, "a"),
        ("☐ a", Claim.TODO, "a"),
        ("☑ a", Claim.DONE, "a"),
        ("[x]", Claim.DONE, ""),
    ],
)
def test_a_mark_says_what_is_claimed(text, claim, rest):
    mark = read_mark(text, (0, len(text)))

    assert (mark.claim, text[mark.text_start :]) == (claim, rest)


@pytest.mark.parametrize("text", ["[a](b)", "[1] footnote", "[x](url)", "[ref]: url", "[xx] a", "text [x] a", "[x]a"])
def test_other_brackets_are_no_mark(text):
    assert read_mark(text, (0, len(text))) is None


def test_boxes_after_a_semicolon_count_outside_code():
    line = "Lock deps (`a; [x] b`); [x] bot; not a box; [ ] more"

    assert [(mark.raw, line[mark.text_start :]) for mark in read_inline_marks(line)] == [
        ("x", "bot; not a box; [ ] more"),
        (" ", "more"),
    ]


def test_a_legend_explains_marks_of_its_own():
    legend = read_legend("Legend: [ ] Not started, [>] In progress, [!] Done, [-] cancelled")

    assert legend == {" ": Claim.TODO, ">": Claim.IN_PROGRESS, "!": Claim.DONE, "-": Claim.NOT_APPLICABLE}
    assert read_mark("[!] a", (0, 5), legend).claim == Claim.DONE
    assert mark_for(Claim.IN_PROGRESS, legend=legend) == ">"


def test_one_mark_alone_is_no_legend():
    assert read_legend("[x] Done with the first part") == {}


def test_boxes_are_answered_with_boxes():
    assert mark_for(Claim.DONE, instead_of="☐") == "☑"
    assert mark_for(Claim.DONE) == "x"


def test_letters_are_marks_only_where_a_legend_explains_them():
    assert read_mark("[p] a", (0, 5)) is None
    assert read_mark("[p] a", (0, 5), {"p": Claim.IN_PROGRESS, "d": Claim.DONE}).claim == Claim.IN_PROGRESS


@pytest.mark.parametrize(
    ("words", "claim", "as_done"),
    [
        ("Erledigt", Claim.DONE, "Erledigt"),
        ("in Arbeit", Claim.IN_PROGRESS, "Erledigt"),
        ("Nicht begonnen", Claim.TODO, "Done"),
        ("en cours", Claim.IN_PROGRESS, "terminé"),
        ("Pas commencé", Claim.TODO, "Done"),
        ("Hecho", Claim.DONE, "Hecho"),
        ("進行中", Claim.IN_PROGRESS, "完了"),
        ("WIP", Claim.IN_PROGRESS, "Done"),
        ("not done", Claim.TODO, "done"),
        ("To be delivered", Claim.TODO, "Done"),
        ("almost done", Claim.IN_PROGRESS, "done"),
        ("🟢 On track", Claim.IN_PROGRESS, "Done"),
        ("60%", Claim.IN_PROGRESS, "Done"),
        ("100%", Claim.DONE, "Done"),
        ("yes", Claim.DONE, "done"),
        ("inactive", None, "done"),
        ("Waiting for legal", None, "Done"),
    ],
)
def test_states_in_words_are_read_and_written_in_their_language(words, claim, as_done):
    assert claim_of_words(words) == claim
    assert write_status(Claim.DONE, instead_of=words) == as_done
