"""Row versions of what is changed by a conditional update or many at once, which Django's save does not see."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models

from apps.common.clock import now
from apps.roadmap.selectors.versions import history_of

CREATED, CHANGED = "+", "~"
_RELATED = """
INSERT INTO {versions} (history_id, {own}, {other}, id)
SELECT newest.history_id, present.{own}, present.{other}, present.id FROM {present} AS present
JOIN (SELECT id, max(history_id) AS history_id FROM {history} WHERE id = ANY(%s) GROUP BY id) AS newest
    ON newest.id = present.{own}
"""


def remember(row: models.Model, *, actor: Any = None) -> None:
    """Write the row's present values into its history."""
    remember_all([row], CHANGED, actor=actor)
    remember_related([row])


def remember_all(rows: Sequence[models.Model], change: str, *, actor: Any = None, reason: str | None = None) -> None:
    """Write one version each of rows of one kind, with the values that are stored: the caller's may be older."""
    if not rows:
        return
    history = history_of(type(rows[0]))
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
    history = history_of(type(rows[0]))
    keys = [row.pk for row in rows]
    with connection.cursor() as cursor:
        for field in history._history_m2m_fields:
            question = _RELATED.format(
                versions=getattr(history, field.name).model._meta.db_table,
                history=history._meta.db_table,
                present=field.m2m_db_table(),
                own=field.m2m_column_name(),
                other=field.m2m_reverse_name(),
            )
            cursor.execute(question, [keys])
