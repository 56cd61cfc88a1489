"""Knows an entry again in a later text of the same document. Pure: values in, pairs out.

An entry is the same when its kind, the titles above it and its words are, also those that a person gave it; then when
a title above it was changed, its code is unique on both sides, or its words are (it moved); then when its words changed
a little. An entry that vanished comes back by its own words only. Never across kinds.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property, partial
from hashlib import sha256
from itertools import product

from apps.roadmap.engines.headings import find_renamed
from apps.roadmap.engines.pairing import pair_best_first
from apps.roadmap.engines.surroundings import Surroundings, plain_words

LIKENESS = 0.75  # below it, two texts of one section are two things
LEAST_WORDS_KEPT = 0.6  # of a text that stands alone between the same neighbours
DOCUMENT_LIKENESS = 0.85  # a text that moved as well has to say more of itself
MOST_COMPARISONS = 10_000  # pairs in all; in a document rewritten as a whole nothing more is guessed
EDGE, NOWHERE = -1, -2  # of a section
TITLE_SEPARATOR = " › "
TITLES = frozenset({"milestone", "workitem"})  # the kinds that others stand under

Key = tuple[str, ...]
Places = dict[Key, list[int]]


@dataclass(frozen=True)
class Trait:
    """What an entry is known by."""

    kind: str
    section: str
    text: str
    code: str = ""  # what a document itself calls it, such as M1
    line: int | None = None
    edited: str = ""  # the text that a person gave it since

    @cached_property
    def words(self) -> str:
        """The text without case, marks and punctuation."""
        return plain_words(self.text)

    @property
    def opens(self) -> str:
        """The section that the entry itself is the title of, should it be one."""
        return f"{self.section}{TITLE_SEPARATOR}{self.text}" if self.section else self.text


def identities(traits: Iterable[Trait]) -> list[str]:
    """A digest for each entry; equal traits are told apart by their order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    digests = []
    for trait in traits:
        key = (trait.kind, trait.section, trait.words)
        digests.append(sha256("\0".join([*key, str(seen[key])]).encode()).hexdigest())
        seen[key] += 1
    return digests


@dataclass
class _Matching:
    """Two texts' entries, and the pairs found so far: from the position in the new to that in the old."""

    old: Sequence[Trait]
    new: Sequence[Trait]
    gone: Collection[int]
    old_text: Surroundings
    new_text: Surroundings
    pairs: dict[int, int] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def left_old(self, *, gone: bool = False) -> list[int]:
        return [at for at in range(len(self.old)) if at not in self.taken and (at in self.gone) == gone]

    def left_new(self) -> list[int]:
        return [at for at in range(len(self.new)) if at not in self.pairs]

    def is_new(self, at: int) -> bool:
        """The old text nowhere said the words, so that they did not come from elsewhere."""
        return not self.old_text.says(self.new[at].words)

    def is_replaced(self, old_at: int, new_at: int) -> bool:
        """The old words are nowhere in the new text, nor the new ones in the old: nothing only changed its place."""
        old_is_gone = not self.new_text.says(self.old[old_at].words)
        return new_at not in self.pairs and old_is_gone and self.is_new(new_at)

    def add(self, pairs: dict[int, int]) -> None:
        self.pairs |= pairs
        self.taken |= set(pairs.values())


def match(
    old: Sequence[Trait],
    new: Sequence[Trait],
    *,
    gone: Collection[int] = (),
    old_text: Surroundings | None = None,
    new_text: Surroundings | None = None,
) -> dict[int, int]:
    """For each new entry that is an old one, which: positions in the two sequences.

    `gone` are the positions of old entries that an earlier text held and the last one did not. With the texts, a title
    that was replaced where it stood is known again, too.
    """
    matching = _Matching(old, new, frozenset(gone), old_text or Surroundings(), new_text or Surroundings())
    _match_edited(matching)
    _match_equal(matching)
    _match_equal(matching, gone=True)
    _follow_renamed_titles(matching)
    _match_titles_in_place(matching)
    _match_unique(matching, _code_of)
    _match_unique(matching, _words_of)
    _match_unique(matching, _words_of, gone=True)
    _match_likest(matching, _section_of, LIKENESS)
    _match_between_neighbours(matching)
    _match_likest(matching, _kind_of, DOCUMENT_LIKENESS)
    return matching.pairs


def _match_edited(matching: _Matching) -> None:
    """What a person worded otherwise, where the text says the same by now, as an export does."""
    if not any(trait.edited for trait in matching.old):
        return
    for group_of in (_section_of, _kind_of):
        olds = _by(partial(_edited_of, group_of), matching.old, matching.left_old())
        known = _by(partial(_worded_of, group_of), matching.old, matching.left_old())
        news = _by(partial(_worded_of, group_of), matching.new, matching.left_new())
        for key, places in olds.items():
            found = news.get(key, [])
            if key not in known and (group_of is _section_of or len(found) == len(places) == 1):
                matching.add(dict(zip(found, places, strict=False)))


def _edited_of(group_of: Callable[[Trait], Key], trait: Trait) -> Key | None:
    return (*group_of(trait), plain_words(trait.edited)) if trait.edited else None


def _worded_of(group_of: Callable[[Trait], Key], trait: Trait) -> Key:
    return *group_of(trait), trait.words


def _match_equal(matching: _Matching, *, gone: bool = False) -> None:
    olds, news = matching.left_old(gone=gone), matching.left_new()
    places = dict(zip(identities(matching.old[at] for at in olds), olds, strict=True))
    found = zip(identities(matching.new[at] for at in news), news, strict=True)
    matching.add({at: places[digest] for digest, at in found if digest in places})


def _follow_renamed_titles(matching: _Matching) -> None:
    """Read the old sections under their new titles, and match what was under them and what they are the titles of."""
    renamed = find_renamed(
        [
            (trait.section, f"{trait.kind} {trait.words}")
            for at, trait in enumerate(matching.old)
            if at not in matching.gone
        ],
        [(trait.section, f"{trait.kind} {trait.words}") for trait in matching.new],
        TITLE_SEPARATOR,
    )
    if not renamed:
        return
    opened = {(trait.kind, trait.opens): at for at in matching.left_new() for trait in [matching.new[at]]}
    for at in matching.left_old():
        trait = matching.old[at]
        title = opened.get((trait.kind, renamed.get(trait.opens, "")))
        if title is not None and matching.is_replaced(at, title):
            matching.add({title: at})
    matching.old = [replace(trait, section=renamed.get(trait.section, trait.section)) for trait in matching.old]
    _match_equal(matching)


def _match_titles_in_place(matching: _Matching) -> None:
    """A title was replaced by another where the lines above and below it stayed."""

    def place_of(trait: Trait, text: Surroundings) -> Key | None:
        above, below = text.around(trait.line)
        return (trait.kind, trait.section, above, below) if trait.kind in TITLES and below else None

    olds = _by(lambda trait: place_of(trait, matching.old_text), matching.old, matching.left_old())
    news = _by(lambda trait: place_of(trait, matching.new_text), matching.new, matching.left_new())
    for key, places in news.items():
        if len(places) == len(olds.get(key, ())) == 1 and matching.is_new(places[0]):
            matching.add({places[0]: olds[key][0]})


def _placed(traits: Iterable[Trait]) -> list[tuple[str, str]]:
    return [(trait.section, f"{trait.kind} {trait.words}") for trait in traits]


def _match_unique(matching: _Matching, key_of: Callable[[Trait], Key | None], *, gone: bool = False) -> None:
    """Entries whose key is left over exactly once on both sides."""
    olds = _by(key_of, matching.old, matching.left_old(gone=gone))
    news = _by(key_of, matching.new, matching.left_new())
    once = {key: places[0] for key, places in news.items() if len(places) == 1}
    matching.add({at: olds[key][0] for key, at in once.items() if len(olds.get(key, ())) == 1})


def _match_likest(matching: _Matching, group_of: Callable[[Trait], Key], least: float) -> None:
    """Within a group, the likest pairs first."""
    matching.add(pair_best_first(_likenesses(matching, group_of, least)))


def _likenesses(
    matching: _Matching, group_of: Callable[[Trait], Key], least: float
) -> Iterable[tuple[float, int, int]]:
    olds = _by(group_of, matching.old, matching.left_old())
    news = _by(group_of, matching.new, filter(matching.is_new, matching.left_new()))
    compared = 0
    for group in sorted(olds.keys() & news.keys()):
        compared += len(olds[group]) * len(news[group])
        if compared > MOST_COMPARISONS:
            return
        for new_at, old_at in product(news[group], olds[group]):
            likeness = _likeness(matching.old[old_at], matching.new[new_at], least)
            if likeness:
                yield likeness, new_at, old_at


def _match_between_neighbours(matching: _Matching) -> None:
    """What stands alone between the same two entries on both sides was reworded there, if it shares enough words."""
    current = [at for at in range(len(matching.old)) if at not in matching.gone]
    new_by_section = _by(_section_of, matching.new, range(len(matching.new)))
    for section, olds in _by(_section_of, matching.old, current).items():
        between = {_around(olds, place): at for place, at in enumerate(olds) if at not in matching.taken}
        news = new_by_section.get(section, [])
        for place, at in enumerate(news):
            old_at = None if at in matching.pairs else between.get(_old_around(matching, news, place))
            if old_at is not None and _words_kept(matching.old[old_at], matching.new[at]) >= LEAST_WORDS_KEPT:
                matching.add({at: old_at})


def _old_around(matching: _Matching, news: Sequence[int], place: int) -> tuple[int, int]:
    """The old entries of what stands around a new one; no place at all beside what is new itself."""
    above, below = (matching.pairs.get(each, NOWHERE) if each >= 0 else each for each in _around(news, place))
    return above, below


def _around(places: Sequence[int], place: int) -> tuple[int, int]:
    """What stands before and after a place."""
    return places[place - 1] if place else EDGE, places[place + 1] if place + 1 < len(places) else EDGE


def _words_kept(old: Trait, new: Trait) -> float:
    return SequenceMatcher(None, old.words.split(), new.words.split(), autojunk=False).ratio()


def _likeness(old: Trait, new: Trait, least: float) -> float:
    """How like the words are, or 0 where that is less than the least."""
    matcher = SequenceMatcher(None, old.words, new.words, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0


def _by(key_of: Callable[[Trait], Key | None], traits: Sequence[Trait], left: Iterable[int]) -> Places:
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


def _kind_of(trait: Trait) -> Key:
    return (trait.kind,)
