"""The YAML header: values of the document as a whole."""

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.dates import read_date
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import FieldLine, Finding, Owner
from apps.roadmap.engines.front_matter import HeaderValue, read_front_matter
from apps.roadmap.engines.owners import split_owners

TELLS_THE_YEAR = frozenset({"title", "target", "year"})


def take_header(draft: Draft, block: Block) -> bool:
    """Keep what the header says; one that cannot be read stays prose and is reported."""
    header = read_front_matter(draft.source.text)
    if header is None or header.problem:
        if header:
            draft.notes.append(Finding(header.problem_line, header.problem))
        return False
    for value in header.values:
        _take_value(draft, value)
    return draft.take(block, Owner.FIELD)


def _take_value(draft: Draft, value: HeaderValue) -> None:
    spans = {"value": value.span} if value.span else {}
    draft.fields.append(FieldLine(line=value.line, label=value.key, name=value.name, value=value.value, spans=spans))
    if value.name in TELLS_THE_YEAR:
        draft.titles.append(value.value)
    if value.name == "title":
        draft.header_title = value.value
    elif value.name == "owner" and not draft.declared_roles:
        draft.declared_roles, draft.declared_roles_line = split_owners(value.value), value.line
    elif value.name == "target" and (doubt := read_date(value.value, is_whole=True).doubt):
        draft.notes.append(Finding(value.line, doubt))
