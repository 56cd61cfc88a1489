"""The targets that milestones had, as their row history tells."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from apps.roadmap.models import Milestone


@dataclass(frozen=True)
class PastTarget:
    """What a milestone's target was from an instant on."""

    since: datetime
    starts_on: date | None
    on: date
    precision: str


def targets_over_time(milestones: Iterable[Milestone], *, at: datetime) -> dict[int, tuple[PastTarget, ...]]:
    """Every target of each dated milestone until the instant, the first one first, the present one last."""
    present = {
        each.pk: PastTarget(at, each.target_starts_on, each.target_on, each.target_precision)
        for each in milestones
        if each.target_on
    }
    found: dict[int, list[PastTarget]] = {pk: [] for pk in present}
    for pk, target in [*_versions(present, at), *present.items()]:
        if not found[pk] or found[pk][-1].on != target.on:
            found[pk].append(target)
    return {pk: tuple(targets) for pk, targets in found.items()}


def _versions(milestones: Iterable[int], at: datetime) -> Iterator[tuple[int, PastTarget]]:
    known = Milestone.history.filter(id__in=list(milestones), target_on__isnull=False, history_date__lte=at)
    fields = ("history_date", "target_starts_on", "target_on", "target_precision")
    for pk, *values in known.order_by("history_id").values_list("id", *fields):
        yield pk, PastTarget(*values)
