"""A roadmap to add things to here, and its export, which an import knows again."""

from apps.roadmap.models import CostLine, Criterion, Document, Milestone, Risk, Task, WorkItem
from apps.roadmap.services.exporting import ExportPlan, plan_export
from apps.roadmap.services.importing import import_document
from apps.roadmap.services.merging import Changes

KINDS = (Milestone, WorkItem, Task, Criterion, Risk, CostLine)
TEXT = """# Road

## M1 Safety
- [~] Owner: Core  Target: 2026-03-02
- Tasks
  - [x] Lock **all** deps; [ ] watch them
  * [ ] Write runbook
    and keep it
- Acceptance
  - [ ] Restore passes

## M2 Launch
- Tasks
  - [ ] Announce it

## 1. Queue
**Effort:** 2 days

1. [ ] Add Redis
2. [ ] Add a worker

## 2. Cache

| Task | Owner | Status |
|---|---|---|
| Choose one | QA | todo |

## Risks
1. **Key loss**
   ```
   Risk: One vault
   Impact: No decryption
   Mitigation:
   - A second vault
   - A printed key
   ```

## Costs
- Vault: $26/month
- Redis: ~$10-15/month
"""


def load(service, text=TEXT):
    return import_document(service=service, name="road.md", raw=text.encode())


def added(model, service, **fields):
    return model.objects.create(service=service, position=9_999_999, **fields)


def written(service) -> str:
    """The export, which says everything that was added, as a text."""
    plan = exported(service)
    assert [str(each) for each in plan.left_out] == []
    return plan.content.decode()


def exported(service) -> ExportPlan:
    """The export, which imported again changes nothing, and exports the same."""
    plan = plan_export(Document.objects.get())
    text = plan.content.decode()
    counts = [model.objects.count() for model in KINDS]
    changes = load(service, text).changes
    assert (changes.created, changes.vanished, changes.conflicts) == (0, 0, 0)
    assert counts == [model.objects.count() for model in KINDS]
    assert plan_export(Document.objects.get()).content.decode() == text
    assert load(service, text + "\n").changes == Changes(kept=changes.kept)
    return plan
