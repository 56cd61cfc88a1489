"""Who owns an entry, as people."""

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.roadmap.models import Criterion


def owners_of(criterion: Criterion) -> QuerySet[User]:
    """The members of the teams that own the criterion or its milestone; of its service where neither has one."""
    milestone = criterion.milestone or (criterion.work_item.milestone if criterion.work_item else None)
    teams = {team.pk for team in milestone.owners.all()} if milestone else set()
    teams |= {team.pk for team in criterion.owners.all()}
    return User.objects.filter(teams__in=teams or {criterion.service.owner_id}, is_active=True).distinct()
