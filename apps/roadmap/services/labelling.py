"""Labels, each with its audit event."""

from typing import Any

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.roadmap.exceptions import LabelExists
from apps.roadmap.models import Label


@transaction.atomic
def save_label(*, name: str, colour: str = Label.Colour.QUIET, actor: Any = None) -> Label:
    """Add a label. Raises LabelExists, in whatever case the name is written."""
    try:
        with transaction.atomic():
            label = Label.objects.create(name=name, colour=colour)
    except IntegrityError as error:
        raise LabelExists(f"There is a label “{name}” already.") from error
    audit.record(action="label.added", subject=label, actor=actor, details={"colour": colour})
    return label


@transaction.atomic
def delete_label(*, label: Label, actor: Any = None) -> None:
    """Take a label away, also from the entries that carry it."""
    Label.objects.filter(pk=label.pk).delete()
    audit.record(action="label.deleted", subject=label, actor=actor)
