"""What a service costs a month, by the priority of the work that the cost belongs to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from apps.catalog.models import Service
from apps.common.wording import amount_in_words
from apps.dashboards.engines.cost_bars import CostBars, Sum, draw_cost_bars
from apps.roadmap.models import CostLine, Priority

NO_PRIORITY, ADDITIONS = "No priority", "Additions"
_MONTHLY = {
    "month": Decimal(1),
    "year": 1 / Decimal(12),
    "week": Decimal(52) / 12,
    "day": Decimal(365) / 12,
    "hour": Decimal(365 * 24) / 12,
}
_COUNTED = {CostLine.Kind.PAID, CostLine.Kind.FREE, CostLine.Kind.ADDITION, CostLine.Kind.SAVING}
_STATED = {CostLine.Kind.TOTAL, CostLine.Kind.TIER}  # sums that the document makes of the other lines
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class CostSum:
    """A sum of lines of one tier and currency. Savings are negative, and summed apart from what is paid."""

    tier: str
    currency: str
    minimum: Decimal
    maximum: Decimal
    lines: int = 1

    @property
    def is_saving(self) -> bool:
        return self.minimum < 0

    @property
    def text(self) -> str:
        """The amount in words: `130–200 USD`, `−12 USD`."""
        low, high = (amount_in_words(abs(each)) for each in sorted((self.minimum, self.maximum), key=abs))
        sign = "−" if self.is_saving else ""
        return f"{sign}{low if low == high else f'{low}–{high}'} {self.currency}".strip()


@dataclass(frozen=True)
class CostsPicture:
    """Monthly sums; what is paid once; what documents sum up themselves; and the lines that no sum can hold."""

    monthly: tuple[CostSum, ...]
    once: tuple[CostSum, ...]
    stated: tuple[CostSum, ...]
    left_out: tuple[CostLine, ...]

    @property
    def keys_left_out(self) -> list[int]:
        return [line.pk for line in self.left_out]

    @property
    def is_empty(self) -> bool:
        return not (self.monthly or self.once or self.stated or self.left_out)

    @property
    def drawings(self) -> tuple[CostBars, ...]:
        """One for each currency."""
        currencies = sorted({each.currency for each in (*self.monthly, *self.stated)})
        return tuple(draw_cost_bars(currency, list(self._sums(currency))) for currency in currencies)

    @property
    def summary(self) -> str:
        """The picture in words."""
        said = [f"{_name(each)}: {each.text} a month" for each in self.monthly]
        said += [f"{each.tier}: {each.text} once" for each in self.once]
        said += [f"stated as {each.tier}: {each.text} a month" for each in self.stated]
        return f"{'; '.join(said)}." if said else ""

    def _sums(self, currency: str) -> Iterator[Sum]:
        for each in (*self.monthly, *self.stated):
            if each.currency == currency:
                yield Sum(_name(each), each.minimum, each.maximum, each.text, is_stated=each in self.stated)


def costs_picture(service: Service) -> CostsPicture:
    """The present cost lines of the service, in one query."""
    found = CostLine.objects.current().of_service(service).order_by("position", "pk")
    lines = list(found.select_related("work_item__milestone"))
    summed = [line for line in lines if line.kind in _COUNTED and line.amount_minimum is not None]
    stated = [line for line in lines if line.kind in _STATED and _factor(line)]
    monthly = [line for line in summed if _factor(line)]
    once = [line for line in summed if not line.period]
    held = {line.pk for line in (*monthly, *once, *stated)}
    return CostsPicture(
        monthly=tuple(_sums(monthly)),
        once=tuple(each for each in _sums(once) if each.maximum),
        stated=tuple(CostSum(line.label, line.currency, *_amounts(line)) for line in stated),
        left_out=tuple(line for line in lines if line.pk not in held),
    )


def _sums(lines: Iterable[CostLine]) -> Iterator[CostSum]:
    """The sums by tier, the most urgent first, each with its savings after what is paid; free lines weigh nothing."""
    found: dict[tuple[int, str, bool, str], CostSum] = {}
    for line in lines:
        low, high = _amounts(line)
        if not high and not low:
            continue
        tier = _tier(line)
        key = (_TIERS.index(tier), tier, low < 0, line.currency)
        before = found.get(key, CostSum(tier, line.currency, Decimal(0), Decimal(0), 0))
        found[key] = CostSum(tier, line.currency, before.minimum + low, before.maximum + high, before.lines + 1)
    return (found[key] for key in sorted(found))


_TIERS = (*(str(label) for label in Priority.labels), NO_PRIORITY, ADDITIONS)


def _tier(line: CostLine) -> str:
    """The priority of its work item, else of the milestone that belongs to; additions of the document apart."""
    item = line.work_item
    priority = (item.priority or (item.milestone.priority if item.milestone else "")) if item else ""
    if priority:
        return str(Priority(priority).label)
    return ADDITIONS if line.kind == CostLine.Kind.ADDITION else NO_PRIORITY


def _factor(line: CostLine) -> Decimal | None:
    """How many of its periods a month has. None where it is paid once, or by use."""
    return _MONTHLY.get(line.period) if line.amount_minimum is not None else None


def _amounts(line: CostLine) -> tuple[Decimal, Decimal]:
    """From and to, a month or once; savings below zero."""
    low = line.amount_minimum or Decimal(0)
    high = low if line.amount_maximum is None else line.amount_maximum
    factor = _factor(line) or Decimal(1)
    low, high = ((each * factor).quantize(_CENT) for each in (low, high))
    return (-high, -low) if line.kind == CostLine.Kind.SAVING else (low, high)


def _name(each: CostSum) -> str:
    return f"{each.tier}, saved" if each.is_saving else each.tier
