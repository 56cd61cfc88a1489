"""Checkbox marks: an open alphabet, since documents invent their own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apps.roadmap.engines.source import Span
from apps.roadmap.engines.status_words import Claim, read_status, write_status

__all__ = ["Claim", "Mark", "claim_of", "claim_of_words", "mark_for", "read_legend", "read_mark"]


BRACKETS = re.compile(r"\[(?P<mark>n/a|wip|done|todo|[^\]\[\w\r\n]|[xXvVoO])\](?P<gap>[ \t]+|$)", re.IGNORECASE)
LETTER = re.compile(r"\[(?P<mark>\w)\](?P<gap>[ \t]+|$)")  # a mark only where the document's legend explains it
BOX = re.compile(r"(?P<mark>[☐☑☒◐])\ufe0f?(?P<gap>[ \t]+|$)")
# Bounded, so that a line made of unmatched backticks costs no more than any other.
CODE_SPAN = re.compile(r"(?<!`)(`++)(.{1,300}?)(?<!`)\1(?!`)", re.DOTALL)
STATUS_SIGNS = "✅✔☑🚧⏳🔄❌⏸🔜🛑⬜🔲➖🚫"  # say how far something is wherever they stand, unlike circles
CIRCLES = "🟢🟡🟠🔴⚪🔵"
EMOJI = re.compile(rf"(?P<mark>[{STATUS_SIGNS}{CIRCLES}])\ufe0f?(?P<gap>[ \t]+|$)")
AFTER_SEMICOLON = re.compile(r";[ \t]+(?=\[)")
LEGEND_ENTRY = re.compile(r"\[(?P<mark>n/a|[^\]\[\r\n])\][ \t]*+(?:(?:=|:|-|–)[ \t]*+)?(?P<words>[^\W\d_][\w -]*)")

CLAIM_BY_MARK = {
    " ": Claim.TODO,
    "~": Claim.IN_PROGRESS,
    "/": Claim.IN_PROGRESS,
    "o": Claim.IN_PROGRESS,
    "wip": Claim.IN_PROGRESS,
    "todo": Claim.TODO,
    "done": Claim.DONE,
    "x": Claim.DONE,
    "v": Claim.DONE,
    "✓": Claim.DONE,
    "✔": Claim.DONE,
    "✅": Claim.DONE,
    "-": Claim.NOT_APPLICABLE,
    "n/a": Claim.NOT_APPLICABLE,
    "☐": Claim.TODO,
    "◐": Claim.IN_PROGRESS,
    "☑": Claim.DONE,
    "☒": Claim.NOT_APPLICABLE,
    "🟢": Claim.DONE,
    **dict.fromkeys("🚧⏳🔄⏸🛑🟡🟠🔵", Claim.IN_PROGRESS),
    **dict.fromkeys("➖🚫", Claim.NOT_APPLICABLE),
    **dict.fromkeys("❌🔜⬜🔲🔴⚪", Claim.TODO),
}
MARK_BY_CLAIM = {
    Claim.UNKNOWN: "?",
    Claim.TODO: " ",
    Claim.IN_PROGRESS: "~",
    Claim.DONE: "x",
    Claim.NOT_APPLICABLE: "-",
}
BOX_BY_CLAIM = {Claim.TODO: "☐", Claim.IN_PROGRESS: "◐", Claim.DONE: "☑", Claim.NOT_APPLICABLE: "☒"}
EMOJI_BY_CLAIM = {Claim.TODO: "⬜", Claim.IN_PROGRESS: "🚧", Claim.DONE: "✅", Claim.NOT_APPLICABLE: "➖"}


@dataclass(frozen=True)
class Mark:
    """One mark: as written, what it says, where its character is and where the text after it begins."""

    raw: str
    claim: Claim
    span: Span
    text_start: int


Legend = Mapping[str, Claim]


def read_mark(text: str, span: Span, legend: Legend | None = None) -> Mark | None:
    """The mark at the start of this span of the text, if one stands there."""
    found = BRACKETS.match(text, *span) or BOX.match(text, *span)
    letter = None if found else LETTER.match(text, *span)
    return _mark(letter if letter and letter["mark"].lower() in (legend or {}) else found, legend)


def read_emoji(text: str, span: Span, legend: Legend | None = None) -> Mark | None:
    """The same of a coloured sign, which in prose is often nothing but decoration."""
    return _mark(EMOJI.match(text, *span), legend)


def is_sign(raw: str) -> bool:
    """Whether a mark is a coloured sign and no box."""
    return bool(EMOJI.fullmatch(raw))


def is_circle(raw: str) -> bool:
    """Whether it is a coloured circle, which documents use for states and for grades alike."""
    return len(raw.rstrip("\ufe0f")) == 1 and raw[0] in CIRCLES


def read_sign(text: str) -> str:
    """The mark, in its box or without, that the text is nothing but; else nothing."""
    plain = text.strip("` ")
    mark = read_mark(plain, (0, len(plain))) or read_emoji(plain, (0, len(plain)))
    letter = LETTER.fullmatch(plain)
    raw = mark.raw if mark and mark.text_start == len(plain) else letter["mark"] if letter else ""
    return raw.lower()


def _mark(found: re.Match[str] | None, legend: Legend | None) -> Mark | None:
    if not found:
        return None
    return Mark(found["mark"], claim_of(found["mark"], legend), found.span("mark"), found.end("gap"))


def read_inline_marks(line: str, legend: Legend | None = None) -> Iterator[Mark]:
    """The marks that follow a semicolon, outside code."""
    masked = mask_code(line)
    for found in AFTER_SEMICOLON.finditer(masked):
        mark = read_mark(masked, (found.end(), len(masked)), legend)
        if mark:
            yield mark


def mask_code(line: str) -> str:
    """The line with the inside of its code spans blanked, so that nothing in it is taken for markup."""
    return CODE_SPAN.sub(lambda found: found[1] + "·" * len(found[2]) + found[1], line) if "`" in line else line


def claim_of(raw: str, legend: Legend | None = None) -> Claim:
    """What a mark says: by the document's own legend first."""
    folded = raw.lower()
    return (legend or {}).get(folded) or CLAIM_BY_MARK.get(folded, Claim.UNKNOWN)


def claim_of_words(words: str) -> Claim | None:
    """What a status in words says, such as "In progress"; else what the sign before them says, such as ⏳."""
    said = read_status(words)
    sign = None if said else EMOJI.match(words.strip())
    return CLAIM_BY_MARK[sign["mark"]] if sign else said


def mark_for(claim: Claim, *, instead_of: str = " ", legend: Legend | None = None) -> str:
    """The mark that says the claim, in the document's own alphabet."""
    if instead_of in BOX_BY_CLAIM.values():
        return BOX_BY_CLAIM.get(claim, BOX_BY_CLAIM[Claim.TODO])
    if EMOJI.match(instead_of):
        return EMOJI_BY_CLAIM.get(claim, EMOJI_BY_CLAIM[Claim.TODO])
    own = [mark for mark, meaning in (legend or {}).items() if meaning == claim]
    return own[0] if own else MARK_BY_CLAIM[claim]


def status_like(claim: Claim, *, instead_of: str) -> str:
    """The state as the document writes its own: a sign, small letters or capitals."""
    if read_emoji(instead_of, (0, len(instead_of))):
        return mark_for(claim, instead_of=instead_of)
    return write_status(claim, instead_of=instead_of)


def read_legend(line: str) -> dict[str, Claim]:
    """The alphabet a line explains, such as "[ ] Not started  [x] Done". Two or more marks make a legend."""
    entries = list(LEGEND_ENTRY.finditer(mask_code(line)))
    if len(entries) < 2:
        return {}
    explained = {found["mark"].lower(): claim_of_words(found["words"]) for found in entries}
    legend = {mark: claim for mark, claim in explained.items() if claim}
    return legend if len(legend) >= 2 else {}
