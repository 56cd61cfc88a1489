import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.evidence.judge import RuleError, Verdict, check_rule, judge, rule_in_words

FACTS = {"n": 5, "f": 0.5, "s": "proven", "flag": True, "list": ["a", "b"], "null": None}


def fact(name, operator, value=None):
    return {"fact": name, "operator": operator} | ({} if operator == "exists" else {"value": value})


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (fact("n", "==", 5), "passing"),
        (fact("n", "==", 6), "failing"),
        (fact("n", "!=", 6), "passing"),
        (fact("n", "<", 5), "failing"),
        (fact("n", "<=", 5), "passing"),
        (fact("f", ">", 0.4), "passing"),
        (fact("f", ">=", 1), "failing"),
        (fact("s", "==", "proven"), "passing"),
        (fact("s", "in", ["proven", "failed"]), "passing"),
        (fact("s", "in", ["failed"]), "failing"),
        (fact("s", "in", 7), "undecided"),
        (fact("list", "contains", "a"), "passing"),
        (fact("list", "contains", "z"), "failing"),
        (fact("n", "contains", 5), "undecided"),
        (fact("s", "matches", "^pro"), "passing"),
        (fact("s", "matches", r"^\(?\w+\)?[a-z]{0,9}\w*$"), "passing"),
        (fact("s", "matches", "^fail"), "failing"),
        (fact("n", "matches", "5"), "undecided"),
        (fact("s", "<", 3), "undecided"),
        (fact("n", "<", "9"), "undecided"),
        (fact("flag", "<", 2), "undecided"),
        (fact("flag", "==", True), "passing"),
        (fact("n", "exists"), "passing"),
        (fact("gone", "exists"), "failing"),
        (fact("null", "exists"), "failing"),
        (fact("gone", "==", None), "undecided"),
        (fact("null", "==", None), "undecided"),
        (fact("gone", "!=", 5), "undecided"),
        ({"not": fact("n", "==", 6)}, "passing"),
        ({"not": fact("n", "==", 5)}, "failing"),
        ({"not": fact("gone", "==", 5)}, "undecided"),
        ({"not": {"not": fact("gone", "==", 5)}}, "undecided"),
        ({"all": [fact("n", "==", 5), fact("s", "==", "proven")]}, "passing"),
        ({"all": [fact("n", "==", 5), fact("gone", "==", 5)]}, "undecided"),
        ({"all": [fact("n", "==", 6), fact("gone", "==", 5)]}, "failing"),
        ({"any": [fact("n", "==", 6), fact("s", "==", "proven")]}, "passing"),
        ({"any": [fact("n", "==", 5), fact("gone", "==", 5)]}, "passing"),
        ({"any": [fact("n", "==", 6), fact("gone", "==", 5)]}, "undecided"),
        ({"any": [fact("n", "==", 6), fact("n", "==", 7)]}, "failing"),
    ],
    ids=str,
)
def test_it_judges_by_the_table(rule, verdict):
    assert judge(FACTS, rule).verdict == verdict


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (None, "rule must be an object"),
        ({}, "rule must be an object"),
        ([], "rule must be an object"),
        ({"some": []}, "rule must have exactly one of all, any, not, fact."),
        ({"all": [], "any": []}, "rule must have exactly one of"),
        ({"all": []}, "rule.all must be a list with at least one rule."),
        ({"all": "abc"}, "rule.all must be a list"),
        ({"not": {}}, r"rule.not\[0\] must be an object"),
        ({"any": [fact("n", "==", 5), {"fact": 3, "operator": "=="}]}, r"rule.any\[1\].fact must be the name"),
        ({"fact": "n", "operator": "=~", "value": 1}, "rule.operator must be one of"),
        ({"fact": "n", "operator": "=="}, "rule.value is missing."),
        ({"fact": "n", "operator": "==", "value": 1, "valeu": 2}, "more than fact, operator, value and unit"),
        (fact("s", "matches", "("), "rule.value is not a pattern"),
        (fact("s", "matches", 7), "rule.value is not a pattern"),
        (fact("s", "matches", "x" * 201), "more than 200 characters"),
        (fact("s", "matches", "(a+)+$"), "repeats a group"),
        (fact("s", "matches", "(?:a|aa){2,}$"), "repeats a group"),
        (fact("s", "matches", "a*a*a*a*b"), "more than 3 repeats"),
    ],
    ids=str,
)
def test_a_malformed_rule_is_refused_with_its_place(rule, message):
    with pytest.raises(RuleError, match=message):
        judge(FACTS, rule)


def test_the_reason_says_what_was_seen_and_what_must_be():
    rule = {"fact": "n", "operator": "<", "value": 3, "unit": "s"}
    assert judge(FACTS, rule).reasons == ("N: 5 s, must be below 3 s.",)
    assert judge(FACTS, fact("gone", "==", 1)).reasons == ("Gone is missing.",)
    assert judge(FACTS, {"not": fact("n", "==", 5)}).reasons == ("What must not be is so.",)
    assert judge(FACTS, {"all": [fact("n", "==", 5)]}).reasons == ()


VALUES = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, "a", "b", True, None]), st.just(["a"]))
COMPARISONS = st.builds(
    lambda name, operator, value: fact(name, operator, value),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "contains"]),
    VALUES,
)
RULES = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda rule: {"not": rule}, inner),
        st.builds(lambda name, rules: {name: rules}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1)),
    ),
    max_leaves=8,
)
SOME_FACTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES)


@given(RULES)
def test_missing_facts_never_pass(rule):
    check_rule(rule)
    assert judge({}, rule).verdict is Verdict.UNDECIDED


@given(SOME_FACTS, RULES)
def test_the_negation_of_the_undecided_stays_undecided(facts, rule):
    opposite = {Verdict.PASSING: Verdict.FAILING, Verdict.FAILING: Verdict.PASSING}
    verdict = judge(facts, rule).verdict
    assert judge(facts, {"not": rule}).verdict is opposite.get(verdict, Verdict.UNDECIDED)


@given(SOME_FACTS, RULES, st.sampled_from(["a", "b", "c"]))
def test_taking_a_fact_away_never_turns_a_failure_into_a_pass(facts, rule, name):
    fewer = {key: value for key, value in facts.items() if key != name}
    before, after = judge(facts, rule).verdict, judge(fewer, rule).verdict
    assert after in {before, Verdict.UNDECIDED}


@given(SOME_FACTS, RULES)
def test_only_a_pass_has_no_reason(facts, rule):
    judgement = judge(facts, rule)
    assert (judgement.verdict is Verdict.PASSING) == (not judgement.reasons)


@given(st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=5))
def test_any_other_value_as_a_rule_is_refused_or_judged_but_never_breaks(rule):
    try:
        verdict = judge({"a": 1}, rule).verdict
    except RuleError:
        return
    assert verdict in Verdict


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (fact("rto_seconds", "<", 60) | {"unit": "s"}, "RTO seconds must be below 60 s"),
        (fact("verdict", "in", ["a", "b"]), "Verdict must be one of a, b"),
        (fact("rto_seconds", "<", 60.0), "RTO seconds must be below 60"),
        (fact("verdict", "exists"), "Verdict must be known"),
        ({"not": fact("n", "==", 5)}, "not (N must be 5)"),
        (
            {"all": [fact("a", "==", 1), {"any": [fact("b", ">", 2), fact("c", "<=", 3)]}]},
            "A must be 1 and (B must be above 2 or C must be at most 3)",
        ),
    ],
    ids=str,
)
def test_a_rule_can_be_said_in_words(rule, words):
    assert rule_in_words(rule) == words


def test_a_long_text_is_matched_with_no_pattern():
    assert judge({"s": "a" * 200}, fact("s", "matches", "^a")).verdict == Verdict.PASSING
    assert judge({"s": "a" * 201}, fact("s", "matches", "^a")).verdict == Verdict.UNDECIDED
