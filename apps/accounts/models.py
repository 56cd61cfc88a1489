"""Staff users and their API tokens."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.common.clock import now


class UserManager(BaseUserManager["User"]):
    """Creates users. An e-mail address is the same in any case of letters."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Add a user who may sign in; without a password only by other means."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Add a user who may do everything."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person on the staff. Signs in by e-mail address; roles are groups."""

    email = models.EmailField("e-mail address", unique=True)
    full_name = models.CharField(max_length=200, blank=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May sign in to the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Clear this instead of deleting a person.")
    date_joined = models.DateTimeField("joined", default=now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique")]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.email


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Named filters of tokens."""

    def valid(self, at: datetime) -> Self:
        """Neither revoked nor expired."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at__isnull=True)


class ApiToken(models.Model):
    """A secret that signs a program in as its owner. Only a digest is kept; the secret is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What uses the token.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="The token's first characters.")
    created_at = models.DateTimeField("created", default=now, editable=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    last_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def revoke(self, *, at: datetime) -> bool:
        """End the token. False means that it had ended before."""
        return ApiToken.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=at) == 1

    def note_use(self, *, at: datetime) -> None:
        """Remember the use, to the minute: a busy token does not write a row for each request."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - timedelta(minutes=1))
        ApiToken.objects.filter(stale, pk=self.pk).update(last_used_at=at)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Named filters of notices."""

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def to_mail(self, at: datetime) -> Self:
        """Those whose mail is due, the oldest first."""
        return self.filter(mailed_at__isnull=True, mail_due_at__lte=at).order_by("mail_due_at", "pk")


class Notice(models.Model):
    """Something a person should know. It stays in the admin until read, and is mailed once where mail is set up."""

    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices")
    key = models.CharField(max_length=200, editable=False, help_text="What it is about: a person hears of it once.")
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=500, blank=True, help_text="Where to look: an address within Seaworthy.")
    created_at = models.DateTimeField("created", default=now, editable=False)
    read_at = models.DateTimeField("read", null=True, blank=True, editable=False)
    mail_due_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Empty: it is not mailed.")
    mailed_at = models.DateTimeField("mailed", null=True, blank=True, editable=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    mail_error = models.CharField(max_length=300, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="accounts_notice_once")]
        indexes = [
            models.Index(fields=["mail_due_at"], condition=Q(mailed_at__isnull=True), name="accounts_notice_to_mail")
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_of_this_site(self) -> bool:
        """Whether its path leads to a page of Seaworthy, and nowhere else."""
        return self.path.startswith("/") and not self.path.startswith(("//", "/\\"))

    def read(self, *, at: datetime) -> bool:
        """Note that the person has seen it. False: it was noted before."""
        return Notice.objects.unread().filter(pk=self.pk).update(read_at=at) == 1
