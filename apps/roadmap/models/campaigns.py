"""Campaigns: what many services are to have proven by a day. How far they are is derived when it is read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, IntegerField, Q, When
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from apps.catalog.models import Service, Team, Tier
from apps.evidence.judge import rule_in_words
from apps.evidence.register import UnknownVerifier, find_verifier
from apps.evidence.validation import find_problems
from apps.roadmap.engines.campaigns import CampaignPhase, Weekday, first_instant, last_instant, phase_at

WEEKDAYS = [(int(day), day.label) for day in Weekday]


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Named filters of campaigns."""

    def in_phase(self, phase: str, at: datetime) -> Self:
        """Those in the phase at the instant."""
        today = at.date()
        over = Q(ended_at__lte=at) | Q(target_on__lt=today)
        match phase:
            case CampaignPhase.ENDED:
                return self.filter(over)
            case CampaignPhase.UPCOMING:
                return self.exclude(over).filter(starts_on__gt=today)
            case _:
                return self.exclude(over).filter(starts_on__lte=today)

    def by_urgency(self, at: datetime) -> Self:
        """Those that run or are to come first, the next target first; then those that have ended, the latest first."""
        over = Case(
            When(Q(ended_at__lte=at) | Q(target_on__lt=at.date()), then=1), default=0, output_field=IntegerField()
        )
        distance = Case(When(is_over=0, then=F("target_on")), default=None, output_field=models.DateField())
        return self.alias(is_over=over, next_on=distance).order_by("is_over", "next_on", "-target_on", "name", "pk")

    def with_scope(self) -> Self:
        """With whoever answers for them and the scope they name, in as many queries as for one."""
        return self.select_related("owner").prefetch_related("owner_teams", "services")


class Campaign(models.Model):
    """Asks of each service in its scope that a check's evidence, or that of criteria with certain words, passes."""

    name = models.CharField(max_length=100, help_text="Such as “Proven restores”.")
    sentence = models.CharField(
        max_length=300, help_text="What is to be so: “Every service of tier A has a proven restore by 31 March.”"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="campaigns",
        help_text="Hears of services that nobody owns.",
    )
    verifier_key = models.CharField("check", max_length=100, blank=True)
    phrase = models.CharField(
        "words", max_length=100, blank=True, help_text="Only checks of criteria that hold these words: “load test”."
    )
    parameters = models.JSONField(default=dict, blank=True)
    rule = models.JSONField(null=True, blank=True)
    tiers = ArrayField(models.CharField(max_length=1, choices=Tier), default=list, blank=True)
    owner_teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name="teams")
    services = models.ManyToManyField(Service, blank=True, related_name="campaigns")
    starts_on = models.DateField("from")
    target_on = models.DateField("target", help_text="It ends with this day, in UTC.")
    reminder_weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=WEEKDAYS), default=list, blank=True, verbose_name="reminders on"
    )
    ended_at = models.DateTimeField("ended", null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = CampaignQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[owner_teams, services])

    class Meta:
        ordering = ["target_on", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="roadmap_campaign_once", violation_error_message="There is a campaign of that name."
            ),
            models.CheckConstraint(
                condition=~Q(verifier_key="") | ~Q(phrase=""),
                name="roadmap_campaign_asks_something",
                violation_error_message="Choose a check, or the words of criteria, or both.",
            ),
            models.CheckConstraint(
                condition=~Q(verifier_key="") | Q(parameters={}, rule__isnull=True),
                name="roadmap_campaign_rule_has_a_check",
                violation_error_message="Parameters and a rule need a check.",
            ),
            models.CheckConstraint(
                condition=Q(target_on__gte=F("starts_on")),
                name="roadmap_campaign_ends_after_its_start",
                violation_error_message="The target comes before the start.",
            ),
            models.CheckConstraint(
                condition=Q(tiers__contained_by=Tier.values), name="roadmap_campaign_tiers_are_known"
            ),
            models.CheckConstraint(
                condition=Q(reminder_weekdays__contained_by=[int(day) for day in Weekday]),
                name="roadmap_campaign_weekdays_are_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="roadmap_campaign_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not self.verifier_key:
            return
        problems = find_problems(verifier_key=self.verifier_key, parameters=self.parameters, rule=self.rule, ttl=None)
        if problems:
            raise ValidationError(problems)

    @property
    def ends_at(self) -> datetime:
        """When it is over."""
        return last_instant(self.target_on, self.ended_at)

    def phase(self, at: datetime) -> CampaignPhase:
        """Where it is at the instant."""
        return phase_at(at, starts_on=self.starts_on, ends_at=self.ends_at)

    def read_at(self, at: datetime) -> datetime:
        """The instant it is read at: what came after its end is not its doing."""
        return min(at, self.ends_at)

    @property
    def begins_at(self) -> datetime:
        """When it begins."""
        return first_instant(self.starts_on)

    @property
    def asks_for(self) -> str:
        """The check it asks for, and of which words, as people read it."""
        words = f"criteria that say “{self.phrase}”" if self.phrase else ""
        return " for ".join(filter(None, [self.check_title, words])) if self.verifier_key else words

    @property
    def to_bind(self) -> str:
        """What a service that has no check yet would bind to which."""
        criterion = f"a criterion that says “{self.phrase}”" if self.phrase else "a criterion"
        return f"{criterion} to {self.verifier_key or 'a check'}"

    @property
    def check_title(self) -> str:
        """The title of its check; its key where no app knows it any more."""
        try:
            return find_verifier(self.verifier_key).title if self.verifier_key else ""
        except UnknownVerifier:
            return self.verifier_key

    @property
    def demand(self) -> str:
        """What its rule asks besides, and of what, in words; empty where it asks no more than its check."""
        asked = [rule_in_words(self.rule)] if self.rule else []
        return ", ".join([*asked, *(f"{name.replace('_', ' ')} {value}" for name, value in self.parameters.items())])

    @property
    def reminds_on(self) -> str:
        """The days of its reminders, in words."""
        return ", ".join(Weekday(day).label for day in sorted(self.reminder_weekdays))

    @property
    def scope_in_words(self) -> str:
        """Which services it is about. Ask for it `with_scope`."""
        parts: tuple[tuple[str, Iterable[Any]], ...] = (
            ("of tier", self.tiers),
            ("owned by", self.owner_teams.all()),
            ("namely", self.services.all()),
        )
        named = [(word, ", ".join(map(str, values))) for word, values in parts]
        said = [f"{word} {names}" for word, names in named if names]
        return f"services {', '.join(said)}" if said else "all services"

    def includes(self, service: Service) -> bool:
        """Whether the service is in its scope: each part that names something narrows it."""
        teams, services = {each.pk for each in self.owner_teams.all()}, {each.pk for each in self.services.all()}
        return (
            (not self.tiers or service.tier in self.tiers)
            and (not teams or service.owner_id in teams)
            and (not services or service.pk in services)
        )

    def end(self, *, at: datetime, by: Any) -> bool:
        """End it now, if it still runs or is to come. False: it had ended."""
        running = Campaign.objects.filter(pk=self.pk, ended_at__isnull=True, target_on__gte=at.date())
        ended = running.update(ended_at=at, ended_by=by)
        self.refresh_from_db(fields=["ended_at", "ended_by"])
        return ended == 1
