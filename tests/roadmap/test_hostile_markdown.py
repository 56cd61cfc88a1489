"""Hostile documents: read in time that grows with their length, or refused in one sentence with the line."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Limits
from apps.roadmap.exceptions import DocumentRefused
from tests.roadmap.test_grammar import check

FULL = 5 * 1024 * 1024
SMALL = 200_000
LONGEST_SECONDS = 15  # for the whole five megabytes
PATIENCE = 12  # what grows with the square of the length takes far longer than a busy machine does
SHAPES = {
    "backticks": "`",
    "code": "`a` ``b\n",
    "pipes": "|",
    "rows": "| a | b |\n|---|---|\n",
    "brackets": "[",
    "boxes": "- [ ] a; [x] b; " + "[ ] c; " * 800 + "\n",
    "emphasis": "**a: ",
    "entities": "&amp;",
    "links": "[a](b",
    "spaces": " " * 9_000 + "x\n\n",
    "handles": "- [ ] " + "@a " * 3_000 + "x\n",
    "dashes": "- [ ] " + " - " * 3_000 + "\n",
    "labels": "- [ ] " + "due: 2026-03-01, " * 500 + "x\n",
    "dates": "## M1 " + "2026-03-01 to " * 600 + "\n",
    "months": "## M1 " + "mar " * 2_000 + "\n",
    "costs": "## Costs\n- " + "1 " * 4_000 + "\n",
    "gaps": "## Costs\n- 1" + " " * 8_000 + "x\n",
    "yaml": "---\na: " + "[" * 9_000 + "\n---\n",
    "damage": "√≥‚Ä¢ ",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_it_takes_time_that_grows_with_the_length(shape):
    raw = (shape * (SMALL // len(shape) + 1)).encode()[:SMALL].decode(errors="ignore").encode()
    started = time.process_time()
    with suppress(DocumentRefused):
        parse_document(raw)
    assert time.process_time() - started < PATIENCE * LONGEST_SECONDS * SMALL / FULL


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"x\n" * 100_001, "Line 100001: the document has more than 100,000 lines: split it."),
        (b"| a " * 50_000 + b"\n" + b"| b " * 200_000, "Line 2: the document has more than 200,000 cells of tables"),
        (b"- [ ] a" + b"; [ ] b" * 1_000 + b"\n", "Line 1: the document has more than 200 tasks, criteria, risks"),
        ("# A\n".encode("utf-16-le"), "Line 1: there is a NUL character. The file is not plain UTF-8 text."),
        (b"# A\n- \xe2\x28\xa1\n", "Line 2: a byte is not UTF-8. Save the document as UTF-8."),
    ],
)
def test_it_is_refused_in_one_sentence_with_the_line(raw, message):
    with pytest.raises(DocumentRefused) as refused:
        parse_document(raw, Limits(blocks=200) if len(raw) < 10_000 else None)

    assert refused.value.message.startswith(message)


@pytest.mark.parametrize(
    "text",
    [*(marker * 1_000 + "a" for marker in ("> ", "- ", ">", "* ", "1. ", "- > ")),
     "".join(f"{'  ' * depth}- [ ] level {depth}\n" for depth in range(1_000))],
    ids=["quotes", "bullets", "tight quotes", "stars", "numbers", "both", "indented"],
)  # fmt: skip
def test_a_thousand_levels_are_refused_since_they_would_hide_the_rest(text):
    text += "\n\n## After\n- [ ] shallow\n"
    with pytest.raises(DocumentRefused, match=r"^Line \d+: lists or quotes are nested too deep: flatten them\.$"):
        parse_document(text.encode())


def test_twenty_levels_are_read():
    text = "".join(f"{'  ' * depth}- [ ] level {depth}\n" for depth in range(20)) + "\n## After\n- [ ] shallow\n"
    check(text)

    assert [task.text for task in parse_document(text.encode()).tasks[-2:]] == ["level 19", "shallow"]


@pytest.mark.parametrize(
    "header",
    [
        "a: &a [x]\nb: *a\n",
        "a: [\n",
        "owner: x\n  bad: y\n",
        "due: 2026-13-45\n",
        "a: !!python/object/apply:os.system [ls]\n",
    ],
)
def test_a_header_that_is_no_plain_yaml_stays_prose_and_is_reported(header):
    document = parse_document(f"---\n{header}---\n# Title\n- [ ] a\n".encode())

    assert (document.title, len(document.tasks), document.owners[0]) == ("Title", 1, "prose")
    assert document.notes[0].message == "The header is not plain YAML, so it stays prose."
    assert 2 <= document.notes[0].line <= 4
    check(f"---\n{header}---\n# Title\n")


def test_two_rules_are_no_header():
    document = parse_document(b"---\n\nMany words.\n\n---\n- [ ] a\n")

    assert document.notes == ()
    assert [block.kind for block in document.blocks[:3]] == ["rule", "blank", "paragraph"]


def test_html_is_prose_to_the_letter():
    document = parse_document(b"<script>alert(1)</script>\n\n- [ ] <img src=x onerror=alert(1)>\n")

    assert [block.start_line for block in document.prose_blocks] == [1]
    assert document.tasks[0].text == "<img src=x onerror=alert(1)>"


PIECES = st.sampled_from(
    ["- [ ] a", " (owner: @x, due: 03/05/2026)", " — @eli, due: KW 12", "\n", "\n\n", "## M1 ", "## ✅ Phase B: ",
     "| Task | Owner | Due | Status |\n|---|---|---|---|\n", "| a | b + c | Q1 | 🟢 |\n", "| Was | Stand |\n|-|-|\n",
     "---\n", "owner: x\n", "target: [\n", "Frist: Ende Juni\n", "1. Launch (due March 2026)\n", "[n/a] ", "[>] x",
     "@a @b", "Owner: **x**", "`@y`", "due: 31 June 2026", "Risiken\n", "€1.200,50 per user/month", "\r\n", "   ", ">",
     "**", "| \\| |", "| 🟢 | done |\n", "Legend: [x] done [o] wip", "H1 2026", "’26", "IV. ", "[x](y)", "# T 2026\n",
     "Due: Feb 27\n"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_pieces_of_roadmaps_in_any_order_are_tiled_and_kept(pieces):
    check("".join(pieces))
