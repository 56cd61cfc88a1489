"""What a person said a line is holds: in the same text, in a later one, and without touching any other line."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.roadmap.engines.corrections import Becomes, Correction, Place, find_places, match_places
from apps.roadmap.engines.entries import Owner
from apps.roadmap.engines.parser import parse_document

TEXT = """# Road

## Incident response
- Page the on-call
- Open a channel
- [ ] Write it down (owner: Core)

## Launch
| Task | Owner | Status |
|---|---|---|
| one | QA | done |
| two | QA | todo |

The queue drains in 5 minutes.

```
Risk: fire
Impact: heat
```
"""


def corrected(later: str, /, *said: tuple[str, str], **values: str):
    """The document read with what was said of the lines that hold those words, in the first text."""
    parsed = parse_document(TEXT.encode())
    places = find_places(parsed.source, parsed.blocks)
    corrections = []
    for words, becomes in said:
        line = TEXT[: TEXT.index(words)].count("\n") + 1
        corrections.append(Correction(places[line], Becomes(becomes), values, key=len(corrections) + 1))
    return parse_document(later.encode(), corrections=corrections)


def test_plain_bullets_become_tasks_and_steps_of_the_task_above():
    parsed = corrected(TEXT, ("Page the", "task"), ("Open a", "step"))

    assert [(task.text, task.parent) for task in parsed.tasks[:2]] == [
        ("Page the on-call", None),
        ("Open a channel", 0),
    ]
    assert parsed.tasks[0].confidence == 1
    assert parsed.tasks[0].rule == "person"
    assert parsed.corrected == {4: 1, 5: 2}


def test_a_heading_that_becomes_a_milestone_gathers_what_stands_below_it():
    parsed = corrected(TEXT, ("## Launch", "milestone"))

    assert [milestone.title for milestone in parsed.milestones] == ["Launch"]
    assert [task.milestone for task in parsed.tasks] == [None, 0, 0]


def test_every_shape_of_line_becomes_what_it_is_called():
    parsed = corrected(
        TEXT,
        ("Page the", "milestone"),
        ("Open a", "work_item"),
        ("Write it", "criterion"),
        ("| two", "risk"),
        ("The queue", "criterion"),
        ("Risk: fire", "task"),
    )

    assert [each.title for each in parsed.milestones] == ["Page the on-call"]
    assert [each.title for each in parsed.work_items] == ["Open a channel"]
    assert [each.text for each in parsed.criteria] == ["Write it down (owner: Core)", "The queue drains in 5 minutes."]
    assert [each.title for each in parsed.risks] == ["two"]
    assert [each.text for each in parsed.tasks] == ["one", "Risk: fire"]


def test_boxes_below_an_item_that_becomes_a_criterion_stay_tasks():
    text = "# Road\n\n## Launch\n1. **Data Protection**\n   - [ ] Encrypt at rest\n"
    parsed = parse_document(text.encode())
    place = find_places(parsed.source, parsed.blocks)[4]
    corrected = parse_document(text.encode(), corrections=[Correction(place, Becomes.CRITERION)])

    assert (len(parsed.work_items), [task.work_item for task in parsed.tasks]) == (1, [0])
    assert [criterion.text for criterion in corrected.criteria] == ["Data Protection"]
    assert [(task.text, task.work_item) for task in corrected.tasks] == [("Encrypt at rest", None)]


def test_wrong_hits_become_prose():
    parsed = corrected(TEXT, ("Write it", "prose"), ("| one", "prose"), ("Risk: fire", "prose"))

    assert [task.text for task in parsed.tasks] == ["two"]
    assert parsed.risks == ()
    owners = dict(zip([block.start_line for block in parsed.blocks], parsed.owners, strict=True))
    assert (owners[6], owners[9]) == (Owner.PROSE, Owner.TASK)


def test_values_that_were_read_wrongly_are_put_right():
    parsed = corrected(
        TEXT, ("Write it", "task"), text="Write it down", claim="done", owner="QA + Core", target="Q2 2026"
    )
    task = parsed.tasks[0]

    assert (task.text, task.claim, task.owners) == ("Write it down", "done", ("QA", "Core"))
    assert str(task.target.end) == "2026-06-30"


def test_a_correction_follows_its_line_when_it_moves_and_waits_when_it_is_gone():
    moved = TEXT.replace("- Page the on-call\n", "").replace("The queue", "- Page the on-call\n\nThe queue")
    assert [task.text for task in corrected(moved, ("Page the", "task")).tasks][-1] == "Page the on-call"
    gone = TEXT.replace("- Page the on-call\n", "")
    assert corrected(gone, ("Page the", "task")).corrected == {}


def test_ticking_assigning_and_dating_a_line_do_not_lose_its_correction():
    later = TEXT.replace("- [ ] Write it down (owner: Core)", "* [x] Write it down (owner: QA, due: 2026-03-02)")
    assert [each.claim for each in corrected(later, ("Write it", "criterion")).criteria] == ["done"]


def test_words_that_are_there_twice_are_nobodys_when_they_moved():
    there = {1: Place("B", "same"), 2: Place("C", "same")}
    assert match_places([Place("A", "same")], there) == {}
    assert match_places([Place("B", "same"), Place("A", "same")], there) == {0: 1}


words = st.sampled_from(["alpha", "beta gamma", "p95 < 2 s", "Owner: QA", "M1: Safety", "Risk: fire"])
shapes = st.sampled_from(
    ["- {}", "- [ ] {}", "- [x] {}; [ ] more", "  - {}", "## {}", "### 1. {}", "{}", "1. **{}**", "| {} | QA | done |",
     "| Task | Owner | Status |\n|---|---|---|", "Acceptance:", "## Risks", "```\n{}\n```", "", "> {}"]
)  # fmt: skip
documents = st.lists(st.tuples(shapes, words), max_size=25).map(
    lambda lines: "\n".join(shape.format(said) for shape, said in lines) + "\n"
)


@settings(max_examples=300, deadline=None)
@given(documents, st.data())
def test_corrections_neither_lose_nor_double_a_line(text, data):
    plain = parse_document(text.encode())
    places = find_places(plain.source, plain.blocks)
    chosen = data.draw(st.dictionaries(st.sampled_from(sorted(places)), st.sampled_from(Becomes))) if places else {}
    said = [Correction(places[line], becomes, key=line) for line, becomes in chosen.items()]
    parsed = parse_document(text.encode(), corrections=said)

    assert parsed.corrected == {line: line for line in chosen}
    assert (parsed.blocks, parsed.source) == (plain.blocks, plain.source)
    assert len(parsed.owners) == len(parsed.blocks)
    entries = {
        Becomes.MILESTONE: parsed.milestones,
        Becomes.WORK_ITEM: parsed.work_items,
        Becomes.TASK: parsed.tasks,
        Becomes.CRITERION: parsed.criteria,
        Becomes.RISK: parsed.risks,
    }
    for line, becomes in chosen.items():
        kind = Becomes.TASK if becomes == Becomes.STEP else becomes
        held = Counter(name for name, found in entries.items() for each in found if each.line == line)
        assert set(held) <= {kind}, (line, becomes)
        assert becomes == Becomes.PROSE or held[kind] >= 1 or kind == Becomes.RISK
    _refers_only_to_what_is_there(parsed)


def _refers_only_to_what_is_there(parsed):
    for task in parsed.tasks:
        assert task.parent is None or parsed.tasks[task.parent].parent is None or task.parent < len(parsed.tasks)
    for entry in (*parsed.tasks, *parsed.criteria, *parsed.work_items):
        assert entry.milestone is None or parsed.milestones[entry.milestone].line <= entry.line
