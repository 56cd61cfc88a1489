"""A voyage with a past: targets that moved, claims and evidence over weeks, and what waits for what."""

from datetime import UTC, date, datetime, timedelta

from apps.catalog.models import Environment
from apps.evidence.contract import Observation
from apps.evidence.services import record_observation
from apps.roadmap.models import Criterion, Dependency, Milestone, WorkItem
from apps.roadmap.models.entries import Entry
from tests.dashboards.voyage import Recovery, Voyage, sail

RISKS = [
    ("The certificate runs out unseen", "high", "critical", "open"),
    ("Two releases at once", "medium", "high", "open"),
    ("Two operators restore at once", "medium", "high", "mitigated"),
    ("The log disk fills up", "high", "low", "accepted"),
    ("A key is lost", "", "critical", "open"),
]

COSTS = [
    ("Tracing", 100, 240, "USD", "month", "paid"),
    ("Licence", 600, None, "EUR", "year", "paid"),
    ("Audit", 4000, 6000, "EUR", "", "paid"),
    ("Calls", 1, 1, "USD", "1000 requests", "paid"),
    ("All together", 150, 350, "USD", "month", "total"),
]


def rewrite_history(entry: Entry, *versions: tuple[datetime, dict[str, object]]) -> None:
    """Give the entry these versions instead of its own, the oldest first; the last one is how it stays."""
    kind = type(entry)
    kind.history.filter(id=entry.pk).delete()
    for number, (at, values) in enumerate(versions):
        for name, value in values.items():
            setattr(entry, name, value)
        entry._history_date = at
        entry.save()
        del entry._history_date
        kind.history.filter(id=entry.pk, history_date=at).update(history_type="~" if number else "+")


def with_past(environment: Environment, *, now: datetime) -> Voyage:
    """The voyage of the pages, eighty days later than it began."""
    voyage = sail(environment, now=now)
    milestones = {each.code: each for each in Milestone.objects.filter(service=voyage.service)}
    today = now.date()
    _plan(milestones["M2"], today, -60, -45, -38)
    _plan(milestones["M4"], today, -30, -16)
    _plan(milestones["M6"], today, -3, 6, 27, 20)
    period(milestones["M0"], today - timedelta(days=75), today - timedelta(days=59), "day")
    last_month = today.replace(day=1) - timedelta(days=1)
    period(milestones["M3"], last_month.replace(day=1), last_month, "month")
    for before, after in [("M0", "M1"), ("M1", "M2"), ("M2", "M3"), ("M3", "M5"), ("M4", "M5"), ("M5", "M6")]:
        Dependency.objects.create(predecessor=milestones[before], successor=milestones[after])
    Dependency.objects.create(predecessor=milestones["M6"], successor=milestones["M4"])
    _prove(voyage, today)
    for title, likelihood, grade, status in RISKS:
        voyage.risk(title, likelihood=likelihood, severity=grade, status=status)
    item = WorkItem.objects.create(service=voyage.service, position=900, title="Observability", priority="critical")
    for label, low, high, currency, per, kind in COSTS:
        amounts = {"amount_minimum": low, "amount_maximum": high, "currency": currency}
        voyage.cost(label, kind=kind, period=per, work_item=item if kind == "paid" else None, **amounts)
    return voyage


def seen(voyage: Voyage, criterion: Criterion, *, seconds: float, at: datetime) -> None:
    """Let the plug-in have seen a recovery of that length then."""
    observation = Observation({"seconds": seconds}, at, str(criterion), summary=f"Recovered in {seconds:g} s")
    parameters = {"of": str(criterion.pk)}
    record_observation(
        environment=voyage.environment, key=Recovery.key, observation=observation, parameters=parameters, at=at
    )


def _prove(voyage: Voyage, today: date) -> None:
    """Claims that came one by one, and evidence that was asked every day: it failed, was late and stopped."""
    noon = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    for number, criterion in enumerate(Criterion.objects.filter(service=voyage.service).order_by("pk")):
        begun, done = noon - timedelta(days=78 - 5 * number), noon - timedelta(days=55 - 6 * number)
        versions = [(begun, {"claim": "todo"})]
        if criterion.claim == "done":
            versions.append((done, {"claim": "done"}))
        rewrite_history(criterion, *versions)
        bound = criterion.bindings.exists()
        for day in range(60 - 4 * number, 0, -1) if bound else ():
            if day % 13 == number % 13 or (number == 3 and day < 6):
                continue  # nobody looked
            seconds = 5000 if (day + number) % 17 == 0 or (number == 5 and day < 4) else 300 + day
            seen(voyage, criterion, seconds=seconds, at=noon - timedelta(days=day, minutes=7 * number))


def period(milestone: Milestone, starts_on: date, on: date, precision: str) -> None:
    """Let the milestone be due within a period."""
    milestone.target_starts_on, milestone.target_on, milestone.target_precision = starts_on, on, precision
    milestone.save()


def _plan(milestone: Milestone, today: date, *due_in_days: int) -> None:
    """Let the milestone be due on these days one after the other, moved a week apart."""
    targets = [today + timedelta(days=days) for days in due_in_days]
    at = datetime.combine(today, datetime.min.time()).astimezone() - timedelta(weeks=len(targets) + 4)
    rewrite_history(milestone, *((at + timedelta(weeks=n), {"target_on": on}) for n, on in enumerate(targets)))
