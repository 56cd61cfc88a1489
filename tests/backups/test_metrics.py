"""What Prometheus reads."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from apps.backups import metrics
from apps.backups.models import Database
from tests.backups.test_watching import history

__all__ = ["history"]
TOKEN = "t" * 32


def figures(client: Client, settings: Settings) -> dict[tuple[str, str], float]:
    """Each figure by its name and its last label."""
    settings.HEALTH_TOKEN = TOKEN
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, list(sample.labels.values())[-1]): sample.value for sample in samples}


def test_the_figures_of_a_database_are_there(client: Client, settings: Settings, history: Database) -> None:
    found = figures(client, settings)

    assert round(found["seaworthy_backup_proven_age_seconds", "payments"] / 86400) == 3
    assert round(found["seaworthy_backup_age_seconds", "payments"] / 86400) == 1
    assert found["seaworthy_backup_size_bytes", "payments"] == 5e9
    assert found["seaworthy_drill_rto_seconds", "payments"] == 99.0
    assert (found["seaworthy_drill_verdict", "failed"], found["seaworthy_drill_verdict", "proven"]) == (1.0, 0.0)
    assert found["seaworthy_drill_stage_seconds", "restore"] == 89.0
    assert found["seaworthy_backup_runs", "queued"] == 0.0


def test_what_was_never_seen_is_absent_rather_than_nought(
    client: Client, settings: Settings, database: Database
) -> None:
    names = {name for name, _ in figures(client, settings)}

    assert "seaworthy_backup_rpo_objective_seconds" in names
    assert "seaworthy_backup_proven_age_seconds" not in names
    assert "seaworthy_drill_verdict" not in names


def test_more_databases_need_no_more_queries(
    history: Database, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(6):
        list(metrics.collect())
    for name in ("a", "b", "c"):
        Database.objects.create(environment=history.environment, name=name, connection_url="postgresql:///x")
    with django_assert_num_queries(6):
        list(metrics.collect())
