"""Badges that anybody who knows their address may see."""

import secrets

from django.conf import settings
from django.db import models

from apps.catalog.models import Environment
from apps.common.clock import now


def make_badge_token() -> str:
    """A token for an address: it opens nothing but the badge."""
    return secrets.token_urlsafe(24)


class PublicBadge(models.Model):
    """The address under which an environment's badge is shown to everybody. Deleting the row switches it off."""

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="public_badge")
    token = models.CharField(max_length=64, unique=True, default=make_badge_token, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = "public badge"

    def __str__(self) -> str:
        return f"Badge of {self.environment}"
