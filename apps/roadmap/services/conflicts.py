"""Conflicts raised by imports, and how people settle them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit import services as audit
from apps.common.clock import now
from apps.roadmap.exceptions import ChoiceRefused, ConflictSettled
from apps.roadmap.models import Claim, Conflict, Document, DocumentRevision
from apps.roadmap.services.document_values import DERIVED
from apps.roadmap.services.row_values import RELATED, Row, Teams, is_same, read_row, write_related, write_row

SETTLED = "conflict settled"
ConflictKey = tuple[int, int, str]


@dataclass
class Conflicts:
    """The conflicts of one import: those that were open, those it raises, and those it ends."""

    revision: DocumentRevision
    at: datetime
    raised: list[Conflict] = field(default_factory=list)
    changed: list[Conflict] = field(default_factory=list)
    lapsed: list[Conflict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = open_conflicts(self.revision.document)

    def differ(self, row: Row, name: str, *, base: Any, ours: Any, theirs: Any) -> bool:
        """Both changed the value. False: the document says again what it said before the conflict."""
        known = self._open.get(conflict_key(row, name))
        if known is None:
            conflict = Conflict(entry=row, document=self.revision.document, field=name, base=base)
            self.raised.append(conflict)
        elif is_same(name, theirs, known.base):
            self.agree(row, name)
            return False
        else:
            conflict = known
            self.changed.append(known)
        conflict.ours, conflict.theirs, conflict.revision = ours, theirs, self.revision
        conflict.raised_at = self.at
        return True

    def agree(self, row: Row, name: str) -> None:
        """The value is in conflict no longer."""
        known = self._open.pop(conflict_key(row, name), None)
        if known:
            self.lapsed.append(known)

    def vanish(self, row: Row) -> None:
        """The document no longer holds the entry."""
        for _, _, name in [key for key in self._open if key[:2] == conflict_key(row, "")[:2]]:
            self.agree(row, name)

    def save(self, actor: Any) -> None:
        """Write them, once their rows are saved, with an audit event for each that lapsed."""
        Conflict.objects.bulk_create(self.raised)
        Conflict.objects.bulk_update(self.changed, ["ours", "theirs", "revision", "raised_at"])
        for conflict in self.lapsed:
            conflict.settle(Conflict.Choice.LAPSED, at=self.at)
        for conflict in self.lapsed:
            entry: Any = conflict.entry
            action = f"{entry._meta.model_name}.conflict_lapsed"
            audit.record(action=action, subject=entry, actor=actor, details={"field": conflict.field})


def open_conflicts(document: Document) -> dict[ConflictKey, Conflict]:
    """What nobody settled yet, by entry and field."""
    still_open = Conflict.objects.open().filter(document=document).order_by("pk")
    return {(each.content_type_id, each.object_id, each.field): each for each in still_open}


def conflict_key(row: Row, name: str) -> ConflictKey:
    """What a conflict is found by."""
    return ContentType.objects.get_for_model(row).pk, row.pk, name


def value_seen(conflict: Conflict) -> str:
    """What a person decides about: the digest of both values as they are now."""
    entry: Any = conflict.entry
    values = [read_row(entry, conflict.field), conflict.theirs]
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


@transaction.atomic
def settle_conflict(
    *, conflict: Conflict, choice: str, value: str | None = None, seen: str | None = None, actor: Any = None
) -> None:
    """Keep ours, take theirs, or write another text. Raises ConflictSettled when that was decided meanwhile.

    `seen` is the digest of the values that the person chose between; without it any are taken as seen.
    """
    row = _locked_entry(conflict)
    conflict.refresh_from_db()
    if conflict.settled_at:
        raise ConflictSettled(f"“{conflict}” was settled meanwhile; nothing was changed.")
    if seen is not None and seen != value_seen(conflict):
        raise ConflictSettled(f"“{conflict}” has other values by now: look again before you decide.")
    was = read_row(row, conflict.field)
    for name, chosen in _chosen_values(conflict, row, choice, value).items():
        _put(row, name, chosen)
    _save(row, actor)
    if not conflict.settle(choice, at=now(), by=actor):
        raise ConflictSettled(f"“{conflict}” was settled meanwhile; nothing was changed.")
    details = {"field": conflict.field, "choice": choice, "from": was, "to": read_row(row, conflict.field)}
    audit.record(action=f"{row._meta.model_name}.conflict_settled", subject=row, actor=actor, details=details)


def _locked_entry(conflict: Conflict) -> Any:
    model = conflict.content_type.model_class()
    row = model and model._default_manager.select_for_update().filter(pk=conflict.object_id).first()
    if row is None:
        raise ConflictSettled("The entry is gone; there is nothing to settle.")
    conflict.entry = row
    return row


def _chosen_values(conflict: Conflict, row: Row, choice: str, value: str | None) -> dict[str, Any]:
    """The values to write. What is read out of a text goes with it."""
    name = conflict.field
    if choice == Conflict.Choice.OURS:
        return {}
    if choice == Conflict.Choice.THEIRS:
        derived = [each for each, source in DERIVED.items() if source == name and each in row.imported]
        return {name: conflict.theirs} | {each: row.imported[each] for each in derived}
    if choice != Conflict.Choice.OTHER:
        raise ChoiceRefused(f"choice: there is no {choice!r}. Choose ours, theirs or other.")
    if not takes_text(conflict):
        raise ChoiceRefused(f"{conflict.field_words}: choose one of the two values; change it on the entry's own page.")
    words = " ".join((value or "").split())
    if not words:
        raise ChoiceRefused(f"{conflict.field_words}: write the value to take.")
    return {name: words}


def takes_text(conflict: Conflict) -> bool:
    """Whether another value can be typed: only where the value is free text."""
    model = conflict.content_type.model_class()
    if not isinstance(conflict.theirs, str) or model is None:
        return False
    return not model._meta.get_field(conflict.field).choices  # type: ignore[union-attr]


def _put(row: Any, name: str, value: Any) -> None:
    if name in RELATED:
        write_related(row, {name: value}, Teams())
        return
    write_row(row, name, value)
    if name != "target":
        try:
            row._meta.get_field(name).clean(getattr(row, name), row)
        except ValidationError as error:
            raise ChoiceRefused(f"{name.replace('_', ' ')}: {' '.join(error.messages)}") from error


def _save(row: Any, actor: Any) -> None:
    row._history_user, row._change_reason = actor, SETTLED
    row.save()


def value_words(name: str, value: Any) -> str:
    """A value as a person reads it."""
    if value in (None, "", []):
        return "nothing"
    if name == "claim":
        return str(Claim(value).label)
    if name == "target":
        return value[0] if value[0] == value[1] else f"{value[0]} to {value[1]}"
    if isinstance(value, list):
        return _listed(value)
    return str(value)


def _listed(values: Iterable[Any]) -> str:
    return "; ".join(str(each[-1]) if isinstance(each, list) else str(each) for each in values)
