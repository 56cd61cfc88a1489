"""How criteria came to stand as they do."""

from django.db.models import QuerySet

from apps.roadmap.models import Criterion, StatusTransition

_SHOWN = 20


def transitions_of(criterion: Criterion) -> QuerySet[StatusTransition]:
    """The newest changes of the criterion's standing, in every environment, the newest first."""
    noted = StatusTransition.objects.filter(criterion=criterion).select_related("environment", "actor")
    return noted.order_by("-at", "-pk")[:_SHOWN]
