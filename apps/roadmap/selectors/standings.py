"""The standing of chosen criteria, in their services' default environments."""

from collections.abc import Collection
from datetime import datetime

from apps.catalog.models import Environment
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.readiness import criteria_of_each, statuses_of
from apps.roadmap.selectors.statuses import CriterionStatus


def status_in(criterion: Criterion, environment: Environment, at: datetime) -> CriterionStatus | None:
    """How the criterion stands in the environment. None for one that vanished from its document."""
    known = criteria_of_each([environment], chosen=Criterion.objects.filter(pk=criterion.pk), at=at)[environment.pk]
    return next(iter(known), None)


def standings_of(criteria: Collection[Criterion], at: datetime) -> dict[int, CriterionStatus]:
    """The status of each criterion by its key, in three queries and those of its observations.

    The criteria have to be read with their work items. Those that vanished from their documents, and those of a
    service without a default environment, are missing.
    """
    current = [criterion for criterion in criteria if criterion.orphaned_at is None]
    services = {criterion.service_id: criterion.service for criterion in current}
    environments = list(Environment.objects.filter(service__in=services.keys(), is_default=True))
    for environment in environments:
        environment.service = services[environment.service_id]
    known = statuses_of(current, environments, at=at)
    return {status.criterion.pk: status for statuses in known.values() for status in statuses}
