"""Cells of lists, and the bar of a run's stages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.wording import duration_in_words

BAR_WIDTH = 1000
SHADES = "abcde"


@dataclass(frozen=True)
class Stage:
    """One stage of a run, with its place in the bar."""

    name: str
    seconds: float
    left: float
    width: float
    shade: str

    @property
    def words(self) -> str:
        """How long it took, without pretending that it took no time."""
        return duration_in_words(timedelta(seconds=self.seconds or 0.01))


def stage_bar(stages: Sequence[tuple[str, float]]) -> list[Stage]:
    """The stages side by side, each as wide as its share of the time."""
    total = sum(seconds for _, seconds in stages) or 1.0
    placed, left = [], 0.0
    for number, (name, seconds) in enumerate(stages):
        width = seconds / total * BAR_WIDTH
        placed.append(Stage(name, seconds, round(left, 1), round(width, 1), SHADES[number % len(SHADES)]))
        left += width
    return placed


def objective_cell(measured: timedelta | None, objective: timedelta) -> SafeString | None:
    """A measured time, marked when it is beyond its objective."""
    if measured is None:
        return None
    words = duration_in_words(measured)
    beyond = format_html('<div class="sub late">objective: {}</div>', duration_in_words(objective))
    return format_html("{}{}", words, beyond if measured > objective else "")
