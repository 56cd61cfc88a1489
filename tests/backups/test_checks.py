"""The questions that drills ask, where people write them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.backups.models import Check, CheckKind, Database, DrillRun, DrillVerdict
from apps.common.clock import now
from apps.common.runs import RunStatus
from tests.backups.test_admin import form

pytestmark = pytest.mark.django_db
CHANGE = "admin:backups_database_change"


def save(client: Client, database: Database, **check: str) -> str:
    """Save the database's page with one check more, and say what it answers."""
    fields = form(database.environment, name=database.name, connection_url="")
    fields |= {"checks-TOTAL_FORMS": "1"} | {f"checks-0-{name}": value for name, value in check.items()}
    return client.post(reverse(CHANGE, args=[database.pk]), fields, follow=True).content.decode()


def test_a_check_is_added_on_the_page_of_its_database(operator: Client, database: Database) -> None:
    save(operator, database, name="orders", kind="sql", sql='SELECT count(*) FROM sales."Order"', is_enabled="on")

    check = database.checks.get()
    assert (check.name, check.kind, check.is_enabled) == ("orders", CheckKind.SQL, True)
    changed = AuditEvent.objects.filter(action="database.changed").latest("pk")
    assert "orders" in str(changed.details)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"kind": "sql", "sql": "SELECT * FROM sales.gone"}, "does not exist"),
        ({"kind": "sql", "sql": "DROP TABLE sales.customer"}, "Write one SELECT."),
        ({"kind": "sql"}, "This kind of check needs it."),
        ({"kind": "canary", "table": "sales.customer", "column": "nickname", "value": "x"}, "does not exist"),
        ({"kind": "freshness", "table": "sales.event", "column": "at"}, "This kind of check needs it."),
    ],
)
def test_a_check_that_cannot_be_asked_is_refused(
    operator: Client, database: Database, check: dict[str, str], said: str
) -> None:
    assert said in save(operator, database, name="odd", **check)
    assert not database.checks.exists()


def test_a_source_that_is_away_leaves_it_to_the_drill(operator: Client, database: Database) -> None:
    database.connection_url = "postgresql:///shop?host=/nowhere"
    database.save()

    save(operator, database, name="later", kind="sql", sql="SELECT * FROM sales.gone")

    assert database.checks.get().name == "later"


def test_the_database_holds_only_complete_checks(database: Database) -> None:
    for fields in ({"sql": ""}, {"kind": "canary"}, {"kind": "freshness", "table": "a", "column": "b"}):
        with pytest.raises(IntegrityError, match="backups_check_is_complete"), transaction.atomic():
            Check.objects.create(database=database, name="half", **fields)
    with pytest.raises(ValidationError, match="longer than nothing"):
        Check(name="a", kind="freshness", table="a", column="b", maximum_age=-timedelta(1)).clean()


def test_warnings_and_advice_are_on_the_page_of_a_drill(operator: Client, database: Database) -> None:
    finding = {"id": "check-failed", "message": "The check orders failed.", "severity": "refutes", "advice": "Look."}
    warning = {"id": "index-invalid", "message": "Invalid.", "severity": "warning", "advice": "DROP and CREATE it."}
    run = DrillRun.objects.create(
        database=database,
        status=RunStatus.SUCCEEDED,
        verdict=DrillVerdict.FAILED,
        findings=[finding],
        warnings=[warning],
        started_at=now(),
        finished_at=now(),
    )

    page = operator.get(reverse("admin:backups_drillrun_change", args=[run.pk])).content.decode()

    for words in ("The check orders failed.", "Look.", "1 warning, which refute nothing", "DROP and CREATE it."):
        assert words in page
