"""Row versions of what is changed by a conditional update or many at once, which Django's save does not see."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Max

from apps.common.clock import now

CREATED, CHANGED = "+", "~"


def remember(row: models.Model, *, actor: Any = None) -> None:
    """Write the row's present values into its history."""
    remember_all([row], CHANGED, actor=actor)
    remember_related([row])


def remember_all(rows: Sequence[models.Model], change: str, *, actor: Any = None, reason: str | None = None) -> None:
    """Write one version each of rows of one kind, with the values that are stored: the caller's may be older."""
    if not rows:
        return
    history: Any = type(rows[0]).history.model  # type: ignore[attr-defined]
    person = actor if actor is not None and actor.is_authenticated else history.get_default_history_user(None)
    said = {
        "history_date": now(),
        "history_type": change,
        "history_change_reason": reason,
        "history_user_id": person and person.pk,
    }
    columns = ", ".join(f'"{field.column}"' for field in history.tracked_fields)
    into = f'INSERT INTO "{history._meta.db_table}" ({columns}, {", ".join(said)})'
    values = f'SELECT {columns}, {", ".join(["%s"] * len(said))} FROM "{rows[0]._meta.db_table}"'  # noqa: S608 - names of models
    keys = [row.pk for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(f'{into} {values} WHERE "id" = ANY(%s) ORDER BY "id"', [*said.values(), keys])


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
