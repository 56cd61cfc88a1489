"""Ten thousand documents, in a thorough run, that nobody wrote: none is a crash, every one comes back byte by byte."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.places import place_of, span_at
from apps.roadmap.engines.splice import splice
from apps.roadmap.exceptions import DocumentRefused
from apps.roadmap.services.merging import entries_by_kind
from tests.thoroughness import inputs

EXAMPLES = inputs(2_000)  # of each of the five kinds
TITLES = [
    "# Road",
    "## M1: Safety (due 2026-03-01)",
    "### 1. 🔴 Queue",
    "## Risks",
    "## Costs",
    "Phase 2",
    "=======",
    "#### Success Metrics:",
    "##",
    "####### seven",
    "## [x] Done ##",
    "## Q3 2026",
    "## Überprüfung",
    "***",
]
ITEMS = [
    "- [ ] **Bold:** `[x] code`",
    "  - [~] Owner: QA + Core  Target: 2026-W07",
    "1. [n/a] one; [x] two; [ ] three",
    "* [!] unknown",
    "- Tasks",
    "  - Acceptance",
    "\t- [X] tab",
    "> - [ ] quoted",
    "- $15-30/month",
    "+ ✅ sign",
    "99. [ ]",
    "- [ ]",
    "-",
    "- Objectives: a; b",
    "   continued",
    "- [ ] p95 < 300 ms, RTO < 1 hour",
    "- [/] ½ —",
]
TABLES = [
    "| Task | Owner | Status |",
    "|---|---|---|",
    "| a \\| b | QA | done |",
    "| x | | |",
    "|",
    "||||",
    "|:-:|",
    "| Risk | Impact | Mitigation |",
    "| Cost | $5 |",
    "a | b",
    "--- | ---",
    "| `|` | ⏳ | Q2 2026 |",
]
FENCES = [
    "```",
    "```text",
    "~~~",
    "````",
    "Risk: loss",
    "Impact: high",
    "Mitigation:",
    "- a second",
    "    code",
    "Metrics:",
    "```yaml",
    "Controls: none",
    "<div>",
    "</div>",
    "<!-- [x] -->",
    "<script>alert(1)</script>",
]
ODD = [
    "---",
    "title: x",
    "---",
    "",
    " \t",
    "\u2028",
    "\x0b\x0c",
    "â€“ Ã©",
    "\u202etfel",
    "**Owner:** @ana, **Due**: May 3, 2026",
    "Legend: [ ] To do [x] Done",
    "🇩🇪 👩\u200d🚀 é",
    "\\",
    "&amp;",
    "a" * 300,
    "`" * 40,
    "[" * 60,
    "*" * 50,
]
KINDS = {
    "items": [*TITLES, *ITEMS, ""],
    "tables": [*TITLES, *TABLES, ""],
    "fences": [*TITLES, *FENCES, *ITEMS],
    "odd": [*ODD, *ITEMS],
    "everything": [*TITLES, *ITEMS, *TABLES, *FENCES, *ODD],
}


def documents(kind: str):
    lines = st.lists(st.sampled_from(KINDS[kind]), max_size=12)
    ends = st.sampled_from(["\n", "\n", "\r\n", "\r"])
    return st.builds(_document, lines, ends, st.sampled_from([b"", b"", b"\xef\xbb\xbf"]), st.booleans())


def _document(lines: list[str], end: str, mark: bytes, is_ended: bool) -> bytes:
    return mark + (end.join(lines).replace("\n", end) + end * is_ended).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_document_comes_back_and_every_line_has_one_owner(kind):
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(documents(kind))
    def check(raw):
        parsed = parse_document(raw)
        source = parsed.source
        lines = [line for block in parsed.blocks for line in range(block.start_line, block.end_line + 1)]
        assert lines == list(range(1, source.line_count + 1))
        assert len(parsed.owners) == len(parsed.blocks)
        replacements = set()
        for entry in (entry for several in entries_by_kind(parsed).values() for entry in several):
            for span in entry.spans.values():
                assert span_at(place_of(span, entry.line, source), entry.line, source) == span
                replacements.add((span, source.text[slice(*span)]))
        for replacement in replacements:
            assert source.encode(splice(source.text, [replacement])) == raw

    check()


@settings(max_examples=inputs(1_000), deadline=None, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_the_line(raw):
    try:
        parsed = parse_document(raw)
    except DocumentRefused as refusal:
        said = refusal.message
    else:
        said = "Line"
        assert parsed.source.encode(parsed.source.text) == raw
    assert said.startswith("Line")
