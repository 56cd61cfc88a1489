import pytest

from apps.evidence.judge import check_rule
from apps.evidence.phrases import find_phrase
from apps.roadmap.engines.suggesting import propose, rule_from_measures, thresholds_not_asked
from tests.evidence.recovery import Recovery

PROVEN = {"fact": "verdict", "operator": "==", "value": "proven"}


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("Successful Sea-Trial from latest backup", "sea trial", "Sea-Trial"),
        ("a sea without any trial", "sea trial", None),
        ("restore of the latest backup test", "restore ~ test", "restore of the latest backup test"),
        ("restore; then test", "restore ~ test", None),
        ("restore test", "restore ~ test", "restore test"),
        ("99.9% uptimes", "uptime*", "uptimes"),
        ("99.9% uptimes", "uptime", None),
        ("the drills", "drill", None),
        ("", "drill", None),
    ],
)
def test_it_finds_a_phrase_as_it_stands(text, phrase, found):
    assert find_phrase(text, [phrase]) == found


def test_the_first_phrase_in_the_text_wins():
    assert find_phrase("backup, then restore", ["restore", "backup"]) == "backup"


def test_each_clause_gets_the_verifiers_that_speak_of_it():
    text = "A sea trial with RTO < 1 hour; dashboards are live; another sea trial."
    first, second = propose(text, [Recovery()])
    assert first.clause == "A sea trial with RTO < 1 hour"
    assert first.rule == {"all": [PROVEN, {"fact": "rto_seconds", "operator": "<", "value": 3600, "unit": "s"}]}
    assert (second.clause, second.rule) == ("another sea trial.", None)


def test_a_single_clause_is_the_whole_criterion():
    (proposal,) = propose("Successful sea trial", [Recovery()])
    assert (proposal.clause, proposal.rule) == ("", None)


class Availability(Recovery):
    facts_schema = {"properties": {"availability_percent": {}, "coverage_percent": {}, "p95_milliseconds": {}}}
    default_rule = {
        "all": [
            {"fact": "availability_percent", "operator": ">=", "value": 99},
            {"fact": "coverage_percent", "operator": ">=", "value": 90},
        ]
    }


@pytest.mark.parametrize(
    ("text", "fact", "operator", "value"),
    [
        ("99.9% uptime", "availability_percent", ">=", 99.9),
        ("p95 response time < 2 seconds", "p95_milliseconds", "<", 2000),
        ("p95 < 250 ms", "p95_milliseconds", "<", 250),
    ],
)
def test_a_threshold_takes_the_place_of_the_verifiers_own(text, fact, operator, value):
    rule = rule_from_measures(text, Availability())
    check_rule(rule)
    stated = [part for part in rule["all"] if part["fact"] == fact]
    assert [(part["operator"], part["value"]) for part in stated] == [(operator, value)]
    assert {part["fact"] for part in rule["all"]} >= {"availability_percent", "coverage_percent"}


@pytest.mark.parametrize("text", ["p50 < 2 seconds", "p95 < X ms", "Fast", "RTO < 1 hour", "p95 < 3 req/s"])
def test_a_threshold_that_no_fact_answers_changes_nothing(text):
    assert rule_from_measures(text, Availability()) is None


@pytest.mark.parametrize(
    ("rule", "missing"),
    [
        ({"fact": "rto_seconds", "operator": "<", "value": 3600}, ()),
        ({"fact": "rto_seconds", "operator": "<", "value": 3600.0}, ()),
        ({"all": [PROVEN, {"fact": "rto_seconds", "operator": "<=", "value": 1800}]}, ()),
        ({"fact": "rto_seconds", "operator": "<=", "value": 3600}, ("RTO seconds must be below 3600 s",)),
        ({"fact": "rto_seconds", "operator": "<", "value": 7200}, ("RTO seconds must be below 3600 s",)),
        ({"fact": "rto_seconds", "operator": ">", "value": 60}, ("RTO seconds must be below 3600 s",)),
        (PROVEN, ("RTO seconds must be below 3600 s",)),
    ],
    ids=str,
)
def test_a_rule_that_asks_less_than_the_text_is_found_out(rule, missing):
    assert thresholds_not_asked("Recovers with RTO < 1 hour", Recovery(), rule) == missing


def test_a_text_without_thresholds_asks_nothing():
    assert thresholds_not_asked("Recovers", Recovery(), PROVEN) == ()
