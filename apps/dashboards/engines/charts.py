"""Small charts: a line of values, and a bar in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SPARK_WIDTH, SPARK_HEIGHT = 110, 26
BAR_WIDTH = 120


@dataclass(frozen=True)
class Spark:
    """A line of values, the newest at the right."""

    points: str
    last_x: float
    last_y: float


@dataclass(frozen=True)
class Part:
    """One part of a bar."""

    x: float
    width: float
    tone: str


def draw_spark(values: Sequence[float]) -> Spark | None:
    """The values from zero up. None for fewer than two: a point is no line."""
    if len(values) < 2:
        return None
    step, greatest = (SPARK_WIDTH - 6) / (len(values) - 1), max(values) or 1
    bottom = SPARK_HEIGHT - 3
    dots = [
        (round(3 + n * step, 1), round(bottom - value / greatest * (bottom - 4), 1)) for n, value in enumerate(values)
    ]
    return Spark(" ".join(f"{x},{y}" for x, y in dots), *dots[-1])


def draw_parts(shares: Mapping[str, float]) -> tuple[Part, ...]:
    """The shares side by side, in their order, filling the bar. Shares of nothing are left out."""
    total = sum(shares.values())
    parts, x = [], 0.0
    for tone, share in shares.items():
        if share > 0:
            length = share / total * BAR_WIDTH
            parts.append(Part(round(x, 2), round(length, 2), tone))
            x += length
    return tuple(parts)
