"""Who can decrypt backups."""

from datetime import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from apps.common.clock import now
from apps.common.fields import EncryptedTextField

PUBLIC_KEY = r"^age1[a-z0-9]{58}$"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Named filters of recipients."""

    def active(self) -> Self:
        """New backups are encrypted to them."""
        return self.filter(retired_at__isnull=True)

    def escrowed(self) -> Self:
        """Their identity lies where a worker can read it, outside Seaworthy's own database."""
        return self.exclude(identity_file="")

    def lost(self) -> Self:
        """Nobody has their identity any more."""
        return self.filter(lost_at__isnull=False)


class Recipient(models.Model):
    """One age key (X25519) that backups are encrypted to. An offline one is for the day when all else is lost."""

    name = models.SlugField(unique=True)
    public_key = models.CharField(
        max_length=80, unique=True, validators=[RegexValidator(PUBLIC_KEY, "An age public key starts with age1.")]
    )
    is_offline = models.BooleanField(
        "offline recovery key", default=False, help_text="Its identity is kept in escrow, not here."
    )
    identity = EncryptedTextField(
        blank=True, help_text="AGE-SECRET-KEY-1..., encrypted at rest and never shown again. Empty for an offline key."
    )
    identity_file = models.CharField(
        max_length=500, blank=True, help_text="Where a custody drill finds the escrowed identity on the worker."
    )
    added_at = models.DateTimeField("added", default=now, editable=False)
    retired_at = models.DateTimeField("retired", null=True, blank=True, editable=False)
    lost_at = models.DateTimeField(
        "lost", null=True, blank=True, editable=False, help_text="Nobody has the identity any more."
    )
    proven_at = models.DateTimeField(
        "last decrypted a backup", null=True, editable=False, help_text="In a drill that used this key alone."
    )

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = "key"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_offline=False) | Q(identity=""), name="backups_offline_identity_away"
            ),
            models.CheckConstraint(
                condition=Q(lost_at__isnull=True) | Q(identity="", retired_at__isnull=False),
                name="backups_lost_key_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Whether backups are encrypted to it."""
        if self.lost_at:
            return "lost"
        return "retired" if self.retired_at else "in_use"

    def retire(self, *, at: datetime) -> bool:
        """Encrypt nothing to it any more. False: it was retired before."""
        return self._changed(Recipient.objects.active().filter(pk=self.pk).update(retired_at=at))

    def lose(self, *, at: datetime) -> bool:
        """Nobody has its identity any more. False: that was known before."""
        unlost = Recipient.objects.filter(pk=self.pk, lost_at__isnull=True)
        return self._changed(unlost.update(lost_at=at, retired_at=Coalesce("retired_at", Value(at))))

    def _changed(self, rows: int) -> bool:
        self.refresh_from_db()
        return rows == 1
