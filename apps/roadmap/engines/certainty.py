"""How sure the grammar is of what it took: by the rule that took it, less where something was doubtful."""

from django.db.models import TextChoices


class Rule(TextChoices):
    """The rule that made an entry of a line."""

    UNNAMED = "", "Not said"
    MILESTONE_HEADING = "milestone_heading", "A heading that names a milestone"
    MILESTONE_ITEM = "milestone_item", "A list item that names a milestone"
    DATED_ITEM = "dated_item", "An item with an owner or a date"
    DATED_HEADING = "dated_heading", "A heading with a date"
    NUMBERED_HEADING = "numbered_heading", "A numbered heading"
    BOLD_ITEM = "bold_item", "A bold item with boxes below it"
    BOX = "box", "A checkbox"
    BOX_AFTER_SEMICOLON = "box_after_semicolon", "A checkbox after a semicolon"
    STATUS_SIGN = "status_sign", "A sign of its status"
    TASK_SECTION = "task_section", "An item of a list of tasks"
    CRITERION_SECTION = "criterion_section", "An item of a section of criteria"
    LABELLED_CRITERION = "labelled_criterion", "A line labelled as a criterion"
    LABELLED_RISK = "labelled_risk", "A line labelled as a risk"
    RISK_SECTION = "risk_section", "An item of a section of risks"
    COST_SECTION = "cost_section", "A line of a section of costs"
    LABELLED_COST = "labelled_cost", "A line labelled as a cost"
    TABLE_ROW = "table_row", "A row of a table"
    UNNAMED_TABLE = "unnamed_table", "A row of a table with states, or owners and dates"
    PERSON = "person", "A person said so"


CONFIDENCE = {
    Rule.PERSON: 1.0,
    Rule.BOX: 1.0,
    Rule.LABELLED_CRITERION: 1.0,
    Rule.LABELLED_RISK: 1.0,
    Rule.LABELLED_COST: 1.0,
    Rule.MILESTONE_HEADING: 0.95,
    Rule.BOX_AFTER_SEMICOLON: 0.95,
    Rule.TABLE_ROW: 0.9,
    Rule.MILESTONE_ITEM: 0.9,
    Rule.CRITERION_SECTION: 0.9,
    Rule.COST_SECTION: 0.9,
    Rule.NUMBERED_HEADING: 0.8,
    Rule.RISK_SECTION: 0.8,
    Rule.BOLD_ITEM: 0.7,
    Rule.STATUS_SIGN: 0.7,
    Rule.DATED_ITEM: 0.7,
    Rule.DATED_HEADING: 0.8,
    Rule.TASK_SECTION: 0.6,
    Rule.UNNAMED_TABLE: 0.6,
}
GUESS = 0.4


def confidence_of(rule: Rule, doubts: int = 0) -> float:
    """From 1.0, an explicit mark or label, to 0.4, a guess. Each doubt takes a quarter."""
    return max(GUESS, CONFIDENCE.get(rule, GUESS) - 0.25 * doubts)
