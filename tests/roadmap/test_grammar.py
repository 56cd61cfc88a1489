"""Roadmaps in other shapes than the five, and input that is no roadmap at all."""

from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.hints import hint_for
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Limits
from apps.roadmap.engines.splice import splice
from apps.roadmap.exceptions import DocumentRefused


def parse(text: str) -> ParsedDocument:
    return parse_document(dedent(text).encode())


def test_a_table_of_milestones_is_read():
    document = parse("""
        Launch plan
        ===========

        | Milestone | Owner | Target date | Status |
        |---|---|---|---|
        | M1: Data safe | SRE | 2026-03-01 | In progress |
        | M2: Beta | Payments & SRE | Q2 2026 | [x] |
        """)

    assert document.title == "Launch plan"
    assert [(item.code, item.title, item.claim, item.owners) for item in document.milestones] == [
        ("M1", "Data safe", "in_progress", ("SRE",)),
        ("M2", "Beta", "done", ("Payments", "SRE")),
    ]
    assert [item.target.precision for item in document.milestones] == ["day", "quarter"]


def test_a_list_of_milestones_is_read_where_no_heading_names_them():
    document = parse("""
        # Plan
        - [x] M1: Security (owner: Backend, due: 2025-10-06)
          - [ ] rotate keys
        - Phase 2 - Scale
          - Acceptance: p95 < 300 ms
        """)

    assert [(item.code, item.title, item.claim, item.owner_text) for item in document.milestones] == [
        ("M1", "Security", "done", "Backend"),
        ("Phase 2", "Scale", "todo", ""),
    ]
    assert [(task.text, task.milestone) for task in document.tasks] == [("rotate keys", 0)]
    assert [(item.text, item.milestone, item.measures[0].unit) for item in document.criteria] == [
        ("p95 < 300 ms", 1, "millisecond")
    ]


def test_an_overview_of_milestones_that_headings_name_stays_prose():
    document = parse("""
        # Plan
        - M1 Security (scope)

        ## M1 Security
        - Owner: QA
        """)

    assert [(item.line, item.owners) for item in document.milestones] == [(5, ("QA",))]
    assert [remark.text for remark in document.remarks] == ["M1 Security (scope)"]


def test_boxes_below_boxes_are_sub_tasks_and_carry_their_own_values():
    document = parse("""
        ## 1. Data (P0)
        - [x] Encrypt (owner: Security, due: 2026-02-01)
          - [ ] Rotate
        - ☐ Runbook
        """)

    assert [(task.text, task.claim, task.parent, task.work_item) for task in document.tasks] == [
        ("Encrypt", "done", None, 0),
        ("Rotate", "todo", 0, 0),
        ("Runbook", "todo", None, 0),
    ]
    assert document.tasks[0].owners == ("Security",)
    assert document.tasks[0].target.start.isoformat() == "2026-02-01"
    assert document.work_items[0].priority == "critical"


def test_items_of_a_checklist_without_boxes_are_tasks():
    document = parse("""
        ## Release checklist
        1. Freeze main
        2. Tag
        """)

    assert [(task.text, task.mark, task.spans["mark"]) for task in document.tasks] == [
        ("Freeze main", "", (25, 25)),
        ("Tag", "", (40, 40)),
    ]


def test_criteria_may_be_a_paragraph_a_list_or_a_table():
    document = parse("""
        ## M1 Beta
        **Acceptance:** all suites green

        ### Definition of done
        * Restore drill passes with RTO < 30 minutes
          * see the runbook
        * [x] Availability of at least 99.95%

        | Metric | Target | Status |
        |---|---|---|
        | Error rate | < 0.1% | done |
        """)

    assert [(item.text, item.claim, item.kind) for item in document.criteria] == [
        ("all suites green", "todo", "acceptance"),
        ("Restore drill passes with RTO < 30 minutes", "todo", "acceptance"),
        ("Availability of at least 99.95%", "done", "acceptance"),
        ("Error rate: < 0.1%", "done", "acceptance"),
    ]
    assert {item.milestone for item in document.criteria} == {0}


def test_risks_may_be_a_list_a_table_or_a_paragraph():
    document = parse("""
        ## Risk register
        | Risk | Likelihood | Impact | Mitigation |
        |---|---|---|---|
        | Provider outage | Low | Revenue stops | Second provider |

        ## Risks
        - **Key loss**: the vault is single-homed
          - Impact: no decryption
          - Mitigation: replicate

        **Risk:** Slow restore
        **Impact:** Long outage
        **Controls:** weekly drill
        """)

    found = [(risk.title, risk.impact, [measure.text for measure in risk.countermeasures]) for risk in document.risks]
    assert found == [
        ("Provider outage", "Revenue stops", ["Second provider"]),
        ("Key loss", "no decryption", ["replicate"]),
        ("Slow restore", "Long outage", ["weekly drill"]),
    ]


def test_costs_are_read_from_their_section_only():
    document = parse("""
        ## Budget
        1. Vault: €1,200 per year
        2. Probes: free

        ## 1. Queue
        **Cost**: $15/month for Redis
        **Problem**: Paying $5/month
        """)

    assert [(line.text, line.kind, line.work_item) for line in document.cost_lines] == [
        ("Vault: €1,200 per year", "paid", None),
        ("Probes: free", "free", None),
        ("$15/month for Redis", "paid", 0),
    ]


def test_a_table_of_amounts_is_read_as_costs_in_their_section_only():
    table = "| Item | Monthly |\n|---|---|\n| Database | €120 |\n"

    costs = parse_document(f"## Costs\n\n{table}".encode()).cost_lines
    assert [line.text for line in costs] == ["Database: €120"]
    assert parse_document(f"## Usage\n\n{table}".encode()).cost_lines == ()


def test_a_question_among_criteria_is_none():
    document = parse("""
        ## Definition of done
        * Backups restore within 1 hour

        Open questions:
        - Who pays?
        """)

    assert [each.text for each in document.criteria] == ["Backups restore within 1 hour"]


def test_front_matter_is_not_read_as_a_heading():
    document = parse("---\ntitle: x\nowner: y\n---\n# Real title\n- [ ] a\n")

    assert document.title == "Real title"
    assert document.blocks[0].kind == "front_matter"
    assert document.tasks[0].line == 6


def test_headings_and_labels_above_entries_are_no_prose():
    document = parse("""
        # Road
        ## Empty
        words
        ## Full
        ### Part
        **Required:**

        - [ ] one
        ### Empty part
        """)

    assert [block.start_line for block in document.prose_blocks] == [3, 4, 10]


def test_a_fence_is_opaque():
    document = parse("```md\n# M1 no\n- [ ] no\nOwner: no\n```\n- [ ] yes\n")

    assert ([task.text for task in document.tasks], document.milestones) == (["yes"], ())


def test_an_empty_document_has_no_blocks():
    assert parse_document(b"").blocks == ()


def test_more_blocks_than_a_roadmap_has_are_refused():
    with pytest.raises(DocumentRefused, match="Line 21: the document has more than 20 blocks"):
        parse_document(b"word\n\n" * 50, Limits(blocks=20))


def test_a_heading_with_a_date_is_a_milestone_and_below_one_a_work_item():
    document = parse("""
        # Plan 2026
        ## Launch (due March 2026, owner: @ann)
        ### Store listing
        Owner: Ben
        Due: Feb 20
        ## Cleanup
        **Target:** Q3 2026
        ## Appendix
        words
    """)

    assert [(each.title, each.owners, str(each.target.end)) for each in document.milestones] == [
        ("Launch", ("ann",), "2026-03-31"),
        ("Cleanup", (), "2026-09-30"),
    ]
    assert [(each.title, each.owners, str(each.target.end), each.milestone) for each in document.work_items] == [
        ("Store listing", ("Ben",), "2026-02-20", 0)
    ]
    assert [finding.message for finding in document.findings] == ["“Feb 20” names no year: 2026 is the document's."]


def test_items_below_milestones_are_milestones_when_they_have_a_date():
    document = parse("""
        # Plan 2026
        ## Milestones
        - [x] Pilot (2026-01-30)
        - **March 2026:** Beta for @friends of the house
        - Q3 — Launch (owner: @ann)
        - To be decided

        ## Notes
        1. Outage (2026-02-01)
    """)

    assert [(each.title, each.claim, each.owners, str(each.target.end)) for each in document.milestones] == [
        ("Pilot", "done", (), "2026-01-30"),
        ("Beta for @friends of the house", "todo", (), "2026-03-31"),
        ("Launch", "todo", ("ann",), "2026-09-30"),
    ]
    assert [remark.text for remark in document.remarks] == ["To be decided", "Outage (2026-02-01)"]


def test_a_document_may_have_a_milestone_for_each_of_its_highest_headings():
    document = parse("# Phase 1: Safe\n- [ ] a\n# Phase 2: Fast\n- [ ] b\n")

    assert document.title == ""
    assert [(task.text, task.milestone) for task in document.tasks] == [("a", 0), ("b", 1)]


def test_a_table_of_tasks_that_names_milestones_gives_each_its_own():
    document = parse("""
        | ID | Milestone | Due |
        |---|---|---|
        | M1 | Safe | 2026-01-01 |
        | M2 | Fast | 2026-02-01 |

        | Milestone | Task | Owner | Status |
        |---|---|---|---|
        | M1 | Encrypt | A | done |
        | Fast | Cache | B | todo |
        | M1 | Rotate | A | on hold |
    """)

    assert [each.code for each in document.milestones] == ["M1", "M2"]
    assert [(each.text, each.milestone, each.claim) for each in document.tasks] == [
        ("Encrypt", 0, "done"),
        ("Cache", 1, "todo"),
        ("Rotate", 0, "in_progress"),
    ]


def test_a_table_of_signs_is_a_legend_and_other_tables_stay_prose():
    document = parse("""
        | Sign | Meaning |
        |---|---|
        | 🟢 | done |
        | 🔵 | not started |

        | What | Owner | Status |
        |---|---|---|
        | Keys | A | 🔵 |

        | Name | Phone |
        |---|---|
        | Ann | 123 |

        | Date | Decision |
        |---|---|
        | 2026-01-01 | Go |
    """)

    assert [(each.text, each.claim, each.doubts) for each in document.tasks] == [("Keys", "todo", ())]
    assert [hint_for(document, block) for block in document.prose_blocks] == [
        "a table without a column of states, or of owners and dates"
    ] * 2


def test_what_stays_prose_has_a_hint_by_its_kind():
    document = parse("""
        ## Incident response
        - Page the on-call
        <div>x</div>

        ```
        code
        ```
        Words.
    """)
    hints = {block.kind.value: hint_for(document, block) for block in document.prose_blocks}

    assert hints == {
        "heading": "a heading with nothing below it that was taken",
        "list_item": "a list without boxes under “Incident response”: could be tasks; make them so in the review",
        "html": "HTML, which is left alone and never shown as such",
        "fence": "code, which is left alone",
        "paragraph": "",
    }


LINES = st.sampled_from(
    [
        "# Title",
        "## M1 Goal",
        "## Phase 2 (Q1 2024)",
        "### 1. Work 🔴",
        "- [x] task; [ ] more",
        "  - [ ] sub",
        "- Tasks",
        "- Acceptance",
        "1. **Bold**",
        "   ```",
        "```",
        "Risk: r",
        "Impact: i",
        "Mitigation:",
        "- b",
        "> - [ ] q",
        "",
        "---",
        "| Task | Owner |",
        "|---|---|",
        "| a | b |",
        "**Owner:** x  ",
        "- [~] Owner: a + b  Target: 2025-01-02",
        "\t- [ ] tab",
        "## Costs",
        "- $5-10/month",
        "**Success Metrics:**",
        "- < 5% p95",
        "===",
        "<div>",
        "## Success criteria",
        "- ✅ done",
        "- [n/a] no",
        "* ",
        "1)",
        "[ref]: http://x",
        "## ",
        "####### x",
        "** **",
        "**:**",
        "Owner:",
        "- ()",
        "- **a**:",
        "::",
    ]
)


@settings(max_examples=300)
@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_generated_markdown_is_tiled_and_kept(lines, newline, ends):
    check(newline.join(lines) + (newline if ends else ""))


@settings(max_examples=300)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_arbitrary_text_is_tiled_and_kept(text):
    if "\0" not in text and not text.startswith("\ufeff"):
        check(text)


@settings(max_examples=200)
@given(st.text(alphabet="-*#[]x~ \n|:;`$1.>_()✅M", max_size=80))
def test_text_made_of_markup_is_tiled_and_kept(text):
    check(text)


def check(text: str) -> None:
    """Every line has one owner, every span lies in the text, and nothing spliced is nothing changed."""
    raw = text.encode()
    document = parse_document(raw)
    owned = [line for block in document.blocks for line in range(block.start_line, block.end_line + 1)]
    assert owned == list(range(1, document.source.line_count + 1))
    assert document.source.encode(splice(document.source.text, [])) == raw
    for entry in [
        *document.milestones,
        *document.work_items,
        *document.tasks,
        *document.criteria,
        *document.cost_lines,
    ]:
        assert 1 <= entry.line <= document.source.line_count
        for start, end in entry.spans.values():
            assert 0 <= start <= end <= len(text)
    for task in document.tasks:
        if "mark" in task.spans:  # a table without a column for it has no place for a claim
            assert text[slice(*task.spans["mark"])] == task.mark


def test_every_entry_names_its_rule_and_how_sure_it_is():
    document = parse("""
        # Plan
        ## M1 Beta
        - [x] a; [ ] b
        ## Release checklist
        - tag

        | Task | Owner |
        |---|---|
        | c | QA |
    """)

    found = [(entry.rule, entry.confidence) for entry in (*document.milestones, *document.tasks)]
    assert found == [
        ("milestone_heading", 0.95),
        ("box", 1.0),
        ("box_after_semicolon", 0.95),
        ("task_section", 0.6),
        ("table_row", 0.9),
    ]
