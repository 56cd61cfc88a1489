"""The standing of chosen criteria, in their services' default environments."""

from collections.abc import Collection
from datetime import datetime

from apps.catalog.models import Environment
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.readiness import criteria_of_each
from apps.roadmap.selectors.statuses import CriterionStatus


def status_in(criterion: Criterion, environment: Environment, at: datetime) -> CriterionStatus | None:
    """How the criterion stands in the environment. None for one that vanished from its document."""
    known = criteria_of_each([environment], chosen=Criterion.objects.filter(pk=criterion.pk), at=at)[environment.pk]
    return next(iter(known), None)


def standings_of(criteria: Collection[Criterion], at: datetime) -> dict[int, CriterionStatus]:
    """The status of each criterion by its key. Those of a service without a default environment are missing."""
    services = {criterion.service_id for criterion in criteria}
    environments = Environment.objects.filter(service__in=services, is_default=True).select_related("service")
    chosen = Criterion.objects.filter(pk__in=[criterion.pk for criterion in criteria])
    known = criteria_of_each(list(environments), chosen=chosen, at=at)
    return {status.criterion.pk: status for statuses in known.values() for status in statuses}
