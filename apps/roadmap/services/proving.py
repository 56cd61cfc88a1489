"""Only what reads back as it was meant is put into a document: every addition is tried on the text first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.roadmap.engines.additions import Replacement
from apps.roadmap.engines.entries import Entry, ParsedDocument
from apps.roadmap.engines.splice import splice
from apps.roadmap.services.document_values import MODELS, NAMING_FIELDS, Values, read_entry
from apps.roadmap.services.merging import entries_by_kind
from apps.roadmap.services.row_values import Row, is_same, read_row
from apps.roadmap.services.wishes import Wish, parent_of, words_of

Read = Callable[[bytes], ParsedDocument]
MOST_TRIALS = 8


@dataclass
class Trial:
    """The document with replacements in it, read again."""

    before: ParsedDocument
    replacements: Sequence[Replacement]
    read: Read
    after: ParsedDocument = field(init=False)
    by_line: dict[tuple[str, int], list[tuple[Entry, Values]]] = field(init=False)

    def __post_init__(self) -> None:
        source = self.before.source
        self.after = self.read(source.encode(splice(source.text, self.replacements)))
        self.by_line = {}
        for several in entries_by_kind(self.after).values():
            for entry in several:
                key = (MODELS[type(entry)]._meta.model_name or "", entry.line)
                self.by_line.setdefault(key, []).append((entry, read_entry(entry)))

    def says(self, wish: Wish, replacement: Replacement) -> bool:
        """The document gives back what the wish is about."""
        return self._has_row(wish.row, replacement) if wish.is_new else self._has_values(wish.row, wish.names)

    def keeps(self, rows: Sequence[Row], granted: Sequence[tuple[Wish, Replacement]]) -> bool:
        """Every entry that was there is there still, and nothing came but what was put in."""
        lines = [(row, self.line_of(row)) for row in rows]
        lines += [(wish.row, self.line_put_in(replacement)) for wish, replacement in granted if wish.is_new]
        expected = Counter((row._meta.model_name or "", line) for row, line in lines)
        return expected == {key: len(several) for key, several in self.by_line.items()}

    def line_of(self, row: Row) -> int:
        """The line on which a row stands now."""
        start = self.before.source.line_starts[(row.line or 1) - 1]
        return self.after.source.line_at(start + self._shift(start))

    def line_put_in(self, replacement: Replacement) -> int:
        """The line on which something put in says what it says: its last."""
        earlier = list(self.replacements).index(replacement)
        start = replacement[0][0]
        at_same_place = sum(len(text) for span, text in self.replacements[:earlier] if span == replacement[0])
        end = start + self._shift(start) + at_same_place + len(replacement[1].rstrip())
        return self.after.source.line_at(max(end - 1, 0))

    def _shift(self, position: int) -> int:
        return sum(len(text) - (end - start) for (start, end), text in self.replacements if start < position)

    def _has_values(self, row: Row, names: Sequence[str]) -> bool:
        name = NAMING_FIELDS[row._meta.model_name or ""]
        return any(
            all(is_same(each, read_row(row, each), values.get(each)) for each in (name, *names))
            for _, values in self.by_line.get((row._meta.model_name or "", self.line_of(row)), ())
        )

    def _has_row(self, row: Any, replacement: Replacement) -> bool:
        kind = row._meta.model_name or ""
        return any(
            values[NAMING_FIELDS[kind]] == words_of(row)
            and values.get("claim") == getattr(row, "claim", None)
            and self._stands_under(entry, parent_of(row))
            for entry, values in self.by_line.get((kind, self.line_put_in(replacement)), ())
        )

    def _stands_under(self, entry: Any, parent: Any) -> bool:
        """The innermost of what an entry stands under is that row."""
        if parent is None:
            return True
        for name, several in self._parents.items():
            number = getattr(entry, name, None)
            if number is not None:
                same_kind = name.replace("parent", "task").replace("_", "") == parent._meta.model_name
                return same_kind and several[number].line == self.line_of(parent)
        return False

    @property
    def _parents(self) -> dict[str, Sequence[Entry]]:
        """What entries stand under, the innermost first."""
        return {"parent": self.after.tasks, "work_item": self.after.work_items, "milestone": self.after.milestones}


def prove(
    before: ParsedDocument, replacements: Sequence[Replacement], wishes: Sequence[Wish], rows: Sequence[Row], read: Read
) -> tuple[list[Replacement], list[Wish]]:
    """The additions that read back as they were meant, and the wishes that none of theirs fulfils."""
    granted: list[tuple[Wish, Replacement]] = []
    open_wishes = list(wishes)
    for attempt in range(MOST_TRIALS):
        tried = [(wish, wish.candidates[attempt]) for wish in open_wishes if attempt < len(wish.candidates)]
        if tried:
            granted = _proven(before, replacements, [*granted, *tried], rows, read)
            open_wishes = [wish for wish in wishes if not any(wish is each for each, _ in granted)]
    return [replacement for _, replacement in granted], open_wishes


def _proven(
    before: ParsedDocument,
    replacements: Sequence[Replacement],
    tried: list[tuple[Wish, Replacement]],
    rows: Sequence[Row],
    read: Read,
) -> list[tuple[Wish, Replacement]]:
    """Of what is tried together, what holds; then of that, again, until all of it does."""
    while tried:
        trial = Trial(before, [*replacements, *(replacement for _, replacement in tried)], read)
        held = [(wish, replacement) for wish, replacement in tried if trial.says(wish, replacement)]
        if len(held) == len(tried):
            if trial.keeps(rows, tried):
                return tried
            held = held[: len(held) // 2]
        tried = held
    return []
