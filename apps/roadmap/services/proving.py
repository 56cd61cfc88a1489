"""Only what reads back as it was meant is put into a document: every addition is tried on the text first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.roadmap.engines.additions import Replacement, counted_on
from apps.roadmap.engines.entries import Entry, ParsedDocument
from apps.roadmap.engines.splice import splice
from apps.roadmap.services.document_values import MODELS, NAMING_FIELDS, Values, read_entry
from apps.roadmap.services.merging import entries_by_kind
from apps.roadmap.services.row_values import Row, is_same, read_row
from apps.roadmap.services.wishes import Addition, Said, Wish, key_of, parent_of, words_of

Read = Callable[[bytes], ParsedDocument]


MOST_TRIALS = 100  # each reads the document; what is still open then is left out, and named
Granted = tuple[Wish, Addition]


@dataclass
class Trial:
    """The document with replacements and additions in it, read again."""

    before: ParsedDocument
    replacements: Sequence[Replacement]
    additions: Sequence[Addition]
    read: Read
    after: ParsedDocument = field(init=False)
    by_line: dict[tuple[str, int], list[tuple[Entry, Values]]] = field(init=False)
    new_lines: dict[tuple[str, int], int] = field(init=False)

    def __post_init__(self) -> None:
        source = self.before.source
        self.after = self.read(source.encode(splice(source.text, self._all)))
        self.by_line = {}
        for several in entries_by_kind(self.after).values():
            for entry in several:
                key = (MODELS[type(entry)]._meta.model_name or "", entry.line)
                self.by_line.setdefault(key, []).append((entry, read_entry(entry)))
        self.new_lines = {
            key_of(said.row): self._line_put_in(addition) + said.line
            for addition in self.additions
            for said in addition.says
            if said.line is not None
        }

    def says(self, addition: Addition) -> bool:
        """The document gives back all that the addition is to say."""
        return all(self._is_said(said) for said in addition.says)

    def keeps(self, rows: Sequence[Row]) -> bool:
        """Every entry that was there is there still, and nothing came but what was put in."""
        lines = [(row._meta.model_name or "", self.line_of(row)) for row in rows]
        lines += [(kind, line) for (kind, _), line in self.new_lines.items()]
        return Counter(lines) == {key: len(several) for key, several in self.by_line.items()}

    def line_of(self, row: Row) -> int:
        """The line on which a row stands now."""
        if key_of(row) in self.new_lines:
            return self.new_lines[key_of(row)]
        start = self.before.source.line_starts[(row.line or 1) - 1]
        return self.after.source.line_at(start + self._shift(start))

    @property
    def _all(self) -> list[Replacement]:
        return counted_on([*self.replacements, *(addition.replacement for addition in self.additions)])

    def _line_put_in(self, addition: Addition) -> int:
        """The line at which something is put in, behind all that is put in at the same place before it."""
        span, _ = addition.replacement
        earlier = self._all[: len(self.replacements) + self.additions.index(addition)]
        before = sum(len(text) for other, text in earlier if other == span)
        return self.after.source.line_at(max(span[0] + self._shift(span[0]) + before, 0))

    def _shift(self, position: int) -> int:
        return sum(len(text) - (end - start) for (start, end), text in self._all if start < position)

    def _is_said(self, said: Said) -> bool:
        row, kind = said.row, said.row._meta.model_name or ""
        return any(
            self._has_name(said, values)
            and all(is_same(name, read_row(row, name), values.get(name)) for name in said.names)
            and (said.line is None or self._stands_under(entry, row))
            for entry, values in self.by_line.get((kind, self.line_of(row)), ())
        )

    def _has_name(self, said: Said, values: Values) -> bool:
        name = NAMING_FIELDS[said.row._meta.model_name or ""]
        return bool(values[name] == (read_row(said.row, name) if said.line is None else words_of(said.row)))

    def _stands_under(self, entry: Any, row: Row) -> bool:
        """The innermost of what an entry stands under is what the row does."""
        parent = parent_of(row)
        for name, several in self._parents.items():
            number = getattr(entry, name, None) if hasattr(row, name) else None
            if number is not None:
                same_kind = parent and name.replace("parent", "task").replace("_", "") == parent._meta.model_name
                return bool(same_kind) and several[number].line == self.line_of(parent)
        return parent is None

    @property
    def _parents(self) -> dict[str, Sequence[Entry]]:
        """What entries stand under, the innermost first."""
        return {"parent": self.after.tasks, "work_item": self.after.work_items, "milestone": self.after.milestones}


@dataclass
class Prover:
    """Tries additions on the document, those of several wishes at once."""

    before: ParsedDocument
    replacements: Sequence[Replacement]
    rows: Sequence[Row]
    read: Read
    order: dict[int, int]
    trials: int = 0

    def proven(self, granted: list[Granted], tried: list[Granted], *, is_patient: bool = False) -> list[Granted]:
        """Those that read back as they were meant, together with what was granted before.

        What does not is dropped at once; the patient way asks whether only others kept it from that.
        """
        if not tried or self.trials >= MOST_TRIALS:
            return []
        self.trials += 1
        trial = Trial(self.before, self.replacements, self._in_order([*granted, *tried]), self.read)
        held = [(wish, addition) for wish, addition in tried if trial.says(addition)]
        if len(held) == len(tried) and trial.keeps(self.rows) and all(trial.says(addition) for _, addition in granted):
            return tried
        if len(tried) == 1 or not (held or is_patient):
            return []
        first, second = self._parted(tried, held, is_patient=is_patient)
        better = self.proven(granted, first, is_patient=is_patient)
        return [*better, *self.proven([*granted, *better], second, is_patient=is_patient)]

    def _parted(
        self, tried: list[Granted], held: list[Granted], *, is_patient: bool
    ) -> tuple[list[Granted], list[Granted]]:
        """What to try next, and what after that."""
        if 0 < len(held) < len(tried):
            names = {id(wish) for wish, _ in held}
            return held, [each for each in tried if is_patient and id(each[0]) not in names]
        middle = len(tried) // 2
        return tried[:middle], tried[middle:]

    def _in_order(self, several: list[Granted]) -> list[Addition]:
        """As the wishes are: what is put in at one place stands in this order there."""
        return [addition for _, addition in sorted(several, key=lambda each: self.order[id(each[0])])]


def prove(
    before: ParsedDocument, replacements: Sequence[Replacement], wishes: Sequence[Wish], rows: Sequence[Row], read: Read
) -> list[tuple[Wish, Addition | None]]:
    """Each wish with the first of its additions that reads back as it was meant, or with none."""
    prover = Prover(before, replacements, rows, read, {id(wish): at for at, wish in enumerate(wishes)})
    granted: list[Granted] = []
    for is_patient in (False, True):
        for attempt in range(max((len(wish.candidates) for wish in wishes), default=0)):
            fulfilled = {id(wish) for wish, _ in granted}
            waiting = [wish for wish in wishes if id(wish) not in fulfilled and attempt < len(wish.candidates)]
            tried = [(wish, wish.candidates[attempt]) for wish in waiting]
            granted += prover.proven(granted, tried, is_patient=is_patient)
    by_wish = {id(wish): addition for wish, addition in granted}
    return [(wish, by_wish.get(id(wish))) for wish in wishes]
