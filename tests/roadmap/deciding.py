"""A proven service with a policy that asks for signatures, and short ways to decide about it."""

from django.contrib.auth.models import Group

from apps.catalog.models import Team
from apps.roadmap.selectors.gate import gate
from apps.roadmap.services import signing
from apps.roadmap.services.policies import change_policy
from tests.roadmap.evidence import DAY, NOW


def team_of(name, *people):
    team, _ = Team.objects.get_or_create(name=name)
    team.members.add(*people)
    return team


def group_of(name, *people):
    group, _ = Group.objects.get_or_create(name=name)
    group.user_set.add(*people)
    return group


def make_policy(environment, author, *roles, **fields):
    return change_policy(
        service=environment.service,
        environment=environment,
        fields=fields,
        roles=roles,
        comment="As agreed.",
        actor=author,
        at=NOW - 2 * DAY,
    )


def answer_of(environment, at=NOW, milestone=""):
    return gate(environment=environment, milestone=milestone, at=at)


def sign(environment, person, role="SRE", approves=True, at=NOW, **fields):
    expected = fields.pop("expected", None) or answer_of(environment, at).decision_digest
    return signing.sign(
        environment=environment, role=role, approves=approves, expected=expected, actor=person, at=at, **fields
    )
