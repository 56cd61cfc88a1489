import io
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from apps.audit.engines import FIRST_DIGEST, chain_digest
from apps.audit.models import AuditEvent
from apps.audit.selectors import verify_chain
from apps.audit.services import record
from apps.catalog.models import Team


@pytest.fixture
def team(db):
    return Team.objects.create(name="Platform")


@pytest.fixture
def chain(team, olga):
    return [record(action=f"team.step{number}", subject=team, actor=olga, details={"n": number}) for number in range(4)]


def tamper(sql, *values):
    """What somebody with the table's owner rights can do: switch the trigger off, and write."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER append_only")
        cursor.execute(sql, values)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER append_only")


def test_an_event_says_who_did_what_to_which_object(team, olga):
    event = record(action="team.renamed", subject=team, actor=olga, details={"from": "Infra"})
    assert (event.actor, event.actor_label, event.action) == (olga, "olga@example.org", "team.renamed")
    assert (event.subject_type, event.subject_id, event.subject_label) == ("catalog.team", str(team.pk), "Platform")


def test_without_a_person_the_actor_is_seaworthy(team):
    event = record(action="team.added", subject=team)
    assert (event.actor, event.actor_label) == (None, "Seaworthy")


def test_an_untouched_chain_is_whole(chain):
    report = verify_chain()
    assert (report.events, report.broken_at, report.head) == (AuditEvent.objects.count(), None, chain[-1].digest)


def test_an_empty_chain_is_whole(db):
    assert verify_chain().head == FIRST_DIGEST


def test_details_are_covered_as_they_are_read_back(team):
    details = {"at": datetime(2026, 1, 1, tzinfo=UTC), "cost": Decimal("1.50")}
    record(action="team.changed", subject=team, details=details)
    assert verify_chain().broken_at is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "team.other"),
        ("actor_label", "eve@example.org"),
        ("subject_label", "Other"),
        ("subject_id", "999"),
        ("details", '{"n": 9}'),
        ("request_id", "x"),
        ("at", "2020-01-01T00:00:00Z"),
        ("actor_id", None),
        ("digest", "f" * 64),
        ("previous_digest", "e" * 64),
    ],
)
def test_a_changed_column_breaks_the_chain_at_its_event(chain, column, value):
    tamper(f"UPDATE audit_auditevent SET {column} = %s WHERE id = %s", value, chain[1].pk)  # noqa: S608
    assert verify_chain().broken_at == chain[1].pk


def test_a_deleted_event_breaks_the_chain_at_the_next(chain):
    tamper("DELETE FROM audit_auditevent WHERE id = %s", chain[1].pk)
    assert verify_chain().broken_at == chain[2].pk


def test_a_forged_event_with_a_recomputed_digest_needs_the_key(chain):
    last = chain[-1]
    forged = chain_digest("guessed key", last.previous_digest, {**last.chained_content(), "action": "team.forged"})
    tamper("UPDATE audit_auditevent SET action = 'team.forged', digest = %s WHERE id = %s", forged, last.pk)
    assert verify_chain().broken_at == last.pk


@pytest.mark.parametrize("sql", ["UPDATE audit_auditevent SET action = 'x'", "DELETE FROM audit_auditevent"])
def test_the_database_refuses_to_change_or_delete_an_event(chain, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_event_is_undone_with_the_transaction_that_it_is_about(chain, team):
    events = AuditEvent.objects.count()
    with transaction.atomic():
        record(action="team.changed", subject=team)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == events
    assert verify_chain().broken_at is None


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain():
    team = Team.objects.create(name="Platform")
    together = threading.Barrier(6)

    def write(number):
        together.wait()
        for _ in range(5):
            record(action=f"team.step{number}", subject=team)
        connection.close()

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify_chain()
    assert (report.events, report.broken_at) == (30, None)


def test_the_command_prints_the_head(chain):
    stdout = io.StringIO()
    call_command("verify_audit_chain", stdout=stdout)
    assert f"unbroken. Head: {chain[-1].digest}" in stdout.getvalue()


def test_the_command_fails_at_the_first_event_that_was_changed(chain):
    tamper("UPDATE audit_auditevent SET action = 'x' WHERE id = %s", chain[2].pk)
    with pytest.raises(CommandError, match=f"event {chain[2].pk} does not follow"):
        call_command("verify_audit_chain")
