"""The standing of chosen criteria, in their services' default environments."""

from collections.abc import Collection
from datetime import datetime

from apps.catalog.models import Environment
from apps.common.columns import columns_of, read_rows
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.readiness import statuses_of
from apps.roadmap.selectors.statuses import CriterionStatus

_DEFAULT = f"""
SELECT {columns_of(Environment, "environment")} FROM catalog_environment AS environment
WHERE environment.service_id = ANY(%s) AND environment.is_default
"""  # noqa: S608  the names of columns


def status_in(criterion: Criterion, environment: Environment, at: datetime) -> CriterionStatus | None:
    """How the criterion stands in the environment. None for one that vanished from its document."""
    current = Criterion.objects.current().filter(pk=criterion.pk, service=environment.service_id)
    found = list(current.select_related("milestone", "work_item__milestone"))
    return next(iter(statuses_of(found, [environment], at=at)[environment.pk]), None)


def standings_of(criteria: Collection[Criterion], at: datetime) -> dict[int, CriterionStatus]:
    """The status of each criterion by its key, in four queries.

    Those that vanished from their documents, and those of a service without a default environment, are missing.
    """
    current = [criterion for criterion in criteria if criterion.orphaned_at is None]
    environments = read_rows(Environment, _DEFAULT, [list({each.service_id for each in current})])
    known = statuses_of(current, environments, at=at)
    return {status.criterion.pk: status for statuses in known.values() for status in statuses}
