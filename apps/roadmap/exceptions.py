"""What can go wrong with a roadmap, in words for the person who sent it."""

from apps.common.exceptions import Kind, OperationError


class RoadmapError(OperationError):
    """A roadmap cannot be read, changed or written as asked."""


class DocumentRefused(RoadmapError):
    """The document cannot be read. The message names the line or the limit."""

    kind = Kind.INVALID


class UnknownMilestone(RoadmapError):
    """The service has no milestone of that code or title."""

    kind = Kind.UNKNOWN


class CorrectionRefused(RoadmapError):
    """A line cannot be called that, or does not say that. The message names the line or the value."""

    kind = Kind.INVALID


class DocumentChanged(RoadmapError):
    """Somebody else imported another text meanwhile."""


class PolicyRefused(RoadmapError):
    """The policy cannot be like that. The message names the field."""

    kind = Kind.INVALID


class PolicyChanged(RoadmapError):
    """Somebody else changed the policy meanwhile."""


class GateChanged(RoadmapError):
    """What was read is not what holds now, so it cannot be decided upon."""


class SignOffRefused(RoadmapError):
    """This person may not sign this, or not like that."""


class OverrideRefused(RoadmapError):
    """There is nothing to override, or this person may not, or not like that."""


class LaunchRefused(RoadmapError):
    """The gate lets nothing go, so no launch can be recorded."""


class DraftGone(RoadmapError):
    """The text that waited for a decision is not there any more."""


class ClausesRefused(RoadmapError):
    """The clauses do not say what the criterion says. The message names the clause or the words."""

    kind = Kind.INVALID


class CriterionChanged(RoadmapError):
    """Somebody else changed the criterion's words meanwhile."""


class BindingRefused(RoadmapError):
    """The verifier cannot be asked or judged like that. The message names the field."""

    kind = Kind.INVALID


class BindingDecided(RoadmapError):
    """Somebody else decided about the binding meanwhile."""


class UnknownClaim(RoadmapError):
    """There is no such claim."""

    kind = Kind.INVALID


class ClaimChanged(RoadmapError):
    """Somebody else changed the claim meanwhile."""


class UnknownDocument(RoadmapError):
    """There is no such document, or more than one. The message says which there are."""


class EntryChanged(RoadmapError):
    """Somebody else changed the entry meanwhile. The message says what and who."""


class ChangeRefused(RoadmapError):
    """An entry cannot be changed like that. The message names the field."""

    kind = Kind.INVALID


class DependencyRefused(RoadmapError):
    """A milestone cannot wait for that one. The message says why."""


class LinkRefused(RoadmapError):
    """The address cannot be kept. The message names the field."""

    kind = Kind.INVALID


class CommentRefused(RoadmapError):
    """The comment cannot be written, or not any more."""


class NotYours(RoadmapError):
    """It belongs to somebody else."""


class WaiverRefused(RoadmapError):
    """There can be no such waiver. The message names the field or the rule."""

    kind = Kind.INVALID


class WaiverDecided(RoadmapError):
    """Somebody else decided about the waiver meanwhile, or its time is over."""


class ConflictSettled(RoadmapError):
    """Somebody else settled the conflict meanwhile, or one of its values changed."""


class ChoiceRefused(RoadmapError):
    """A conflict cannot be settled like that. The message names the field."""

    kind = Kind.INVALID


class LabelExists(RoadmapError):
    """There is a label of that name."""


class CampaignRefused(RoadmapError):
    """There can be no such campaign. The message names the field."""

    kind = Kind.INVALID


class CampaignEnded(RoadmapError):
    """It is over, by its date or because somebody ended it."""
