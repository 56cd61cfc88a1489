"""The last answers side by side, the newest at the right."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.common.statuses import PROVEN, REFUTED
from apps.healthchecks.models import ProbeResult

WIDTH = 1000.0
GAP = 3.0


@dataclass(frozen=True)
class Bar:
    """One answer, with its place."""

    left: float
    width: float
    tone: str


@dataclass(frozen=True)
class Strip:
    """All bars, and in words what they show."""

    bars: list[Bar]
    label: str


def strip_of(answers: Sequence[ProbeResult]) -> Strip:
    """The strip of answers that are given the newest first."""
    step = WIDTH / max(1, len(answers))
    bars = [
        Bar(left=round(number * step, 1), width=round(step - GAP, 1), tone=PROVEN if answer.is_up else REFUTED)
        for number, answer in enumerate(reversed(answers))
    ]
    failures = sum(not answer.is_up for answer in answers)
    return Strip(bars, f"{len(answers)} answers, {failures} of them failures")
