"""Only what reads back as it was meant is put into a document: every addition is tried on the text first."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from apps.roadmap.engines.additions import Replacement, in_place, opens_a_line
from apps.roadmap.engines.entries import Entry, ParsedDocument
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.splice import splice
from apps.roadmap.services.document_values import MODELS, NAMING_FIELDS, Values, read_entry
from apps.roadmap.services.merging import entries_by_kind
from apps.roadmap.services.new_lines import says_more
from apps.roadmap.services.row_values import Row, is_same, read_row
from apps.roadmap.services.wishes import Addition, Said, Wish, key_of, parent_of, words_of

Read = Callable[[bytes], ParsedDocument]


MOST_TRIALS = 64  # each reads the document; what is still open then is left out, and named
Granted = tuple[Wish, Addition]


@dataclass
class Trial:
    """The document with replacements and additions in it, read again."""

    before: ParsedDocument
    additions: Sequence[Addition]
    read: Read
    after: ParsedDocument = field(init=False)
    by_line: dict[tuple[str, int], list[tuple[Entry, Values]]] = field(init=False)
    new_lines: dict[tuple[str, int], int] = field(init=False)

    def __post_init__(self) -> None:
        source = self.before.source
        pieces = [(addition, each) for addition in self.additions for each in addition.replacements]
        put_in = in_place([replacement for _, replacement in pieces])
        self._shifts = Shifts(put_in)
        self.after = self.read(source.encode(splice(source.text, put_in)))
        self.by_line = {}
        for kind, entry in _entries(self.after):
            self.by_line.setdefault((kind, entry.line), []).append((entry, read_entry(entry)))
        pieces.sort(key=lambda each: opens_a_line(each[1]))  # as they were put in
        self.new_lines = self._lines_put_in([addition for addition, _ in pieces], put_in)

    def says(self, addition: Addition, *, is_strict: bool = False) -> bool:
        """The document gives back all that the addition is to say; strictly also nothing else."""
        return all(self._is_said(said, is_strict=is_strict) for said in addition.says)

    def keeps(self) -> bool:
        """Every entry that was there is there still, and nothing came but what was put in."""
        lines = [(kind, self._line_now(entry.line)) for kind, entry in _entries(self.before)]
        lines += [(kind, line) for (kind, _), line in self.new_lines.items()]
        return Counter(lines) == {key: len(several) for key, several in self.by_line.items()}

    def line_of(self, row: Row) -> int:
        """The line on which a row stands now."""
        return self.new_lines.get(key_of(row)) or self._line_now(row.line or 1)

    def _line_now(self, line: int) -> int:
        start = self.before.source.line_starts[line - 1]
        return self.after.source.line_at(start + self._shifts.before(start))

    def _lines_put_in(self, additions: Sequence[Addition], put_in: Sequence[Replacement]) -> dict[tuple[str, int], int]:
        """The lines of new rows: counted from the one at which they are put in, behind what comes before them there."""
        lines: dict[tuple[str, int], int] = {}
        earlier: Counter[Span] = Counter()
        for addition, (span, text) in zip(additions, put_in, strict=True):
            first = self.after.source.line_at(max(span[0] + self._shifts.before(span[0]) + earlier[span], 0))
            lines |= {key_of(said.row): first + said.line for said in addition.says if said.line is not None}
            earlier[span] += len(text)
        return lines

    def _is_said(self, said: Said, *, is_strict: bool) -> bool:
        row, kind = said.row, said.row._meta.model_name or ""
        return any(
            self._has_name(row, values, is_new=said.line is not None)
            and all(is_same(name, read_row(row, name), values.get(name)) for name in said.names)
            and (said.line is None or self._stands_under(entry, row))
            and not (is_strict and said.line is not None and says_more(row, values))
            for entry, values in self.by_line.get((kind, self.line_of(row)), ())
        )

    def _has_name(self, row: Row, values: Values, *, is_new: bool) -> bool:
        """By the words that it has here; what is not new also by those that it has in the document."""
        name = NAMING_FIELDS[row._meta.model_name or ""]
        if not is_new and "label" in values and values["label"] == row.imported.get("label"):
            return True  # of a cost, whose amounts are in its words
        known = [words_of(row)] if is_new else [read_row(row, name), row.imported.get(name)]
        return any(is_same(name, words, values[name]) for words in known)

    def _stands_under(self, entry: Any, row: Row) -> bool:
        """The innermost of what an entry stands under is what the row does."""
        parent = parent_of(row)
        for name, several in self._parents.items():
            number = getattr(entry, name, None) if hasattr(row, name) else None
            if number is not None:
                return parent is not None and self._is_entry_of(parent, several[number])
        return parent is None

    def _is_entry_of(self, row: Row, entry: Entry) -> bool:
        """By its line, and by its words where several stand on one."""
        same_kind = MODELS[type(entry)] is type(row) and entry.line == self.line_of(row)
        return same_kind and self._has_name(row, read_entry(entry), is_new=row.line is None)

    @property
    def _parents(self) -> dict[str, Sequence[Entry]]:
        """What entries stand under, the innermost first."""
        return {"parent": self.after.tasks, "work_item": self.after.work_items, "milestone": self.after.milestones}


class Shifts:
    """How far replacements move what stands behind them."""

    def __init__(self, replacements: Sequence[Replacement]) -> None:
        ordered = sorted((start, len(text) - (end - start)) for (start, end), text in replacements)
        self._starts = [start for start, _ in ordered]
        self._sums = [0, *accumulate(shift for _, shift in ordered)]

    def before(self, position: int) -> int:
        """By how many characters, of all that begins before a position."""
        return self._sums[bisect_left(self._starts, position)]


def _entries(parsed: ParsedDocument) -> Iterator[tuple[str, Entry]]:
    for kind, several in entries_by_kind(parsed).items():
        for entry in several:
            yield MODELS[kind]._meta.model_name or "", entry


@dataclass
class Prover:
    """Tries additions on the document, those of several wishes at once."""

    before: ParsedDocument
    read: Read
    order: dict[int, int]
    is_patient: bool = False
    trials: int = 0

    def proven(self, granted: list[Granted], tried: list[Granted]) -> list[Granted]:
        """Those that read back as they were meant, together with what was granted before.

        First only what says nothing else either, and what does not is dropped at once; the patient way takes it, and
        asks whether only others kept an addition from being read.
        """
        if not tried or self.trials >= MOST_TRIALS:
            return []
        self.trials += 1
        trial = Trial(self.before, self._in_order([*granted, *tried]), self.read)
        held = [(wish, each) for wish, each in tried if trial.says(each, is_strict=not self.is_patient)]
        if len(held) == len(tried) and trial.keeps() and all(trial.says(each) for _, each in granted):
            return tried
        if len(tried) == 1 or not (held or self.is_patient):
            return []
        first, second = self._parted(tried, held)
        better = self.proven(granted, first)
        return [*better, *self.proven([*granted, *better], second)]

    def _parted(self, tried: list[Granted], held: list[Granted]) -> tuple[list[Granted], list[Granted]]:
        """What to try next, and what after that."""
        if 0 < len(held) < len(tried):
            names = {id(wish) for wish, _ in held}
            return held, [each for each in tried if self.is_patient and id(each[0]) not in names]
        middle = len(tried) // 2
        return tried[:middle], tried[middle:]

    def _in_order(self, several: list[Granted]) -> list[Addition]:
        """As the wishes are: what is put in at one place stands in this order there."""
        return [addition for _, addition in sorted(several, key=lambda each: self.order[id(each[0])])]


def prove(before: ParsedDocument, wishes: Sequence[Wish], read: Read) -> list[tuple[Wish, Addition | None]]:
    """Each wish with the first of its additions that reads back as it was meant, or with none."""
    prover = Prover(before, read, {id(wish): at for at, wish in enumerate(wishes)})
    granted: list[Granted] = []
    for is_patient in (False, True):
        prover.is_patient = is_patient
        for attempt in range(max((len(wish.candidates) for wish in wishes), default=0)):
            fulfilled = {id(wish) for wish, _ in granted}
            waiting = [wish for wish in wishes if id(wish) not in fulfilled and attempt < len(wish.candidates)]
            granted += prover.proven(granted, [(wish, wish.candidates[attempt]) for wish in waiting])
    by_wish = {id(wish): addition for wish, addition in granted}
    return [(wish, by_wish.get(id(wish))) for wish in wishes]
