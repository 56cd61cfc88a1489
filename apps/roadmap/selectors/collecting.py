"""Where evidence has to be collected."""

from apps.catalog.models import Environment
from apps.roadmap.models import Binding, Criterion


def environments_with_bindings() -> list[int]:
    """The environments of every service of which something counts as proof."""
    services = Binding.objects.accepted().order_by().values("criterion__service")
    return list(Environment.objects.filter(service__in=services).order_by("pk").values_list("pk", flat=True))


def environments_with_criteria() -> list[int]:
    """The environments of every service that has something to prove."""
    services = Criterion.objects.current().order_by().values("service")
    return list(Environment.objects.filter(service__in=services).order_by("pk").values_list("pk", flat=True))
