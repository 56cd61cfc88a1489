import pytest

from apps.backups.verifiers import RestoreDrill
from apps.healthchecks.verifiers import Availability
from apps.roadmap.engines.suggesting import propose


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("99.9% availability", {}),
        ("99.9% availability over the last day", {}),
        ("99.9% availability over 30 days", {"window_hours": 720}),
        ("Uptime of 99.9 % in any rolling 7-day window", {"window_hours": 168}),
        ("99.5% uptime per month", {"window_hours": 720}),
        ("Availability over the past 48 hours > 99 %", {"window_hours": 48}),
    ],
)
def test_the_window_is_the_one_that_the_text_states(text, parameters):
    assert Availability().suggest(text).parameters == parameters


def test_a_window_longer_than_answers_are_kept_is_not_suggested():
    assert Availability().suggest("99.9% availability over 1 year") is None


def test_a_month_of_availability_asks_for_its_percentage_not_for_its_days():
    (proposal,) = propose("99.9% availability over 30 days", [Availability()])
    stated = [part for part in proposal.rule["all"] if part["fact"] == "availability_percent"]
    assert [(part["operator"], part["value"]) for part in stated] == [(">=", 99.9)]
    assert proposal.parameters == {"window_hours": 720}


def test_a_limit_on_restoring_is_asked_of_the_drill():
    (proposal,) = propose("A backup is taken every night and can be restored within 30 minutes", [RestoreDrill()])
    assert {"fact": "rto_seconds", "operator": "<=", "value": 1800, "unit": "s"} in proposal.rule["all"]
