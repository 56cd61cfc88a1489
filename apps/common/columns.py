"""The columns of a model, for questions in plain SQL."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model


def columns_of(model: type[Model], alias: str, without: Collection[str] = ()) -> str:
    """Each column by its name: what PostgreSQL prepared with a star fails once a migration adds a column."""
    fields = (field for field in model._meta.concrete_fields if field.name not in without)
    return ", ".join(f'{alias}."{field.column}"' for field in fields)


def instances_of(row: Sequence[Any], *models: type[Model]) -> Iterator[Any]:
    """What a row of the columns of several models holds of each; None where an outer join found nothing.

    For fields that are in Python as they are in the database.
    """
    values = iter(row)
    for model in models:
        names = [field.attname for field in model._meta.concrete_fields]
        own = list(islice(values, len(names)))
        yield None if own[0] is None else model.from_db(DEFAULT_DB_ALIAS, names, own)
