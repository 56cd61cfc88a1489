"""Which teams own criteria, and how those stand."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from apps.catalog.models import Service
from apps.common.statuses import look_of
from apps.common.wording import counted, shortened
from apps.dashboards.engines.grids import Grid, Value, depth_of, draw_grid
from apps.roadmap.engines.standing import Standing
from apps.roadmap.selectors.statuses import CriterionStatus, Readiness

NOBODY = "No owner"
_LONGEST_NAME = 34
_MOST_IN_ADDRESS = 400


@dataclass(frozen=True)
class OwnedCriteria:
    """The criteria of one owner that stand alike."""

    owner: str
    standing: Standing
    criteria: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.criteria)

    @property
    def address(self) -> str:
        """The list of just these; empty where there are too many to name."""
        if self.count > _MOST_IN_ADDRESS:
            return ""
        query = {"id__in": ",".join(map(str, self.criteria))}
        return f"{reverse('admin:roadmap_criterion_changelist')}?{urlencode(query, safe=',')}"

    @property
    def sentence(self) -> str:
        return f"{self.owner}: {counted(self.count, 'criterion', 'criteria')} {look_of(self.standing).word.lower()}"


@dataclass(frozen=True)
class OwnersPicture:
    """Owners by name, those without one last; standings from the worst. A criterion of two teams counts for both."""

    cells: tuple[OwnedCriteria, ...]

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(sorted({cell.owner for cell in self.cells}, key=lambda name: (name == NOBODY, name.casefold())))

    @property
    def standings(self) -> tuple[Standing, ...]:
        present = {cell.standing for cell in self.cells}
        return tuple(each for each in Standing if each in present)

    @property
    def table(self) -> list[tuple[str, list[OwnedCriteria | None]]]:
        """A row for each owner with a cell for each standing."""
        found = {(cell.owner, cell.standing): cell for cell in self.cells}
        return [(owner, [found.get((owner, each)) for each in self.standings]) for owner in self.owners]

    @property
    def drawing(self) -> Grid | None:
        if not self.cells:
            return None
        greatest = max(cell.count for cell in self.cells)
        values = {
            (shortened(cell.owner, _LONGEST_NAME), look_of(cell.standing).word): _value(cell, greatest)
            for cell in self.cells
        }
        owners = [shortened(owner, _LONGEST_NAME) for owner in self.owners]
        return draw_grid(owners, [look_of(each).word for each in self.standings], values)

    @property
    def summary(self) -> str:
        """The picture in words."""
        return f"{'; '.join(cell.sentence for cell in self.cells)}." if self.cells else ""


def owners_picture(known: Readiness) -> OwnersPicture:
    """Who owns how many criteria of each standing. Asks nothing of the database that readiness did not."""
    found: dict[tuple[str, Standing], list[int]] = defaultdict(list)
    of_milestone = {status.milestone.pk: status.owners for status in known.milestones}
    for status in known.criteria:
        for owner in _owners(status, of_milestone, known.service):
            found[owner, status.standing].append(status.criterion.pk)
    order = sorted(found, key=lambda key: (key[0] == NOBODY, key[0].casefold(), list(Standing).index(key[1])))
    return OwnersPicture(tuple(OwnedCriteria(*key, tuple(found[key])) for key in order))


def _owners(status: CriterionStatus, of_milestone: Mapping[int, tuple[str, ...]], service: Service) -> tuple[str, ...]:
    """The criterion's teams, else its milestone's, else its service's."""
    of_milestones = of_milestone.get(status.milestone.pk, ()) if status.milestone else ()
    return status.owners or of_milestones or (service.owner.name if service.owner else NOBODY,)


def _value(cell: OwnedCriteria, greatest: int) -> Value:
    return Value(
        str(cell.count), cell.sentence, look_of(cell.standing).tone, depth_of(cell.count, greatest), cell.address
    )
