"""The weekly digest of each person: what decayed, what is due, what is contradicted."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.audit import services as audit
from apps.common import runs
from apps.common.clock import Clock, now
from apps.common.mail import send_mail
from apps.common.slots import CronSlots
from apps.dashboards.exceptions import NobodyToMail
from apps.dashboards.models import DigestRefusal, DigestRun
from apps.dashboards.selectors.digest import Digest, weekly_digest
from apps.roadmap.services.summarising import bring_up_to_date

WEEKLY = CronSlots(starts_at=datetime(2024, 1, 1, tzinfo=UTC), expression="0 7 * * 1")
CAUGHT_UP_FOR = timedelta(days=2)  # an older digest would be no news


def queue_digests(*, at: datetime) -> None:
    """Add this week's digest for each person who wants one, once."""
    due = WEEKLY.due(after=at - CAUGHT_UP_FOR, until=at)
    if not due or not settings.MAIL_IS_SENT:
        return
    slot = due[-1]
    people = User.objects.filter(is_active=True, is_staff=True, date_joined__lte=slot, digest_refusal__isnull=True)
    without = people.exclude(digests__scheduled_for=slot)
    rows = [DigestRun(recipient=person, scheduled_for=slot, queued_at=at) for person in without]
    DigestRun.objects.bulk_create(rows, ignore_conflicts=True)


def mail_digest(*, run: DigestRun, clock: Clock = now) -> bool:
    """Mail the digest, if it says anything. False means that another worker has the run."""
    return runs.carry_out(run, lambda: _deliver(run, clock()), lambda items: {"items": items}, clock=clock)


@transaction.atomic
def choose_digest(*, person: User, is_wanted: bool) -> None:
    """Note whether the person wants the weekly digest."""
    if is_wanted:
        changed = DigestRefusal.objects.filter(person=person).delete()[0]
    else:
        changed = DigestRefusal.objects.get_or_create(person=person)[1]
    if changed:
        audit.record(action="digest.switched_on" if is_wanted else "digest.switched_off", subject=person, actor=person)


def _deliver(run: DigestRun, at: datetime) -> int:
    person = run.recipient
    if DigestRefusal.objects.filter(person=person).exists() or not person.is_active:
        raise NobodyToMail(f"{person} wants no digest any more.")
    bring_up_to_date()
    digest = weekly_digest(person=person, at=at)
    if digest.items:
        context = {"digest": digest, "site": settings.SITE_URL, "person": person}
        text, html = (render_to_string(f"dashboards/mail/digest.{kind}", context) for kind in ("txt", "html"))
        send_mail(to=person.email, subject=_subject(digest), text=text, html=html)
    return digest.items


def _subject(digest: Digest) -> str:
    said = [f"{len(part.lines)} {part.title.lower()}" for part in digest.parts]
    return f"Your week in Seaworthy: {', '.join(said[:3])}"
