"""What a newcomer's document says on lines of its own: "Done when:", a risk's grades, the end of a quarter."""

import pytest

from apps.roadmap.engines.dates import read_date
from apps.roadmap.engines.marks import Claim
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.status_words import read_status


@pytest.mark.parametrize(
    "text",
    [
        "## M1 Launch\n- [ ] Invite\n\nDone when:\n- it is fast\n",
        "## M1 Launch\n- [ ] Invite\n\nDone when:\n\n- it is fast\n",
        "## M1 Launch\n- [ ] Invite\nDone when:\n- it is fast\n",
        "## M1 Launch\n- [ ] Invite\n**Done when:**\n- it is fast\n",
        "1. **Launch** (due 30 Nov 2026)\n   - [ ] Invite\n   Done when:\n   - it is fast\n",
        "1. **Launch** (due 30 Nov 2026)\n   - [ ] Invite\n\n   Done when:\n   - it is fast\n",
    ],
)
def test_a_line_that_announces_criteria_does_so_however_it_is_set(text):
    document = parse_document(text.encode())

    assert [criterion.text for criterion in document.criteria] == ["it is fast"]
    assert [task.text for task in document.tasks] == ["Invite"]
    assert document.criteria[0].milestone == 0


def test_a_line_that_goes_on_within_an_item_belongs_to_it():
    document = parse_document(b"## M1 Launch\n- [ ] Invite those who\n  asked for it:\n  everybody\n- [ ] Tell\n")

    assert [task.text for task in document.tasks] == ["Invite those who asked for it: everybody", "Tell"]


@pytest.mark.parametrize(
    ("words", "title", "likelihood", "severity"),
    [
        ("Late supplier (likelihood: medium, impact: high)", "Late supplier", "medium", "high"),
        ("Retard du prestataire (probabilité : moyenne, impact : élevé)", "Retard du prestataire", "moyenne", "élevé"),
        ("Später Lieferant (Wahrscheinlichkeit: hoch)", "Später Lieferant", "hoch", ""),
        ("Late supplier (see: the contract)", "Late supplier (see: the contract)", "", ""),
        ("Late supplier: queue orders", "Late supplier", "", ""),
    ],
)
def test_a_risk_may_end_with_its_grades(words, title, likelihood, severity):
    (risk,) = parse_document(f"# Plan\n\n## Risks\n- {words}\n".encode()).risks

    assert (risk.title, risk.likelihood, risk.severity) == (title, likelihood, severity)


@pytest.mark.parametrize("words", ["end of Q1 2027", "Ende Q1 2027", "fin T1 2027", "the end of H1 2027"])
def test_the_end_of_a_quarter_or_half_is_that_quarter_or_half(words):
    target = read_date(words, is_whole=True).target

    assert target
    assert target.end.isoformat() == ("2027-06-30" if "H1" in words else "2027-03-31")
    assert target.span == (0, len(words))


@pytest.mark.parametrize("words", ["Blocked", "Bloqué", "bloquée", "blockiert", "Bloqueado"])
def test_what_is_blocked_was_begun_in_every_language(words):
    assert read_status(words) == Claim.IN_PROGRESS


@pytest.mark.parametrize(
    "text",
    [
        "# Plan\n\n## M1 Launch\n- [ ] Rehearse (owner: Ines + SRE)\n",
        "# Plan\n\n| Task | Owner | Status |\n|---|---|---|\n| Rehearse | Ines + SRE | Done |\n",
    ],
)
def test_a_task_of_two_owners_has_both(text):
    (task,) = parse_document(text.encode()).tasks

    assert (task.owners, task.doubts) == (("Ines", "SRE"), ())
