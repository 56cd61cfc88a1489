"""Keeping the summaries of readiness, so that a page of many services computes only what changed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.engines.origin import origin
from apps.roadmap.models import ServiceSummary
from apps.roadmap.models.summaries import CLUSTER
from apps.roadmap.selectors.summaries import outdated_environments, still_outdated, summarise

AT_ONCE = 50
_LOCK = 0x5EA_5C0_4E
# Changes are few, so each looks for its own summary. One that has none has nothing to outdate.
_FORGET = """
DELETE FROM roadmap_servicechange AS change WHERE (
    SELECT coalesce(pg_visible_in_snapshot(change.transaction, summary.snapshot), FALSE)
    FROM roadmap_servicesummary AS summary
    JOIN catalog_environment AS environment ON environment.id = summary.environment_id AND environment.is_default
    WHERE environment.service_id = change.service_id
) IS NOT FALSE
"""
_COMPUTED = [field.name for field in ServiceSummary._meta.concrete_fields if field.name not in {"id", "environment"}]


def bring_up_to_date(at: datetime | None = None) -> int:
    """Compute every summary that may not hold any more. Returns how many. What holds costs one query."""
    at = at or now()
    outdated = outdated_environments(at)
    batches = [outdated[start : start + AT_ONCE] for start in range(0, len(outdated), AT_ONCE)]
    return sum(_compute_batch(batch, at) for batch in batches)


@transaction.atomic
def _compute_batch(environments: Sequence[int], at: datetime) -> int:
    _take_turns()
    # Before anything is read: what is committed from here on counts as unseen, even where it was read already.
    snapshot, cluster = _snapshot()
    still = still_outdated(environments, at)
    summaries = summarise(Environment.objects.filter(pk__in=still).select_related("service").order_by("pk"), at)
    for summary in summaries:
        summary.snapshot, summary.cluster, summary.made_by = snapshot, cluster, origin()
    ServiceSummary.objects.bulk_create(
        summaries, update_conflicts=True, unique_fields=["environment"], update_fields=_COMPUTED
    )
    _forget_seen_changes()
    return len(summaries)


def _take_turns() -> None:
    """One process computes at a time: the others wait and find it done, and an older snapshot never comes last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _snapshot() -> tuple[str | None, int]:
    """What can be seen now; None in a transaction that has written, whose later writes could not be told apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text END, {CLUSTER}"
        )
        snapshot, cluster = cursor.fetchone()
    return snapshot, cluster


def _forget_seen_changes() -> None:
    """Remove the changes that the summary of their service has seen, and those of services that have none."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
