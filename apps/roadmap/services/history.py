"""Row versions of what is changed by a conditional update, which Django's save does not see."""

from typing import Any

from django.db import models


def remember(row: models.Model, *, actor: Any = None) -> None:
    """Write the row's present values into its history."""
    person = actor if actor is not None and actor.is_authenticated else None
    type(row).history.bulk_history_create([row], update=True, default_user=person)  # type: ignore[attr-defined]
