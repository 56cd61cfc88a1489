"""What stands beside an entry: comments, links, and which milestones wait for which."""

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from apps.roadmap.models import Comment, Dependency, Entry, Link, Milestone


def comments_of(entry: Entry) -> QuerySet[Comment]:
    """What people said about it, the oldest first."""
    return Comment.objects.filter(content_type=_kind(entry), object_id=entry.pk).select_related("author")


def links_of(entry: Entry) -> QuerySet[Link]:
    """Its addresses on the web."""
    return Link.objects.filter(content_type=_kind(entry), object_id=entry.pk)


def waits_for(milestone: Milestone) -> QuerySet[Dependency]:
    """The milestones that have to be reached before it."""
    return milestone.waits_for.select_related("predecessor__service")


def followed_by(milestone: Milestone) -> QuerySet[Dependency]:
    """The milestones that wait for it."""
    return milestone.followed_by.select_related("successor__service")


def _kind(entry: Entry) -> ContentType:
    return ContentType.objects.get_for_model(entry)
