"""Teams, services and environments: what readiness is about."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Team(models.Model):
    """Who owns things. The name is what documents write, such as Platform/Infra."""

    name = models.CharField(max_length=100)
    email = models.EmailField("e-mail address", blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="teams")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="catalog_team_name_unique")]

    def __str__(self) -> str:
        return self.name


class Tier(models.TextChoices):
    """How critical a service is. Each tier has its service level objective for availability."""

    A = "A", "A: 99.9 % available"
    B = "B", "B: 99 % available"
    C = "C", "C: 95 % available"


AVAILABILITY_OBJECTIVES = {Tier.A: 99.9, Tier.B: 99.0, Tier.C: 95.0}


class Service(models.Model):
    """Something that goes to production."""

    slug = models.SlugField(unique=True, help_text="Names the service in commands and the API.")
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=1, choices=Tier, default=Tier.B)
    owner = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="services")
    repository_url = models.URLField("repository", blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(tier__in=Tier.values), name="catalog_service_tier_is_known")]

    def __str__(self) -> str:
        return self.name

    @property
    def availability_objective(self) -> float:
        """The service level objective for availability, in percent."""
        return AVAILABILITY_OBJECTIVES[Tier(self.tier)]


class Environment(models.Model):
    """One place where a service runs. Evidence is about an environment."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="environments")
    name = models.SlugField(help_text="Such as production or staging.")
    url = models.URLField("address", blank=True, help_text="Where the service answers in this environment.")
    is_default = models.BooleanField("default", default=False, help_text="The environment a gate is asked about.")

    class Meta:
        ordering = ["service", "-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="catalog_environment_name_unique"),
            models.UniqueConstraint(
                fields=["service"], condition=Q(is_default=True), name="catalog_one_default_environment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service.slug} {self.name}"
