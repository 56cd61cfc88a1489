"""Views of lists that people keep."""

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.audit import services as audit
from apps.dashboards.exceptions import NotYourView, ViewExists, ViewRefused
from apps.dashboards.models import SavedView
from apps.dashboards.selectors.admin_lists import checked_query

LONGEST_NAME = 60


@transaction.atomic
def save_view(*, owner: User, of: str, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep a list as it is filtered now. Raises ViewRefused, which names the field, and ViewExists."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise ViewRefused(f"name: from 1 to {LONGEST_NAME} characters.")
    if "\x00" in name:
        raise ViewRefused("name: it holds a NUL character.")
    query = checked_query(of=of, query=query, person=owner)
    try:
        with transaction.atomic():
            view = SavedView.objects.create(owner=owner, list=of, name=name, query=query, is_shared=is_shared)
    except IntegrityError as error:
        raise ViewExists(
            f"You have a view “{name}” of this list already; delete it, or choose another name."
        ) from error
    audit.record(action="savedview.added", subject=view, actor=owner, details={"list": of, "query": query})
    return view


@transaction.atomic
def delete_view(*, view: SavedView, actor: User) -> None:
    """Forget a view of one's own. Raises NotYourView."""
    if view.owner != actor:
        raise NotYourView(f"“{view}” belongs to {view.owner}.")
    SavedView.objects.filter(pk=view.pk).delete()
    audit.record(action="savedview.deleted", subject=view, actor=actor, details={"list": view.list})
