"""How far campaigns are: read from evidence, at an instant."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Team
from apps.roadmap.models import Campaign, Criterion
from apps.roadmap.selectors.campaigns import progress_of_each
from tests.roadmap.campaigning import campaign_of, known, progress_of, service_of, states, story
from tests.roadmap.evidence import DAY, NOW, bind, observe


@pytest.fixture
def campaign(recovery, olga):
    return campaign_of(olga)


def test_a_service_with_an_accepted_check_that_passes_has_it(campaign, criterion, environment):
    bind(criterion)
    observe(environment, NOW - DAY)
    progress = progress_of(campaign)
    assert (progress.satisfied, progress.total, progress.is_reached) == (1, 1, True)
    assert progress.services[0].reason == "Restored."
    assert progress.services[0].action == ""


def test_a_service_without_a_check_is_missing_and_told_what_to_bind(campaign, service):
    row = progress_of(campaign).services[0]
    assert (row.state, row.reason) == ("unbound", "No accepted check proves it.")
    assert row.action == "Bind a criterion to tests.recovery."


def test_a_suggested_check_does_not_count_but_is_the_way(campaign, criterion, environment):
    suggested = bind(criterion, state="suggested", decided_at=None)
    row = progress_of(campaign).services[0]
    assert (row.state, row.suggestion) == ("unbound", suggested)
    assert row.action == "Accept the suggested check: tests.recovery."


def test_what_was_observed_counts_where_nothing_is_bound(campaign, environment):
    observe(environment, NOW - DAY, parameters={"database": "orders"})
    assert states(progress_of(campaign)) == {"payments": "passing"}


def test_an_accepted_check_goes_before_what_else_was_observed(campaign, criterion, environment):
    observe(environment, NOW - DAY, parameters={"database": "orders"})
    bind(criterion, parameters={"database": "ledger"})
    assert states(progress_of(campaign)) == {"payments": "pending"}


def test_evidence_that_runs_out_takes_the_service_back_with_no_write(campaign, criterion, environment):
    bind(criterion)
    observe(environment, NOW)
    assert states(progress_of(campaign, NOW + 7 * DAY - timedelta(seconds=1))) == {"payments": "passing"}
    late = progress_of(campaign, NOW + 9 * DAY).services[0]
    assert (late.state, late.reason) == ("stale", "Its proof ran out 2 days ago.")


def test_one_check_that_passes_is_enough(campaign, criterion, environment):
    bind(criterion, parameters={"database": "orders"})
    bind(criterion, parameters={"database": "ledger"})
    observe(environment, NOW, parameters={"database": "ledger"})
    observe(environment, NOW, parameters={"database": "orders"}, verdict="failed")
    assert states(progress_of(campaign)) == {"payments": "passing"}


def test_parameters_ask_for_certain_checks_only(campaign, criterion, environment):
    Campaign.objects.update(parameters={"database": "orders"})
    bind(criterion, parameters={"database": "ledger"})
    observe(environment, NOW, parameters={"database": "ledger"})
    assert states(progress_of(campaign)) == {"payments": "unbound"}
    observe(environment, NOW, parameters={"database": "orders"})
    assert states(progress_of(campaign)) == {"payments": "passing"}


@pytest.mark.parametrize(("seconds", "state"), [(600, "passing"), (1200, "failing")])
def test_a_rule_asks_for_more_than_the_check_itself(campaign, criterion, environment, seconds, state):
    Campaign.objects.update(rule={"fact": "rto_seconds", "operator": "<=", "value": 900})
    observe(environment, NOW, rto_seconds=seconds)
    assert states(progress_of(campaign)) == {"payments": state}
    bind(criterion)
    assert states(progress_of(campaign)) == {"payments": state}


def test_a_rule_never_lets_pass_what_the_criterion_itself_refuses(campaign, criterion, environment):
    Campaign.objects.update(rule={"fact": "rto_seconds", "operator": "<=", "value": 3600})
    bind(criterion, rule={"fact": "rto_seconds", "operator": "<=", "value": 60})
    observe(environment, NOW, rto_seconds=600)
    assert states(progress_of(campaign)) == {"payments": "failing"}


@pytest.mark.parametrize(
    ("phrase", "clause", "state"),
    [
        ("sea TRIAL", "", "passing"),
        ("rollback", "", "passing"),
        ("rollback", "A sea trial", "unbound"),
        ("sea trial", "A sea trial", "passing"),
        ("load test", "", "unbound"),
    ],
)
def test_words_ask_for_the_checks_of_criteria_that_hold_them(campaign, criterion, environment, phrase, clause, state):
    Campaign.objects.update(verifier_key="", phrase=phrase)
    bind(criterion, clause)
    observe(environment, NOW)
    assert states(progress_of(campaign)) == {"payments": state}


def test_with_words_nothing_counts_that_is_not_bound(campaign, environment):
    Campaign.objects.update(phrase="sea trial")
    observe(environment, NOW)
    row = progress_of(campaign).services[0]
    assert (row.state, row.action) == ("unbound", "Bind a criterion that says “sea trial” to tests.recovery.")


def test_a_check_of_a_vanished_criterion_does_not_count(campaign, criterion, environment):
    bind(criterion)
    criterion.orphaned_at = NOW
    criterion.save()
    assert states(progress_of(campaign)) == {"payments": "unbound"}


def test_a_service_without_a_default_environment_is_missing(campaign, service):
    service.environments.update(is_default=False)
    row = progress_of(campaign).services[0]
    assert (row.state, row.action) == ("unbound", "Give it one.")


@pytest.mark.parametrize(
    ("scope", "chosen"),
    [
        ({"tiers": []}, {"ant", "bee", "cat"}),
        ({"tiers": ["A"]}, {"ant", "bee"}),
        ({"tiers": ["A", "C"]}, {"ant", "bee", "cat"}),
        ({"teams": ["Hive"], "tiers": []}, {"bee", "cat"}),
        ({"teams": ["Hive"], "tiers": ["A"]}, {"bee"}),
        ({"services": ["ant"], "tiers": []}, {"ant"}),
        ({"services": ["ant"], "teams": ["Hive"], "tiers": []}, set()),
    ],
)
def test_each_part_of_the_scope_narrows_it(recovery, olga, scope, chosen):
    made = {
        "ant": service_of("ant"),
        "bee": service_of("bee", team="Hive"),
        "cat": service_of("cat", team="Hive", tier="C"),
    }
    teams = Team.objects.filter(name__in=scope.get("teams", []))
    services = [made[slug] for slug in scope.get("services", [])]
    campaign = campaign_of(olga, tiers=scope["tiers"], teams=teams, services=services)
    assert set(states(progress_of(campaign))) == chosen


def test_the_worst_come_first(recovery, olga):
    campaign = campaign_of(olga)
    for slug, verdict in (("good", "proven"), ("bad", "failed"), ("nothing", None)):
        service = service_of(slug)
        if verdict:
            observe(service.environments.get(), NOW, verdict=verdict)
    progress = progress_of(campaign)
    assert [each.service.slug for each in progress.services] == ["bad", "nothing", "good"]
    assert progress.states == {"failing": 1, "unbound": 1, "passing": 1}
    assert [each.service.slug for each in progress.missing] == ["bad", "nothing"]


def test_it_is_read_at_its_end_once_that_is_past(campaign, environment, olga):
    observe(environment, NOW)
    campaign.end(at=NOW + DAY, by=olga)
    assert progress_of(campaign, NOW + 300 * DAY).is_reached
    assert progress_of(campaign, NOW + 300 * DAY).at == NOW + DAY


def test_it_ends_with_its_last_day(olga, db):
    campaign = campaign_of(olga)
    over = datetime(2026, 4, 1, tzinfo=UTC)
    before_it = datetime(2026, 2, 1, 23, 59, tzinfo=UTC)
    phases = {at: str(campaign.phase(at)) for at in (before_it, NOW, over - timedelta(seconds=1), over)}
    assert list(phases.values()) == ["upcoming", "running", "running", "ended"]
    for at, phase in phases.items():
        assert [each.pk for each in Campaign.objects.in_phase(phase, at)] == [campaign.pk]
    assert not campaign.end(at=over, by=olga)
    assert campaign.end(at=NOW, by=olga)
    assert not campaign.end(at=NOW, by=olga)
    assert [each.pk for each in Campaign.objects.in_phase("ended", NOW)] == [campaign.pk]


def test_the_weeks_before_show_what_held_then(campaign, criterion, environment):
    bind(criterion, decided_at=NOW - 20 * DAY)
    observe(environment, NOW - 21 * DAY)
    weeks = story(campaign).weeks
    assert [(each.at.date(), each.satisfied) for each in weeks] == [
        (date(2026, 2, 2), 0),
        (date(2026, 2, 9), 0),
        (date(2026, 2, 16), 1),
        (date(2026, 2, 23), 0),
        (date(2026, 3, 2), 0),
        (date(2026, 3, 2), 0),
    ]
    assert weeks[-1].at == NOW


def test_a_check_counts_for_the_past_only_since_it_was_accepted(campaign, criterion, environment):
    observe(environment, NOW - 10 * DAY, parameters={"database": "orders"})
    bind(criterion, decided_at=NOW - DAY)
    assert [each.satisfied for each in story(campaign).weeks] == [0, 0, 0, 1, 0, 0]


def test_no_more_than_a_quarter_is_looked_back_at(olga, recovery):
    campaign = campaign_of(olga, starts_on=date(2025, 1, 1))
    assert len(story(campaign).weeks) == 13


def fleet(olga, count):
    for number in range(count):
        environment = service_of(f"s{number}-{Campaign.objects.count()}").environments.get()
        observe(environment, NOW - DAY, parameters={"database": str(number)})
        bound = Criterion.objects.create(service=environment.service, text="A sea trial.")
        bind(bound)
        observe(environment, NOW - DAY)
    return campaign_of(olga, name=f"Campaign {Campaign.objects.count()}", tiers=["A"])


def test_the_number_of_queries_grows_neither_with_services_nor_with_campaigns(recovery, olga):
    fleet(olga, 1)

    def queries():
        with CaptureQueriesContext(connection) as found:
            progress_of_each(list(Campaign.objects.with_scope()), at=NOW)
        return len(found)

    few = queries()
    fleet(olga, 4)
    assert queries() == few

    def of_story():
        with CaptureQueriesContext(connection) as found:
            story(Campaign.objects.first())
        return len(found)

    assert of_story() == few + 1  # the campaign that is looked at is asked for


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"verifier_key": ""}, "Choose a check, or the words of criteria, or both."),
        ({"verifier_key": "nobody.knows"}, "There is no verifier 'nobody.knows'"),
        ({"verifier_key": "", "phrase": "x", "parameters": {"a": 1}}, "Parameters and a rule need a check."),
        ({"rule": {"fact": "moon", "operator": "==", "value": 1}}, "has no fact moon"),
        ({"parameters": {"moon": 1}}, "moon"),
        ({"target_on": date(2026, 1, 1)}, "The target comes before the start."),
        ({"tiers": ["Z"]}, "not a valid choice"),
        ({"reminder_weekdays": [8]}, "not a valid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(recovery, olga, fields, problem):
    campaign = campaign_of(olga)
    for name, value in fields.items():
        setattr(campaign, name, value)
    with pytest.raises(ValidationError, match=problem):
        campaign.full_clean()


@pytest.mark.parametrize(
    "fields",
    [{"verifier_key": ""}, {"target_on": date(2026, 1, 1)}, {"tiers": ["Z"]}, {"reminder_weekdays": [0]}],
)
def test_the_database_refuses_it_too(recovery, olga, fields):
    with pytest.raises(IntegrityError):
        campaign_of(olga, **fields)


def test_it_says_what_it_asks_for_and_of_whom(recovery, olga, service):
    campaign = known(campaign_of(olga, phrase="sea trial", tiers=["A", "B"], services=[service]))
    assert campaign.asks_for == "Recovery rehearsal for criteria that say “sea trial”"
    assert campaign.scope_in_words == "services of tier A, B, namely Payments API"
