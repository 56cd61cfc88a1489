"""Which titles of a document were changed, seen from what stands under them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import accumulate, product

from apps.roadmap.engines.pairing import pair_best_first

LEAST_SHARED = 0.5  # of what stands under two titles, so that they are one
MOST_PAIRS = 10_000

Placed = tuple[str, str]  # the section of something, and what it says
Contents = dict[str, Counter[str]]


def find_renamed(old: Sequence[Placed], new: Sequence[Placed], separator: str) -> dict[str, str]:
    """For each section that is gone and came back under another title, which: the likest first."""
    olds, news = _contents(old, separator), _contents(new, separator)
    came = pair_best_first(_pairs(olds, news, separator), partial(_fits, separator))
    return {before: after for after, before in came.items()}


def _contents(placed: Iterable[Placed], separator: str) -> Contents:
    """What stands anywhere under each section."""
    contents: Contents = defaultdict(Counter)
    for section, words in placed:
        if section:
            for above in accumulate(section.split(separator), lambda one, other: f"{one}{separator}{other}"):
                contents[above][words] += 1
    return contents


def _pairs(olds: Contents, news: Contents, separator: str) -> Iterable[tuple[tuple[float, float], str, str]]:
    """Sections that are on one side only and share enough, with how much, and how like their titles are."""
    gone, come = olds.keys() - news.keys(), news.keys() - olds.keys()
    if len(gone) * len(come) > MOST_PAIRS:
        return
    for before, after in product(sorted(gone), sorted(come)):
        shared = (olds[before] & news[after]).total()
        share = 2 * shared / (olds[before].total() + news[after].total())
        if share >= LEAST_SHARED:
            yield (share, SequenceMatcher(None, before, after, autojunk=False).ratio()), after, before


def _fits(separator: str, came: dict[str, str], after: str, before: str) -> bool:
    """A section below one that was renamed is below the same one afterwards."""
    above_after, above_before = after.rpartition(separator)[0], before.rpartition(separator)[0]
    return came.get(above_after, above_before) == above_before
