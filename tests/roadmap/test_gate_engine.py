import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.gate import evaluate, outcome_of
from apps.roadmap.engines.gate_answer import LETS_GO, Concern, Decision, GateCriterion, GateSubject
from apps.roadmap.engines.gate_formats import FORMATS
from apps.roadmap.engines.gate_rules import ConcernKind, GateRules, RequiredRole, Weight
from apps.roadmap.engines.gate_signatures import Decided, LaunchRecord, Override, Signature
from apps.roadmap.engines.standing import Standing

SUBJECT = GateSubject(service="payments", environment="production", documents=(("a.md", "1"), ("b.md", "2")))
REQUIREMENTS = ["required", "recommended", "required_if_present"]


def criterion(standing="verified", requirement="required", id=1, **fields):
    fields = {"text": "It restores", "milestone": "M2 Data", "claim": "done", "evidence": "passing"} | fields
    return GateCriterion(id=id, requirement=requirement, standing=Standing(standing), **fields)


@pytest.mark.parametrize(
    ("standings", "decision"),
    [
        (["verified", "verified"], "go"),
        (["verified", "not_applicable"], "go"),
        (["verified", "waived"], "go_with_waivers"),
        (["verified", "unverified"], "no_go"),
        (["verified", "decayed"], "no_go"),
        (["verified", "contradicted"], "no_go"),
        (["verified", "failing"], "no_go"),
        (["verified", "open"], "no_go"),
        (["verified", "met_not_claimed"], "no_go"),
        (["verified", "unknown"], "indeterminate"),
        (["open", "unknown"], "no_go"),
        (["not_applicable"], "indeterminate"),
        ([], "indeterminate"),
    ],
)
def test_required_criteria_decide(standings, decision):
    criteria = [criterion(each, id=number) for number, each in enumerate(standings)]
    assert evaluate(SUBJECT, criteria).decision == decision


@pytest.mark.parametrize(
    ("requirement", "standing", "outcome"),
    [
        ("recommended", "contradicted", "advises"),
        ("recommended", "verified", "passes"),
        ("required_if_present", "unverified", "advises"),
        ("required_if_present", "failing", "blocks"),
        ("required_if_present", "contradicted", "blocks"),
        ("required", "unknown", "undecided"),
    ],
)
def test_what_is_not_required_advises_unless_present_evidence_fails(requirement, standing, outcome):
    assert outcome_of(criterion(standing, requirement), GateRules()) == outcome


def test_recommended_criteria_alone_decide_nothing():
    assert evaluate(SUBJECT, [criterion(requirement="recommended")]).decision is Decision.INDETERMINATE


def test_a_policy_may_let_pass_what_is_met_without_a_claim():
    met = [criterion("met_not_claimed")]
    assert evaluate(SUBJECT, met, rules=GateRules("2", met_without_claim_passes=True)).decision is Decision.GO


CRITERIA = st.lists(
    st.builds(
        GateCriterion,
        id=st.integers(1, 10**6),
        text=st.text(max_size=8),
        milestone=st.sampled_from(["", "M1"]),
        requirement=st.sampled_from(REQUIREMENTS),
        claim=st.sampled_from(["todo", "done"]),
        evidence=st.sampled_from(["passing", "failing"]),
        standing=st.sampled_from(Standing),
        reason=st.text(max_size=8),
        observations=st.lists(st.integers(1, 9), max_size=2).map(tuple),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
)


@given(CRITERIA, st.randoms())
def test_the_digest_depends_neither_on_order_nor_on_wording(criteria, random):
    shuffled = [replace(each, reason="said otherwise", action="now") for each in criteria]
    random.shuffle(shuffled)
    swapped = replace(SUBJECT, documents=SUBJECT.documents[::-1])
    assert evaluate(SUBJECT, criteria, warnings=["late"]).digest == evaluate(swapped, shuffled).digest


@given(CRITERIA)
def test_a_go_needs_every_required_criterion_verified(criteria):
    required = [each.standing for each in criteria if each.requirement == "required"]
    if evaluate(SUBJECT, criteria).decision is Decision.GO:
        assert set(required) <= {Standing.VERIFIED, Standing.NOT_APPLICABLE}
        assert Standing.VERIFIED in required


@pytest.mark.parametrize(
    "change",
    [
        {"text": "It does not"},
        {"requirement": "recommended"},
        {"claim": "todo"},
        {"evidence": "stale"},
        {"standing": Standing.DECAYED},
        {"observations": (7,)},
        {"bindings": ("other",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_changes_with_each_thing_that_matters(change):
    first = criterion()
    assert evaluate(SUBJECT, [first]).digest != evaluate(SUBJECT, [replace(first, **change)]).digest


@pytest.mark.parametrize(
    "change",
    [{"service": "x"}, {"environment": "x"}, {"milestone": "M1"}, {"documents": (("a.md", "3"),)}],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_changes_with_what_is_asked(change):
    assert evaluate(SUBJECT, [criterion()]).digest != evaluate(replace(SUBJECT, **change), [criterion()]).digest


def test_the_digest_changes_with_the_policy():
    assert evaluate(SUBJECT, []).digest != evaluate(SUBJECT, [], rules=GateRules(version="2")).digest


@pytest.mark.parametrize(
    ("standings", "headline"),
    [
        (["open", "verified"], "No-go: 1 of 2 criteria blocks."),
        (["open", "decayed"], "No-go: 2 of 2 criteria block."),
        (["verified"], "Go: every required criterion is proven."),
        (["verified", "waived"], "Go, with waivers: 1 of 2 criteria waived."),
        (["unknown", "verified"], "Indeterminate: the evidence of 1 of 2 criteria cannot be read."),
        ([], "Indeterminate: nothing is required, so nothing can be decided."),
    ],
)
def test_the_headline_says_the_decision_and_its_ground(standings, headline):
    criteria = [criterion(each, id=number) for number, each in enumerate(standings)]
    assert evaluate(SUBJECT, criteria).headline == headline


NASTY = 'A | B `code` <b>\x00\n]]> & "q"'


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_names_the_criterion_and_the_digest(name):
    answer = evaluate(SUBJECT, [criterion("contradicted", reason="It failed.", action="Mend it.")], warnings=["Late."])
    text = FORMATS[name](answer)
    assert "It restores" in text
    assert answer.digest in text
    assert "It failed." in text


def test_json_is_one_object_with_the_promised_names():
    answer = evaluate(SUBJECT, [criterion("open"), criterion("verified", id=2)])
    content = json.loads(FORMATS["json"](answer))
    assert (content["decision"], content["digest"]) == ("no_go", answer.digest)
    assert [(each["id"], each["standing"], each["outcome"]) for each in content["criteria"]] == [
        (1, "open", "blocks"),
        (2, "verified", "passes"),
    ]


def test_junit_counts_failures_errors_and_skipped_and_takes_any_text():
    standings = ["contradicted", "unknown", "waived", "not_applicable", "verified"]
    criteria = [criterion(each, id=number, text=NASTY, reason=NASTY) for number, each in enumerate(standings)]
    suite = ElementTree.fromstring(FORMATS["junit"](evaluate(SUBJECT, criteria)).encode())  # noqa: S314 - ours
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    assert [child.tag for case in suite.iter("testcase") for child in case] == [
        "failure",
        "error",
        "skipped",
        "skipped",
    ]


def test_markdown_keeps_one_row_for_each_criterion_whatever_its_text():
    text = FORMATS["markdown"](evaluate(SUBJECT, [criterion("open", text=NASTY, milestone="")]))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert "A \\| B \\`code\\` \\<b\\>" in rows[2]


def test_text_lists_what_blocks_first():
    criteria = [criterion(text="Fine"), criterion("open", id=2, text="Missing", action="Bind it.")]
    lines = FORMATS["text"](evaluate(SUBJECT, criteria)).splitlines()
    assert lines[0] == "No-go: 1 of 2 criteria blocks."
    assert lines[3] == "✕ Open. M2 Data: Missing"
    assert lines[4] == "    → Bind it."


AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SRE = RequiredRole("SRE", 1, "group sre")
CONCERNS = st.lists(
    st.builds(Concern, st.sampled_from(ConcernKind), st.sampled_from(["risk:1", "criterion:2"]), st.text(max_size=8)),
    max_size=4,
)


def signature(digest, role="SRE", person="Olga", approves=True):
    return Signature(role, person, approves, digest, AT, "Because.")


@given(CRITERIA, CONCERNS, st.randoms(), st.booleans())
def test_no_digest_depends_on_order_wording_or_signatures(criteria, concerns, random, approves):
    rules = GateRules("1", roles=(SRE,))
    first = evaluate(SUBJECT, criteria, concerns=concerns, rules=rules)
    shuffled = [replace(each, reason="otherwise") for each in criteria]
    reworded = [replace(each, sentence="2 weeks late") for each in concerns]
    random.shuffle(shuffled)
    random.shuffle(reworded)
    decided = Decided((signature(first.decision_digest, approves=approves),), (), LaunchRecord(AT, "go"))
    second = evaluate(SUBJECT, shuffled, concerns=reworded, rules=rules, decided=decided)
    assert (first.digest, first.decision_digest) == (second.digest, second.decision_digest)


@given(CRITERIA, CRITERIA)
def test_the_decision_digest_is_blind_to_newer_observations_and_to_nothing_else(criteria, others):
    renewed = [replace(each, observations=(77,)) for each in criteria]
    first = evaluate(SUBJECT, criteria)
    assert evaluate(SUBJECT, renewed).decision_digest == first.decision_digest
    bare = [[replace(each, reason="", observations=()) for each in some] for some in (criteria, others)]
    same = sorted(bare[0], key=lambda each: each.id) == sorted(bare[1], key=lambda each: each.id)
    assert (evaluate(SUBJECT, others).decision_digest == first.decision_digest) is same


@given(CRITERIA, CONCERNS, st.lists(st.sampled_from(["Olga", "Sam"]), max_size=3), st.booleans(), st.integers(1, 2))
def test_nothing_goes_without_its_signatures(criteria, concerns, people, is_present, needed):
    rules = GateRules("1", roles=(replace(SRE, needed=needed),))
    unsigned = evaluate(SUBJECT, criteria, concerns=concerns, rules=rules)
    digest = unsigned.decision_digest if is_present else "of something else"
    decided = Decided(tuple(signature(digest, person=each) for each in people))
    answer = evaluate(SUBJECT, criteria, concerns=concerns, rules=rules, decided=decided)
    assert unsigned.decision not in LETS_GO
    if answer.decision in LETS_GO:
        assert is_present
        assert len(people) >= needed
        assert not any(finding.blocks for finding in answer.findings)


@given(CRITERIA, CRITERIA)
def test_an_override_covers_what_blocked_and_nothing_that_came_since(then, now):
    covered = evaluate(SUBJECT, then).blocking_ids
    override = Override("SRE", "Olga", "The fair.", AT, AT + timedelta(days=1), "built-in", covered)
    answer = evaluate(SUBJECT, now, decided=Decided(overrides=(override,)))
    if answer.decision is Decision.OVERRIDDEN:
        assert answer.blocking_ids
        assert answer.blocking_ids <= covered


def test_a_rejected_gate_is_regressed_after_its_launch():
    rules = GateRules("1", roles=(SRE,))
    digest = evaluate(SUBJECT, [criterion()], rules=rules).decision_digest
    decided = Decided((signature(digest, approves=False),), (), LaunchRecord(AT, "go"))
    answer = evaluate(SUBJECT, [criterion()], rules=rules, decided=decided)
    assert answer.regression == "Go at launch, no-go today: regressed."
    assert answer.blocking_ids == {"role:SRE"}


RICH = evaluate(
    SUBJECT,
    [criterion("open")],
    concerns=[
        Concern(ConcernKind.OPEN_CRITICAL_RISK, "risk:1", "The risk is open.", "Mitigate it."),
        *(Concern(ConcernKind.OWNER_MISSING, f"criterion:{n}", f"C{n} has no owner.") for n in range(5)),
        Concern(ConcernKind.OWNER_MISSING, "milestone:1", "M1 has no owner."),
    ],
    rules=GateRules("production 2", roles=(SRE,), weights={ConcernKind.OPEN_CRITICAL_RISK: Weight.BLOCK}),
    decided=Decided(launch=LaunchRecord(AT, "go", 7)),
)


def test_text_says_the_regression_findings_signatures_and_owners_in_one_note():
    text = FORMATS["text"](RICH)
    lines = text.splitlines()
    assert lines[:2] == ["No-go: 1 of 1 criteria and 1 finding block.", "Go at launch, no-go today: regressed."]
    assert "✕ The risk is open.\n    → Mitigate it." in text
    assert [line for line in lines if line.startswith("Note:")] == [
        "Note: SRE: 0 of 1 signed.",
        "Note: M1 has no owner.",
        "Note: 5 criteria outside milestones have no owner.",
    ]


def test_json_holds_findings_signatures_and_the_launch():
    content = json.loads(FORMATS["json"](RICH))
    assert (content["regressed"], content["launched"]["evaluation"], content["policy_version"]) == (
        True,
        7,
        "production 2",
    )
    assert content["findings"][0] == {
        "id": "open_critical_risk:risk:1",
        "kind": "open_critical_risk",
        "outcome": "blocks",
        "sentence": "The risk is open.",
        "action": "Mitigate it.",
    }
    assert (content["sign_offs"][0]["role"], content["sign_offs"][0]["signed"]) == ("SRE", 0)
    assert len(content["warnings"]) == 6


def test_junit_and_markdown_hold_the_findings():
    suite = ElementTree.fromstring(FORMATS["junit"](RICH).encode())  # noqa: S314 - ours
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    assert [failure.get("message") for failure in suite.iter("failure")][1:] == ["Mitigate it.", "SRE: 0 of 1 signed."]
    assert "**The risk is open.** Mitigate it." in FORMATS["markdown"](RICH)
