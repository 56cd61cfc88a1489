"""Comments on entries, and telling those whom they mention."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.common.addresses import change_address
from apps.common.clock import now
from apps.roadmap.engines.mentions import read_mentions
from apps.roadmap.exceptions import CommentRefused, NotYours
from apps.roadmap.models import Comment, Entry
from apps.roadmap.models.comments import EDITABLE_FOR

LONGEST_COMMENT = 10_000
MOST_MENTIONS = 20


@transaction.atomic
def add_comment(*, entry: Entry, text: str, author: User, at: datetime | None = None) -> Comment:
    """Say something about an entry, and tell whom it mentions. Raises CommentRefused."""
    comment = Comment.objects.create(entry=entry, author=author, text=_checked(text), written_at=at or now())
    _tell_mentioned(comment)
    audit.record(action="comment.added", subject=comment, actor=author, details=_about(comment))
    return comment


@transaction.atomic
def edit_comment(*, comment: Comment, text: str, actor: User, at: datetime | None = None) -> None:
    """Correct a comment of one's own, within a quarter of an hour. Raises NotYours and CommentRefused."""
    _check_author(comment, actor)
    if not comment.edit(_checked(text), at=at or now()):
        minutes = EDITABLE_FOR.total_seconds() / 60
        raise CommentRefused(f"A comment can be changed for {minutes:.0f} minutes after it was written.")
    _tell_mentioned(comment)
    audit.record(action="comment.edited", subject=comment, actor=actor, details=_about(comment))


@transaction.atomic
def delete_comment(*, comment: Comment, actor: User, at: datetime | None = None) -> None:
    """Take back a comment of one's own; that there was one stays. Raises NotYours and CommentRefused."""
    _check_author(comment, actor)
    if not comment.delete_text(at=at or now()):
        raise CommentRefused("The comment is deleted already.")
    audit.record(action="comment.deleted", subject=comment, actor=actor, details=_about(comment))


def people_called(names: Iterable[str]) -> list[User]:
    """The active staff of those names: e-mail addresses, their parts before the @, or full names, in any case."""
    wanted = Q()
    for name in list(names)[:MOST_MENTIONS]:
        wanted |= Q(email__iexact=name) if "@" in name else Q(email__istartswith=f"{name}@") | Q(full_name__iexact=name)
    return list(User.objects.filter(wanted, is_active=True, is_staff=True)) if wanted else []


def _tell_mentioned(comment: Comment) -> None:
    people = people_called(read_mentions(comment.text))
    comment.mentioned.set(people)
    notify(
        recipients=[person for person in people if person != comment.author],
        key=f"comment:{comment.pk}",
        subject=f"{comment.author} mentions you at “{comment.entry}”",
        text=comment.text,
        path=f"{change_address(comment.entry)}#comment-{comment.pk}",
    )


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise CommentRefused("text: write something, or leave it.")
    if len(text) > LONGEST_COMMENT:
        raise CommentRefused(f"text: {len(text)} characters are too many; {LONGEST_COMMENT} fit.")
    if "\x00" in text:
        raise CommentRefused("text: it holds a NUL character.")
    return text


def _check_author(comment: Comment, actor: User) -> None:
    if comment.author != actor:
        raise NotYours("Only who wrote a comment can change or delete it.")


def _about(comment: Comment) -> dict[str, Any]:
    return {"about": f"{comment.entry._meta.label_lower} {comment.object_id}", "entry": str(comment.entry)}
