from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.evidence import register
from apps.evidence.contract import Observation, Verifier
from apps.evidence.models import ObservationRecord
from apps.evidence.register import UnknownVerifier, find_verifier
from apps.evidence.selectors import Seen, newest_observations
from apps.evidence.services import EvidenceRefused, collect, parameters_digest, record_observation
from tests.evidence.recovery import CannotObserve, Recovery

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(environment, observed_at=NOW, parameters=None, at=NOW, **fields):
    fields = {"facts": {"verdict": "proven"}, "subject": "orders"} | fields
    observation = Observation(**fields, observed_at=observed_at)
    return record_observation(
        environment=environment, key="tests.recovery", observation=observation, parameters=parameters, at=at
    )


def test_facts_are_kept_by_value_with_their_verifier(recovery, environment):
    kept = record(environment, summary="Restored", source="/record/1")
    assert (kept.verifier_key, kept.verifier_version, kept.trust) == ("tests.recovery", "1.0.0", "produced")
    assert (kept.facts, kept.summary, kept.source) == ({"verdict": "proven"}, "Restored", "/record/1")
    assert kept.recorded_at == NOW


def test_the_same_observation_twice_is_one_row(recovery, environment):
    assert record(environment) == record(environment, at=NOW + timedelta(hours=1))
    assert ObservationRecord.objects.count() == 1


def test_the_order_of_parameters_does_not_matter():
    assert parameters_digest({"a": 1, "b": 2}) == parameters_digest({"b": 2, "a": 1})
    assert parameters_digest({"a": 1}) != parameters_digest({"a": 2})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"facts": {}}, "tests.recovery: facts: 'verdict' is a required property"),
        ({"facts": {"verdict": 1}}, "tests.recovery: facts.verdict: 1 is not of type 'string'"),
        ({"facts": {"verdict": "x", "more": 1}}, "Additional properties are not allowed"),
        ({"parameters": {"database": ""}}, "tests.recovery: parameters.database:"),
        ({"observed_at": NOW + timedelta(minutes=6)}, "observed_at lies in the future"),
    ],
)
def test_what_breaks_the_contract_is_refused_and_not_kept(recovery, environment, fields, message):
    with pytest.raises(EvidenceRefused, match=message):
        record(environment, **fields)
    assert not ObservationRecord.objects.exists()


def test_a_clock_may_be_a_little_ahead(recovery, environment):
    assert record(environment, observed_at=NOW + timedelta(minutes=5)).pk


def test_an_unknown_verifier_is_named_with_those_that_there_are(environment):
    with pytest.raises(UnknownVerifier, match=r"no verifier 'tests.gone'. There are: .*security.deploy_checks"):
        find_verifier("tests.gone")


def test_two_verifiers_of_one_key_are_a_mistake_of_the_code(recovery):
    with pytest.raises(ValueError, match=r"Two verifiers have the key tests.recovery"):
        register.register(Recovery())


def test_nothing_yet_writes_nothing(recovery, environment):
    assert collect(environment=environment, key="tests.recovery") is None
    assert not ObservationRecord.objects.exists()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (CannotObserve("The server did not answer."), "The server did not answer."),
        (RuntimeError("password=hidden"), "Unexpected error; the log has the details."),
        ({"verdict": 7}, "tests.recovery: facts.verdict: 7 is not of type 'string'"),
    ],
    ids=["refused", "broken", "malformed"],
)
def test_what_could_not_be_seen_is_kept_as_an_error_without_facts(recovery, environment, answer, error):
    recovery.shelf = [answer]
    kept = collect(environment=environment, key="tests.recovery", at=NOW)
    assert (kept.error, kept.facts, kept.observed_at) == (error, {}, NOW)


def test_a_verifier_that_breaks_the_transaction_is_still_recorded(recovery, environment, monkeypatch):
    def collect_badly(context, parameters):
        ObservationRecord.objects.create(environment_id=0, verifier_key="x", observed_at=NOW, error="x")
        ObservationRecord.objects.raw("SELECT nonsense")[0]

    monkeypatch.setattr(recovery, "collect", collect_badly)
    assert collect(environment=environment, key="tests.recovery", at=NOW).error.startswith("Unexpected error")
    assert ObservationRecord.objects.count() == 1


def test_a_pushed_verifier_is_not_collected(environment):
    class Pushed(Verifier):
        key = "tests.pushed"

    with pytest.raises(CannotObserve, match=r"tests.pushed is not collected"):
        Pushed().collect(None, {})


def key_of(observation):
    return observation.environment_id, observation.verifier_key, observation.parameters_digest


def test_the_newest_is_by_environment_verifier_and_parameters(recovery, environment):
    staging = environment.service.environments.create(name="staging")
    record(environment, NOW - timedelta(hours=2))
    newest = record(environment, NOW - timedelta(hours=1))
    other = record(environment, NOW - timedelta(hours=3), parameters={"database": "x"})
    elsewhere = record(staging, NOW - timedelta(hours=4))
    kept = [newest, other, elsewhere]
    assert newest_observations({key_of(each) for each in kept}, NOW).answers == {
        key_of(each): Seen.of(each) for each in kept
    }
    assert newest_observations({key_of(other)}, NOW).answers == {key_of(other): Seen.of(other)}


def test_answers_and_errors_are_told_apart(recovery, environment):
    answer = record(environment, NOW - timedelta(hours=2))
    error = record(environment, NOW - timedelta(hours=1), error="gone")
    found = newest_observations({key_of(answer)}, NOW)
    assert found.answers == {key_of(answer): Seen.of(answer)}
    assert found.errors == {key_of(answer): Seen.of(error)}


def test_what_was_recorded_later_was_not_known_then(recovery, environment):
    first = record(environment, NOW - timedelta(hours=2), at=NOW - timedelta(hours=2))
    late = record(environment, NOW - timedelta(hours=1), at=NOW)
    keys = {key_of(first)}
    assert newest_observations(keys, NOW - timedelta(seconds=1)).answers[key_of(first)] == Seen.of(first)
    assert newest_observations(keys, NOW).answers[key_of(first)] == Seen.of(late)
    assert newest_observations(keys, NOW - timedelta(hours=3)).answers == {}


def test_nothing_asked_costs_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert newest_observations(set(), NOW).answers == {}


@pytest.mark.parametrize("sql", ["UPDATE {} SET facts = '{{}}'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_an_observation(recovery, environment, sql):
    record(environment)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format("evidence_observationrecord"))


def test_the_database_refuses_facts_beside_an_error(environment):
    with pytest.raises(IntegrityError, match="evidence_error_has_no_facts"), transaction.atomic():
        ObservationRecord.objects.create(
            environment=environment, verifier_key="x", observed_at=NOW, error="broken", facts={"verdict": "proven"}
        )


def test_observations_can_be_read_in_the_admin_and_not_changed(recovery, environment, client, olga):
    client.force_login(olga)
    kept = record(environment, summary="Restored")
    assert "Restored" in client.get("/admin/evidence/observationrecord/").content.decode()
    page = client.get(f"/admin/evidence/observationrecord/{kept.pk}/change/")
    assert page.status_code == 200
    assert not page.context["has_change_permission"]
    assert client.get("/admin/evidence/observationrecord/add/").status_code == 403
