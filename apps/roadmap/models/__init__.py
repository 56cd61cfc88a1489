"""The models of the roadmap."""

from apps.roadmap.engines.dates import Precision
from apps.roadmap.engines.marks import Claim
from apps.roadmap.models.badges import PublicBadge
from apps.roadmap.models.campaigns import Campaign
from apps.roadmap.models.comments import Comment
from apps.roadmap.models.conflicts import Conflict
from apps.roadmap.models.corrections import Correction, ImportDraft
from apps.roadmap.models.criteria import Binding, Criterion
from apps.roadmap.models.decisions import GateEvaluation, GateOverride, Launch, SignOff
from apps.roadmap.models.dependencies import Dependency
from apps.roadmap.models.documents import Document, DocumentBlock, DocumentRevision
from apps.roadmap.models.entries import Entry
from apps.roadmap.models.labels import Label
from apps.roadmap.models.links import Link
from apps.roadmap.models.milestones import Milestone, Priority, WorkItem
from apps.roadmap.models.policies import GatePolicy, PolicyRole
from apps.roadmap.models.risks import CostLine, Mitigation, Risk
from apps.roadmap.models.summaries import ServiceChange, ServiceSummary
from apps.roadmap.models.tasks import Task
from apps.roadmap.models.transitions import StatusTransition
from apps.roadmap.models.waivers import Phase, Waiver

__all__ = [
    "Binding",
    "Campaign",
    "Claim",
    "Comment",
    "Conflict",
    "Correction",
    "CostLine",
    "Criterion",
    "Dependency",
    "Document",
    "DocumentBlock",
    "DocumentRevision",
    "Entry",
    "GateEvaluation",
    "GateOverride",
    "GatePolicy",
    "ImportDraft",
    "Label",
    "Launch",
    "Link",
    "Milestone",
    "Mitigation",
    "Phase",
    "PolicyRole",
    "Precision",
    "Priority",
    "PublicBadge",
    "Risk",
    "ServiceChange",
    "ServiceSummary",
    "SignOff",
    "StatusTransition",
    "Task",
    "Waiver",
    "WorkItem",
]
