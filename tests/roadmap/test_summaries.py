"""Summaries: what is shown of many services is what a fresh computation would say, whoever wrote what since."""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.roadmap.models import Criterion, Milestone, ServiceChange, ServiceSummary, Waiver
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.summaries import currency_of, summarise
from apps.roadmap.services.summarising import bring_up_to_date
from tests.roadmap.evidence import bind, observe
from tests.roadmap.second_connection import second_connection

BOOKKEEPING = {"id", "computed_at", "snapshot", "cluster", "made_by", "valid_until"}
# Read for a name that is shown, and that decides nothing.
SHOWN_ONLY = {"accounts_user"}

pytestmark = pytest.mark.django_db(transaction=True)


def figures(summary):
    return {field.name: getattr(summary, field.name) for field in summary._meta.fields if field.name not in BOOKKEEPING}


def stored_is_fresh(environment, at=None):
    (fresh,) = summarise([environment], at or now())
    return figures(ServiceSummary.objects.get(environment=environment)) == figures(fresh)


def is_current(environment, at=None):
    return bool(currency_of(environment, at or now()))


def test_what_did_not_change_is_not_computed_again(environment, criterion):
    assert bring_up_to_date() == 1
    assert bring_up_to_date() == 0
    criterion.claim_as("todo", expected="done")
    assert bring_up_to_date() == 1
    assert bring_up_to_date() == 0
    assert stored_is_fresh(environment)


def test_a_write_to_one_service_outdates_no_other(environment, criterion):
    other = ensure_service(slug="other")
    bring_up_to_date()

    Milestone.objects.create(service=other, title="Go-live")

    assert is_current(environment)
    assert bring_up_to_date() == 1


def test_raw_sql_that_moves_a_row_outdates_both_services(environment, criterion):
    other = ensure_service(slug="other")
    bring_up_to_date()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE roadmap_criterion SET service_id = %s, milestone_id = NULL", [other.pk])

    assert bring_up_to_date() == 2
    assert stored_is_fresh(environment)
    assert stored_is_fresh(other.environments.get())


def test_a_transaction_that_began_before_and_commits_after_outdates(environment, criterion):
    with second_connection() as older:
        older.execute("UPDATE roadmap_criterion SET claim = 'todo'")
        assert bring_up_to_date() == 1
        # Something else is written and committed meanwhile: the older transaction is not the newest one any more.
        Milestone.objects.create(service=ensure_service(slug="other"), title="Go-live")
        assert is_current(environment)
        older.execute("COMMIT")

    assert not is_current(environment)
    bring_up_to_date()
    assert stored_is_fresh(environment)


def test_what_is_computed_amid_writes_holds_for_nobody(environment, criterion):
    with transaction.atomic():
        Criterion.objects.update(claim="todo")
        assert bring_up_to_date() == 1
        assert not is_current(environment)
        Criterion.objects.update(claim="done")

    assert bring_up_to_date() == 1
    assert stored_is_fresh(environment)


def test_a_write_that_is_rolled_back_outdates_nothing(environment, criterion):
    bring_up_to_date()

    with transaction.atomic():
        Criterion.objects.update(claim="todo")
        transaction.set_rollback(True)

    assert is_current(environment)


def test_a_summary_ends_with_the_evidence_behind_it(environment, criterion, recovery):
    bind(criterion)
    seen_at = now()
    observe(environment, seen_at)
    bring_up_to_date()
    expires_at = seen_at + recovery.default_ttl

    assert is_current(environment, expires_at - timedelta.resolution)
    assert not is_current(environment, expires_at)
    bring_up_to_date(expires_at)
    assert stored_is_fresh(environment, expires_at)


def test_what_is_known_to_be_current_is_so_until_time_alone_changes_it(environment, criterion, recovery):
    bind(criterion)
    seen_at = now()
    observe(environment, seen_at)
    for _ in range(3):
        bring_up_to_date(seen_at)
    expires_at = seen_at + recovery.default_ttl

    assert bring_up_to_date(expires_at - timedelta.resolution) == 0
    assert bring_up_to_date(expires_at) == 1


def test_what_is_known_to_be_current_costs_a_single_question_about_writes(environment, criterion):
    def questions():
        with CaptureQueriesContext(connection) as queries:
            bring_up_to_date()
        return ["pg_current_snapshot" in query["sql"] for query in queries]

    assert any(questions() == [True] for _ in range(100))  # others write to other databases of the server


def test_a_summary_ends_where_a_waiver_begins_and_where_it_ends(environment, criterion, olga, sam):
    at = now()
    Waiver.objects.create(
        criterion=criterion, environment=environment, reason="Later.", compensating_control="Watched.",
        reason_category="other", state="approved", requested_by=olga, decided_by=sam, decided_at=at,
        starts_at=at + timedelta(hours=1), ends_at=at + timedelta(hours=2),
    )  # fmt: skip
    for instant in (at, at + timedelta(hours=1), at + timedelta(hours=2)):
        assert not is_current(environment, instant)
        bring_up_to_date(instant)
        assert stored_is_fresh(environment, instant)
        assert is_current(environment, instant + timedelta(minutes=59))


def test_an_observation_of_a_machine_whose_clock_is_ahead_counts_from_its_own_time_on(environment, criterion, recovery):
    bind(criterion)
    at = now()
    observe(environment, at, recorded_at=at + timedelta(seconds=30))
    bring_up_to_date(at)

    assert is_current(environment, at + timedelta(seconds=29))
    assert not is_current(environment, at + timedelta(seconds=30))


def test_other_code_computes_anew(environment, criterion, recovery):
    bring_up_to_date()
    recovery.default_ttl += timedelta(hours=1)
    assert not is_current(environment)


def test_another_cluster_computes_anew(environment, criterion):
    bring_up_to_date()
    ServiceSummary.objects.update(cluster=1)
    assert not is_current(environment)


def test_changes_that_were_seen_are_forgotten(environment, criterion):
    criterion.claim_as("todo", expected="done")
    bring_up_to_date()
    assert not ServiceChange.objects.exists()


def test_every_table_that_readiness_reads_notes_its_changes(environment, criterion, recovery):
    bind(criterion)
    observe(environment, now())
    with CaptureQueriesContext(connection) as queries:
        gate(environment=environment)
        summarise([environment], now())
    read = {
        table
        for query in queries.captured_queries
        for table in re.findall(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z_]+)"?', query["sql"])
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'note_insert'")
        noting = {table for (table,) in cursor.fetchall()}

    assert read - SHOWN_ONLY <= noting, "attach note_changes to these tables in a migration"
    assert {"roadmap_criterion", "evidence_observationrecord"} <= read
