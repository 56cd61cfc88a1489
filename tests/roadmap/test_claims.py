import pytest

from apps.audit.models import AuditEvent
from apps.roadmap.exceptions import ClaimChanged, UnknownClaim
from apps.roadmap.models import Criterion
from apps.roadmap.services.claims import set_claim


def test_a_claim_is_changed_with_its_history_and_its_audit_event(criterion, olga):
    assert set_claim(entry=criterion, claim="todo", expected="done", actor=olga)
    assert Criterion.objects.get().claim == "todo"
    event = AuditEvent.objects.first()
    assert (event.action, event.actor) == ("criterion.claimed", olga)
    assert event.details == {"from": "done", "to": "todo"}
    newest = criterion.history.first()
    assert (newest.claim, newest.history_user, newest.history_type) == ("todo", olga, "~")


def test_a_claim_that_somebody_else_changed_is_not_overwritten(criterion, olga, sam):
    seen_by_sam = Criterion.objects.get()
    set_claim(entry=criterion, claim="in_progress", expected="done", actor=olga)
    with pytest.raises(ClaimChanged, match="is in progress by now"):
        set_claim(entry=seen_by_sam, claim="todo", expected="done", actor=sam)
    assert Criterion.objects.get().claim == "in_progress"
    assert AuditEvent.objects.filter(action="criterion.claimed").count() == 1


def test_claiming_the_same_writes_nothing(criterion, olga):
    events = AuditEvent.objects.count()
    assert not set_claim(entry=criterion, claim="done", expected="done", actor=olga)
    assert AuditEvent.objects.count() == events


def test_a_claim_that_there_is_not_is_refused(criterion):
    with pytest.raises(UnknownClaim, match="claim: there is no 'nearly'"):
        set_claim(entry=criterion, claim="nearly", expected="done")
