"""Comments on entries, and telling those whom they mention."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.common.clock import now
from apps.roadmap.engines.mentions import read_mentions
from apps.roadmap.exceptions import CommentRefused, NotYours
from apps.roadmap.models import Comment
from apps.roadmap.selectors.about import comments_of
from apps.roadmap.services.discussing import add_comment, delete_comment, edit_comment, people_called


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@olga, look", ["olga"]),
        ("ask @Olga.", ["olga"]),
        ("(@olga) and @sam+test", ["olga", "sam+test"]),
        ('@"Olga Operator": yes', ["olga operator"]),
        ("@olga@example.org", ["olga@example.org"]),
        ("mail olga@example.org", []),
        ("@olga @olga", ["olga"]),
        ("a @ b, @", []),
    ],
)
def test_names_are_read_from_a_text(text, names):
    assert read_mentions(text) == names


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert all(read_mentions(text))


def test_a_mention_reaches_its_person_once(criterion, olga, sam, eve):
    comment = add_comment(entry=criterion, text='@sam and @"olga operator" and @eve: who does it?', author=olga)

    assert set(comment.mentioned.all()) == {olga, sam}  # eve is no staff
    notice = Notice.objects.get()
    assert (notice.recipient, notice.text) == (sam, comment.text)
    assert notice.subject == f"Olga Operator mentions you at “{criterion}”"
    assert notice.path == f"/admin/roadmap/criterion/{criterion.pk}/change/#comment-{comment.pk}"
    edit_comment(comment=comment, text="@sam: you, please", actor=olga)
    assert Notice.objects.count() == 1


def test_who_is_inactive_is_not_called(olga, sam):
    User.objects.filter(pk=sam.pk).update(is_active=False)

    assert people_called(["sam", "olga"]) == [olga]
    assert people_called([]) == []


def test_a_comment_is_changed_for_a_quarter_of_an_hour(criterion, olga):
    at = now()
    comment = add_comment(entry=criterion, text="Frist", author=olga, at=at)
    edit_comment(comment=comment, text="First", actor=olga, at=at + timedelta(minutes=14, seconds=59))
    assert (comment.text, comment.edited_at) == ("First", at + timedelta(minutes=14, seconds=59))

    with pytest.raises(CommentRefused, match="for 15 minutes"):
        edit_comment(comment=comment, text="Later", actor=olga, at=at + timedelta(minutes=15))
    assert Comment.objects.get().text == "First"


def test_only_the_author_changes_or_deletes(criterion, olga, sam):
    comment = add_comment(entry=criterion, text="Mine", author=olga)
    with pytest.raises(NotYours, match="Only who wrote"):
        edit_comment(comment=comment, text="Theirs", actor=sam)
    with pytest.raises(NotYours, match="Only who wrote"):
        delete_comment(comment=comment, actor=sam)
    assert comments_of(criterion).get().text == "Mine"


def test_a_deleted_comment_leaves_its_place(criterion, olga):
    comment = add_comment(entry=criterion, text="Secret by mistake", author=olga)
    delete_comment(comment=comment, actor=olga)

    kept = comments_of(criterion).get()
    assert (kept.text, kept.author, kept.deleted_at is None) == ("", olga, False)
    with pytest.raises(CommentRefused, match="deleted already"):
        delete_comment(comment=comment, actor=olga)
    with pytest.raises(CommentRefused):
        edit_comment(comment=comment, text="Back", actor=olga)
    trail = AuditEvent.objects.filter(subject_type="roadmap.comment").order_by("pk")
    assert [event.action for event in trail] == ["comment.added", "comment.deleted"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 10_001, "a\x00b"])
def test_what_is_no_text_is_refused_and_nothing_written(criterion, olga, text):
    with pytest.raises(CommentRefused, match="text:"):
        add_comment(entry=criterion, text=text, author=olga)
    assert not Comment.objects.exists()


def test_the_database_keeps_no_text_of_a_deleted_comment(criterion, olga):
    add_comment(entry=criterion, text="Here", author=olga)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.update(deleted_at=now())
