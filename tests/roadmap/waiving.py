"""Short ways for tests to ask for waivers and to grant them."""

from apps.roadmap.services.waivers import approve_waiver, request_waiver
from tests.roadmap.evidence import DAY, NOW


def ask(criterion, environment, actor, **fields):
    fields = {
        "reason_category": "business_priority",
        "reason": "The rehearsal needs a second region.",
        "compensating_control": "Daily manual restore.",
        "ends_at": NOW + 10 * DAY,
        "at": NOW,
    } | fields
    return request_waiver(criterion=criterion, environment=environment, actor=actor, **fields)


def waive(criterion, environment, actor, approver, at=NOW, **fields):
    waiver = ask(criterion, environment, actor, at=at, **fields)
    return approve_waiver(waiver=waiver, actor=approver, at=at)
