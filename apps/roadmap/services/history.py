"""Row versions of what is changed by a conditional update or many at once, which Django's save does not see."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models import Max


def remember(row: models.Model, *, actor: Any = None) -> None:
    """Write the row's present values into its history."""
    person = actor if actor is not None and actor.is_authenticated else None
    present = type(row)._default_manager.get(pk=row.pk)  # the caller's may hold older values of other fields
    type(row).history.bulk_history_create([present], update=True, default_user=person)  # type: ignore[attr-defined]
    remember_related([present])


def remember_related(rows: Sequence[models.Model]) -> None:
    """Complete the newest version of each row, all of one kind, by the owners, people and labels that it has now."""
    if not rows:
        return
    manager: Any = type(rows[0]).history  # type: ignore[attr-defined]
    keys = [row.pk for row in rows]
    newest = dict(manager.filter(id__in=keys).values_list("id").annotate(Max("history_id")))
    for field in manager.model._history_m2m_fields:
        own, other = field.m2m_column_name(), field.m2m_reverse_name()
        version = getattr(manager.model, field.name).model
        through = field.remote_field.through._default_manager.filter(**{f"{own}__in": keys})
        version.objects.bulk_create(
            version(**{"history_id": newest[pair[0]], own: pair[0], other: pair[1], "id": pair[2]})
            for pair in through.values_list(own, other, "pk")
        )
