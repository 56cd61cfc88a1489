"""Sums of money as bars from zero: full up to the least, pale up to the most; what is saved goes to the left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.common.wording import amount_in_words, shortened

WIDTH, ROW_HEIGHT, TOP = 1100, 32, 26
_LEFT, _RIGHT = 250, 900
_LONGEST_NAME = 36


@dataclass(frozen=True)
class Sum:
    """What one row shows: amounts below zero are savings. `is_stated` for what a document says itself."""

    name: str
    minimum: Decimal
    maximum: Decimal
    text: str
    is_stated: bool = False


@dataclass(frozen=True)
class Bar:
    """One row of the drawing: a sure part from zero, and what may come on top."""

    sum: Sum
    name: str
    y: int
    sure_x: float
    sure_width: float
    open_x: float
    open_width: float
    text_x: float

    @property
    def text_y(self) -> int:
        return self.y + 12

    @property
    def tone(self) -> str:
        return "stated" if self.sum.is_stated else "saving" if self.sum.minimum < 0 else "cost"


@dataclass(frozen=True)
class Mark:
    """A line down with its amount."""

    x: float
    label: str


@dataclass(frozen=True)
class CostBars:
    """The drawing of one currency."""

    currency: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    zero_x: float
    height: int
    width: int = WIDTH
    top: int = TOP

    @property
    def bottom(self) -> int:
        return self.height - 6


def draw_cost_bars(currency: str, sums: Sequence[Sum]) -> CostBars:
    """A bar for each sum on one scale."""
    ends = [Decimal(0), *(end for each in sums for end in (each.minimum, each.maximum))]
    scale = _Scale(min(ends), max(ends))
    bars = tuple(_bar(each, TOP + 8 + number * ROW_HEIGHT, scale) for number, each in enumerate(sums))
    marks = tuple(Mark(scale.x(amount), amount_in_words(amount)) for amount in scale.steps())
    return CostBars(currency, bars, marks, scale.x(Decimal(0)), TOP + len(sums) * ROW_HEIGHT + 12)


@dataclass(frozen=True)
class _Scale:
    least: Decimal
    most: Decimal

    def x(self, amount: Decimal) -> float:
        width = (self.most - self.least) or Decimal(1)
        return round(float(_LEFT + (amount - self.least) / width * (_RIGHT - _LEFT)), 1)

    def steps(self) -> Iterator[Decimal]:
        """Round amounts, some five of them."""
        step = self._step()
        amount = (self.least / step).to_integral_value(rounding="ROUND_CEILING") * step + 0  # no negative zero
        while amount <= self.most:
            yield amount
            amount += step

    def _step(self) -> Decimal:
        power = Decimal(10) ** ((self.most - self.least) or Decimal(1)).adjusted()
        return next(each for each in (power / 5, power / 2, power, power * 2) if (self.most - self.least) / each <= 6)


def _bar(each: Sum, y: int, scale: _Scale) -> Bar:
    near, far = sorted((each.minimum, each.maximum), key=abs)
    if each.minimum < 0 < each.maximum:
        near = Decimal(0)
    zero, sure, end = scale.x(Decimal(0)), scale.x(near), scale.x(far)
    return Bar(
        sum=each,
        name=shortened(each.name, _LONGEST_NAME),
        y=y,
        sure_x=min(zero, sure),
        sure_width=round(abs(sure - zero), 1),
        open_x=min(sure, end),
        open_width=round(abs(end - sure), 1),
        text_x=max(zero, sure, end) + 8,
    )
