"""Labelled values: "**Effort:** 2-3 days", "**Target**: 80%", "Owner: Backend  Target: 2025-10-06"."""

import re
from dataclasses import dataclass

from apps.roadmap.engines.source import Span

BOLD_LABEL = re.compile(
    r"(?:(?P<open>\*\*|__)(?P<inside>[^*_:][^*:]{0,79}?)[ \t]*:[ \t]*(?P=open)"
    r"|(?P<open2>\*\*|__)(?P<outside>[^*_:][^*:]{0,79}?)(?P=open2)(?:[ \t]*\([^)]{0,80}\))?[ \t]*:)[ \t]*"
)
BOLD_ONLY = re.compile(r"(?P<open>\*\*|__)(?P<label>[^*:][^*]{0,118}?):?(?P=open):?[ \t]*$")

# The labels that mean something to a roadmap, and the name each goes by.
KNOWN_LABELS = {
    "owner": (
        "owner", "owners", "assignee", "assignees", "assigned to", "responsible", "dri", "lead", "leads", "accountable",
        "driver", "point of contact", "poc", "verantwortlich", "verantwortliche", "verantwortlicher", "zuständig",
        "responsable", "responsables", "propriétaire", "assigné à", "encargado", "encargada", "propietario",
    ),
    "target": (
        "target", "target date", "due", "due date", "due on", "deadline", "eta", "by when", "ship date", "end date",
        "timeline", "timeframe", "quarter", "release date", "go-live", "go live", "completion date",
        "fällig", "fällig am", "fällig bis", "frist", "termin", "zieldatum", "zieltermin",
        "échéance", "date cible", "date limite", "pour le",
        "fecha límite", "fecha objetivo", "fecha de entrega", "vencimiento", "plazo",
    ),
    "status": ("status", "state", "progress", "stand", "zustand", "statut", "état", "avancement", "estado"),
    "priority": ("priority", "severity", "tier", "priorität", "priorité", "prioridad"),
    "effort": ("effort", "estimate", "estimated effort", "size", "time estimate"),
    "impact": ("business impact", "impact", "value"),
    "current_state": ("current state", "current status", "current", "today", "as is"),
    "objectives": ("objectives", "objective", "goal", "goals", "outcome"),
    "problem": ("problem", "issue", "current issue", "why"),
    "solution": ("solution", "recommended solution", "approach"),
    "cost": ("cost", "costs", "estimated cost", "monthly cost", "price", "budget"),
    "saving": ("savings", "saving"),
    "updated_on": ("last updated", "updated", "last review", "last reviewed", "date"),
}  # fmt: skip
NAME_BY_LABEL = {label: name for name, labels in KNOWN_LABELS.items() for label in labels}
PLAIN_LABEL = re.compile(
    r"(?:^|(?<=[ \t]{2})|(?<=[|·•;,(][ \t])|(?<=[|·•;,(]))(?:\*\*|__)?(?P<label>"
    + "|".join(sorted(map(re.escape, NAME_BY_LABEL), key=len, reverse=True))
    + r")(?:\*\*|__)?(?:[ \t]*(?:\([^)]{0,40}\))?[ \t]*:(?:\*\*|__)?[ \t]*|(?<=due)[ \t]+(?=\d))",
    re.I,
)
SEPARATOR = " \t|·•;,("


@dataclass(frozen=True)
class Field:
    """A labelled value: the label as written, the name it goes by ("" if unknown), the value and its place."""

    label: str
    name: str
    value: str
    span: Span


def read_fields(line: str, offset: int = 0) -> tuple[Field, ...]:
    """The labelled values of a line that is made of nothing else."""
    plain = _plain_fields(line, offset)
    if plain:
        return plain
    bold = BOLD_LABEL.match(line)
    if not bold:
        return ()
    label = (bold["inside"] or bold["outside"]).strip()
    return (_field(label, line, bold.end(), len(line), offset),)


def read_label(line: str) -> str:
    """The label of a line that announces what follows, such as "**Success Metrics:**", or ""."""
    found = BOLD_ONLY.match(line)
    if found:
        return found["label"].strip().rstrip(":").strip()
    fields = read_fields(line)
    if len(fields) == 1 and not fields[0].value:
        return fields[0].label
    return ""


def _plain_fields(line: str, offset: int) -> tuple[Field, ...]:
    found = list(PLAIN_LABEL.finditer(line))
    if not found or found[0].start() != 0:
        return ()
    ends = [*(label.start() for label in found[1:]), len(line)]
    return tuple(_field(label["label"], line, label.end(), end, offset) for label, end in zip(found, ends, strict=True))


def _field(label: str, line: str, start: int, end: int, offset: int) -> Field:
    value = line[start:end].rstrip(SEPARATOR + "\r\n")
    if value.endswith(")") and "(" not in value:
        value = value[:-1].rstrip()
    return Field(label, NAME_BY_LABEL.get(label.lower(), ""), value, (offset + start, offset + start + len(value)))
