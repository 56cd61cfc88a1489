"""The columns of a model, for questions in plain SQL."""

from django.db.models import Model


def columns_of(model: type[Model], alias: str) -> str:
    """Each column by its name: what PostgreSQL prepared with a star fails once a migration adds a column."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)
