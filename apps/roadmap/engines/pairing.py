"""Pairs things best-first, and leaves alone what could be either of two."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import groupby
from typing import Any, TypeVar

Old = TypeVar("Old", bound=Hashable)
New = TypeVar("New", bound=Hashable)


def pair_best_first(
    scored: Iterable[tuple[Any, New, Old]], is_allowed: Callable[[dict[New, Old], New, Old], bool] | None = None
) -> dict[New, Old]:
    """For each new thing its old one: the highest score first, each once. Equal scores for one thing are no answer."""
    pairs: dict[New, Old] = {}
    closed: set[tuple[str, Hashable]] = set()
    for _, equals in groupby(sorted(scored, key=lambda each: each[0], reverse=True), key=lambda each: each[0]):
        free = [(new, old) for _, new, old in equals if ("new", new) not in closed and ("old", old) not in closed]
        if is_allowed:
            free = [(new, old) for new, old in free if is_allowed(pairs, new, old)]
        news, olds = Counter(new for new, _ in free), Counter(old for _, old in free)
        for new, old in free:
            closed |= {("new", new), ("old", old)}
            if news[new] == olds[old] == 1:
                pairs[new] = old
    return pairs
