"""What people want to see in each restored copy of a database."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from apps.backups.engines import checks

from .databases import Database, Engine

# EXPLAIN and a restored copy are given one question, never an order.
IS_A_QUESTION = RegexValidator(r"(?i)^\s*(select|with|values|table)\b", "Write one SELECT.")
CHECKED_ENGINES = [Engine.POSTGRESQL]
NEEDED_FIELDS = {
    "sql": ["sql"],
    "canary": ["table", "column", "value"],
    "freshness": ["table", "column", "maximum_age"],
}


class CheckKind(models.TextChoices):
    """How a check asks."""

    SQL = "sql", "SQL: its first value is not false, 0 or empty"
    CANARY = "canary", "Canary: a row with this value is there"
    FRESHNESS = "freshness", "Freshness: the newest value was young at backup time"


class Check(models.Model):
    """One question that every drill asks the restored copy; a wrong answer refutes the backup."""

    database = models.ForeignKey(Database, models.CASCADE, related_name="checks")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=CheckKind, default=CheckKind.SQL)
    sql = models.TextField("SQL", blank=True, validators=[IS_A_QUESTION], help_text="One SELECT, of any table.")
    table = models.CharField(max_length=130, blank=True, help_text="With its schema, such as sales.customer.")
    column = models.CharField(max_length=63, blank=True)
    value = models.CharField(max_length=500, blank=True, help_text="Of a canary, as text.")
    maximum_age = models.DurationField(null=True, blank=True, help_text="Such as 1 00:00:00 for a day.")
    is_enabled = models.BooleanField("enabled", default=True)

    class Meta:
        ordering = ["database", "name"]
        constraints = [
            models.UniqueConstraint(fields=["database", "name"], name="backups_check_named_once"),
            models.CheckConstraint(
                condition=(Q(kind=CheckKind.SQL) & ~Q(sql=""))
                | (Q(kind=CheckKind.CANARY) & ~Q(table="") & ~Q(column=""))
                | (
                    Q(kind=CheckKind.FRESHNESS, maximum_age__isnull=False, maximum_age__gt=timedelta(0))
                    & ~Q(table="")
                    & ~Q(column="")
                ),
                name="backups_check_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def question(self) -> checks.Check:
        """The check as an engine takes it."""
        return checks.Check(
            name=self.name,
            kind=checks.CheckKind(self.kind),
            sql=self.sql,
            table=self.table,
            column=self.column,
            value=self.value,
            maximum_age=self.maximum_age,
        )

    def clean(self) -> None:
        missing = [name for name in NEEDED_FIELDS.get(self.kind, []) if not getattr(self, name)]
        if missing:
            raise ValidationError(dict.fromkeys(missing, "This kind of check needs it."))
        if self.maximum_age is not None and self.maximum_age <= timedelta(0):
            raise ValidationError({"maximum_age": "An age is longer than nothing."})
