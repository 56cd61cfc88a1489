"""Risks with their mitigations, and what things cost."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from apps.roadmap.models.assignments import WorkedEntry
from apps.roadmap.models.entries import Entry
from apps.roadmap.models.milestones import WorkItem


class Risk(WorkedEntry, Entry):
    """What may go wrong, what it would do, and what is done about it."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        MITIGATED = "mitigated", "Mitigated"
        ACCEPTED = "accepted", "Accepted"

    title = models.CharField(max_length=300)
    description = models.TextField("risk", blank=True)
    impact = models.TextField(blank=True)
    severity = models.CharField(max_length=10, choices=Severity, blank=True)
    likelihood = models.CharField(max_length=10, choices=Severity, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)

    history = HistoricalRecords(m2m_fields=["owners", "assignees", "labels"])

    class Meta(Entry.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class Mitigation(models.Model):
    """One thing done against a risk."""

    class Kind(models.TextChoices):
        MITIGATION = "mitigation", "Mitigation"
        CONTROL = "control", "Control"

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="mitigations")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MITIGATION)
    text = models.CharField(max_length=500)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["risk", "position", "pk"]

    def __str__(self) -> str:
        return self.text


class CostLine(Entry):
    """What something costs, or saves, in a period."""

    class Kind(models.TextChoices):
        FREE = "free", "Free"
        PAID = "paid", "Paid"
        ADDITION = "addition", "Addition"
        SAVING = "saving", "Saving"
        TIER = "tier", "Tier"
        COMPARISON = "comparison", "Comparison"
        TOTAL = "total", "Total"

    work_item = models.ForeignKey(WorkItem, models.SET_NULL, null=True, blank=True, related_name="cost_lines")
    label = models.CharField(max_length=300)
    text = models.TextField(blank=True, help_text="The line as it stands.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PAID)
    amount_minimum = models.DecimalField("from", max_digits=14, decimal_places=4, null=True, blank=True)
    amount_maximum = models.DecimalField("to", max_digits=14, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    period = models.CharField(max_length=20, blank=True, help_text="Such as month; empty for once, or not said.")

    history = HistoricalRecords()

    class Meta(Entry.Meta):
        verbose_name = "cost line"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_maximum__isnull=True) | Q(amount_maximum__gte=F("amount_minimum")),
                name="roadmap_cost_line_amounts_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.label
