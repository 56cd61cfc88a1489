"""Knows an entry again in a later text of the same document. Pure: values in, pairs out.

An entry is the same when its kind, the titles above it and its words are; then when its code is unique on both
sides (it was renamed), or its words are (it moved); then when its words changed a little within the same section.
Never across kinds.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import product

LIKENESS = 0.75  # below it, two texts are two things
MOST_COMPARISONS = 10_000  # pairs in all; in a document rewritten as a whole nothing more is guessed
NOT_WORDS = re.compile(r"[\W_]+")

Key = tuple[str, str]
Places = dict[Key, list[int]]


@dataclass(frozen=True)
class Trait:
    """What an entry is known by."""

    kind: str
    section: str
    text: str
    code: str = ""  # what a document itself calls it, such as M1

    @property
    def words(self) -> str:
        """The text without case, marks and punctuation."""
        return NOT_WORDS.sub(" ", self.text.casefold()).strip() or self.text.strip()


def identities(traits: Iterable[Trait]) -> list[str]:
    """A digest for each entry; equal traits are told apart by their order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    digests = []
    for trait in traits:
        key = (trait.kind, trait.section, trait.words)
        digests.append(sha256("\0".join([*key, str(seen[key])]).encode()).hexdigest())
        seen[key] += 1
    return digests


def match(old: Sequence[Trait], new: Sequence[Trait]) -> dict[int, int]:
    """For each new entry that is an old one, which: positions in the two sequences."""
    pairs = _match_equal(old, new)
    for rule in (_match_coded, _match_moved, _match_reworded):
        matched = set(pairs.values())
        left_old = [at for at in range(len(old)) if at not in matched]
        left_new = [at for at in range(len(new)) if at not in pairs]
        pairs |= rule(old, new, left_old, left_new)
    return pairs


def _match_equal(old: Sequence[Trait], new: Sequence[Trait]) -> dict[int, int]:
    places = {digest: at for at, digest in enumerate(identities(old))}
    return {at: places[digest] for at, digest in enumerate(identities(new)) if digest in places}


def _match_coded(
    old: Sequence[Trait], new: Sequence[Trait], left_old: list[int], left_new: list[int]
) -> dict[int, int]:
    """Entries whose code is left over exactly once on both sides."""
    return _match_unique(_by(_code_of, old, left_old), _by(_code_of, new, left_new))


def _match_moved(
    old: Sequence[Trait], new: Sequence[Trait], left_old: list[int], left_new: list[int]
) -> dict[int, int]:
    """Entries whose words are left over exactly once on both sides."""
    return _match_unique(_by(_words_of, old, left_old), _by(_words_of, new, left_new))


def _match_unique(olds: Places, news: Places) -> dict[int, int]:
    return {places[0]: olds[key][0] for key, places in news.items() if len(places) == 1 and len(olds.get(key, ())) == 1}


def _match_reworded(
    old: Sequence[Trait], new: Sequence[Trait], left_old: list[int], left_new: list[int]
) -> dict[int, int]:
    """Within a section, the likest pairs first."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, new_at, old_at in sorted(_likenesses(old, new, left_old, left_new), reverse=True):
        if new_at not in pairs and old_at not in taken:
            pairs[new_at] = old_at
            taken.add(old_at)
    return pairs


def _likenesses(
    old: Sequence[Trait], new: Sequence[Trait], left_old: list[int], left_new: list[int]
) -> Iterable[tuple[float, int, int]]:
    olds, news = _by(_section_of, old, left_old), _by(_section_of, new, left_new)
    compared = 0
    for section in sorted(olds.keys() & news.keys()):
        compared += len(olds[section]) * len(news[section])
        if compared > MOST_COMPARISONS:
            return
        for new_at, old_at in product(news[section], olds[section]):
            likeness = SequenceMatcher(None, old[old_at].words, new[new_at].words, autojunk=False)
            if likeness.real_quick_ratio() >= LIKENESS and likeness.ratio() >= LIKENESS:
                yield likeness.ratio(), new_at, old_at


def _by(key_of: Callable[[Trait], Key | None], traits: Sequence[Trait], left: list[int]) -> Places:
    places: Places = defaultdict(list)
    for at in left:
        key = key_of(traits[at])
        if key:
            places[key].append(at)
    return places


def _code_of(trait: Trait) -> Key | None:
    return (trait.kind, trait.code.casefold()) if trait.code else None


def _words_of(trait: Trait) -> Key:
    return trait.kind, trait.words


def _section_of(trait: Trait) -> Key:
    return trait.kind, trait.section
