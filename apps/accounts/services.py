"""Writing people and tokens."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts.engines import digest_token, make_token
from apps.accounts.models import ApiToken, Notice, User
from apps.common.clock import now
from apps.common.mail import MailRefused, send_mail

_MAILS_AT_ONCE = 100
_MAIL_ATTEMPTS = 10  # two minutes, four, eight: about a day and a half in all


@transaction.atomic
def issue_token(*, user: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token for the user, and return it with its secret, which is not kept."""
    secret = make_token()
    token = ApiToken.objects.create(
        user=user, name=name, digest=digest_token(secret), hint=secret[:8], expires_at=expires_at
    )
    return token, secret


@transaction.atomic
def create_first_administrator(*, email: str) -> tuple[User, str] | None:
    """Create the first staff account with a random password. None when there is a staff account already."""
    if User.objects.select_for_update().filter(is_staff=True).exists():
        return None
    password = secrets.token_urlsafe(15)
    return User.objects.create_superuser(email, password), password


def notify(
    *, recipients: Iterable[User], key: str, subject: str, text: str, path: str = "", at: datetime | None = None
) -> int:
    """Tell each active person once: the same key again tells nobody twice. Mail follows where mail is set up."""
    at = at or now()
    people = {person.pk: person for person in recipients if person.is_active}
    notices = [
        Notice(
            recipient=person, key=key[:200], subject=subject[:200], text=text, path=path, created_at=at, mail_due_at=at
        )
        for _, person in sorted(people.items())  # in one order: two who tell the same wait, and never for each other
    ]
    before = Notice.objects.filter(recipient__in=people, key=key[:200]).count()
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices) - before


def read_notices(*, recipient: User, up_to: int, at: datetime) -> int:
    """Mark as read what the person had seen: every notice up to the newest one shown. Gives how many were unread."""
    return recipient.notices.unread().filter(pk__lte=up_to).update(read_at=at)


def mail_notices(*, at: datetime | None = None) -> int:
    """Mail what is due, each in a transaction of its own, and give how many were taken by the mail server.

    A mail server that refuses is asked again, later each time; after a day and a half it stays unmailed.
    """
    at = at or now()
    if not settings.MAIL_IS_SENT:
        return 0
    return sum(_mail_next(at) for _ in range(_MAILS_AT_ONCE))


@transaction.atomic
def _mail_next(at: datetime) -> bool:
    due = Notice.objects.to_mail(at).select_related("recipient").select_for_update(skip_locked=True, of=("self",))
    notice = due.first()
    if notice is None:
        return False
    notice.mail_attempts += 1
    try:
        send_mail(to=notice.recipient.email, subject=notice.subject, text=_mail_text(notice))
        notice.mailed_at, notice.mail_error = at, ""
    except MailRefused as error:
        notice.mail_error = error.message[:300]
        is_last = notice.mail_attempts >= _MAIL_ATTEMPTS
        notice.mail_due_at = None if is_last else at + timedelta(minutes=2**notice.mail_attempts)
    notice.save(update_fields=["mail_attempts", "mailed_at", "mail_error", "mail_due_at"])
    return notice.mailed_at is not None


def _mail_text(notice: Notice) -> str:
    return "\n\n".join(filter(None, [notice.text, f"{settings.SITE_URL}{notice.path}" if notice.path else ""]))
