"""How likely risks are, how severe, and how many of them somebody dealt with."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from apps.catalog.models import Service
from apps.common.wording import counted
from apps.dashboards.engines.grids import Grid, Value, draw_grid
from apps.roadmap.models import Risk

UNKNOWN = "Not said"
_GRADES = ("low", "medium", "high", "critical")
_STATUSES = tuple(Risk.Status)


@dataclass(frozen=True)
class RiskCell:
    """The risks of one likelihood and one severity; either is empty where nobody said it."""

    likelihood: str
    severity: str
    risks: tuple[Risk, ...]
    service: Service

    @property
    def keys(self) -> list[int]:
        return [risk.pk for risk in self.risks]

    @property
    def counts(self) -> dict[str, int]:
        """How many of them have each status."""
        return {str(status): sum(risk.status == status for risk in self.risks) for status in _STATUSES}

    @property
    def address(self) -> str:
        """The list of just these."""
        query = {
            "service__id__exact": self.service.pk,
            "likelihood__exact": self.likelihood,
            "severity__exact": self.severity,
        }
        return f"{reverse('admin:roadmap_risk_changelist')}?{urlencode(query)}"

    @property
    def said(self) -> str:
        """Their counts in words: `2 open, 1 mitigated`."""
        return ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)

    @property
    def grades(self) -> str:
        return f"likelihood {_name(self.likelihood).lower()}, severity {_name(self.severity).lower()}"


@dataclass(frozen=True)
class RisksPicture:
    """The cells that hold a risk, the gravest first."""

    cells: tuple[RiskCell, ...]

    @property
    def likelihoods(self) -> tuple[str, ...]:
        """From the likeliest down; those not said last, and only when there are any."""
        return (*_GRADES[::-1], *self._unsaid("likelihood"))

    @property
    def severities(self) -> tuple[str, ...]:
        """From the mildest up; those not said last, and only when there are any."""
        return (*_GRADES, *self._unsaid("severity"))

    @property
    def drawing(self) -> Grid | None:
        if not self.cells:
            return None
        found = {(cell.likelihood, cell.severity): cell for cell in self.cells}
        values = {
            (_name(likelihood), _name(severity)): _value(found.get((likelihood, severity)), likelihood, severity)
            for likelihood in self.likelihoods
            for severity in self.severities
        }
        return draw_grid(list(map(_name, self.likelihoods)), list(map(_name, self.severities)), values, cell_height=58)

    @property
    def summary(self) -> str:
        """The picture in words."""
        return f"{'; '.join(f'{cell.grades}: {cell.said}' for cell in self.cells)}." if self.cells else ""

    def _unsaid(self, grade: str) -> Sequence[str]:
        return ("",) if any(not getattr(cell, grade) for cell in self.cells) else ()


def risks_picture(service: Service) -> RisksPicture:
    """The present risks of the service, in one query."""
    found: dict[tuple[str, str], list[Risk]] = {}
    for risk in Risk.objects.current().of_service(service).order_by("position", "pk"):
        found.setdefault((risk.likelihood, risk.severity), []).append(risk)
    order = sorted(found, key=lambda key: (_weight(*key), key), reverse=True)
    return RisksPicture(tuple(RiskCell(*key, tuple(found[key]), service) for key in order))


def _name(grade: str) -> str:
    return str(Risk.Severity(grade).label) if grade else UNKNOWN


def _weight(likelihood: str, severity: str) -> int:
    """How grave the place is: from 2 to 8, and 0 where one of both is not said."""
    return _GRADES.index(likelihood) + _GRADES.index(severity) + 2 if likelihood and severity else 0


def _value(cell: RiskCell | None, likelihood: str, severity: str) -> Value:
    weight = _weight(likelihood, severity)
    tone = "refuted" if weight > 6 else "doubt" if weight > 4 else "quiet"
    if cell is None:
        return Value("", "", tone, 1)
    still_open = cell.counts["open"]
    text = f"{still_open} open" if still_open else counted(len(cell.risks), "risk")
    settled = ", ".join(part for part in cell.said.split(", ") if not part.endswith(" open"))
    title = f"{cell.grades}: {'; '.join(f'{risk.title} ({risk.get_status_display().lower()})' for risk in cell.risks)}"
    return Value(text, title, tone, 3 if still_open else 1, cell.address, settled)
