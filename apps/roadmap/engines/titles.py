"""What a heading announces: a milestone, a tier, a numbered item, or a section with a role."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from apps.roadmap.engines.entries import CriterionKind, MilestoneKind
from apps.roadmap.engines.months import MONTH
from apps.roadmap.engines.source import Span


class Role(StrEnum):
    """What the list items of a section are."""

    NONE = ""
    ACCEPTANCE = "acceptance"
    SUCCESS_METRIC = "success_metric"
    SUCCESS_CRITERION = "success_criterion"
    RISKS = "risks"
    COSTS = "costs"
    TASKS = "tasks"
    MILESTONES = "milestones"
    MILESTONE = "milestone"
    WORK_ITEM = "work_item"
    TIER = "tier"


CRITERION_KINDS = {
    Role.ACCEPTANCE: CriterionKind.ACCEPTANCE,
    Role.SUCCESS_METRIC: CriterionKind.SUCCESS_METRIC,
    Role.SUCCESS_CRITERION: CriterionKind.SUCCESS_CRITERION,
}
DECORATIVE = frozenset({"So", "Cf", "Mn", "Co", "Zs"})  # symbols, joiners, variation selectors, spaces
NUMBERED = re.compile(
    r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,4}|[IVX]{1,6})[.)][ \t]+(?=\S)"
    r"|(?P<nested>\d{1,3}(?:\.\d{1,3}){1,4})[ \t]+(?=\S)"
)
AFTER_CODE = r"(?=$|[\s:.,)–—-])"
AFTER_SEPARATOR = re.compile(r"[\s:.)–—-]+")
PERIOD_NUMBER = r"\d{1,3}(?:\s*(?:-|–|to|bis|and|&)\s*\d{1,3})?"
COUNTED = r"(?:\d{1,3}(?:\.\d{1,2})?|[IVX]{1,5}|[A-Z])"
SOME_YEAR = r"(?:[ ,/-]*(?:19|20)\d\d)"
CONTAINERS = tuple(
    (kind, re.compile(rf"(?P<code>{pattern}){AFTER_CODE}", flags))
    for kind, pattern, flags in (
        (MilestoneKind.MILESTONE, r"M\d{1,3}(?:\.\d{1,2})?", 0),
        (MilestoneKind.MILESTONE, rf"(?:Milestone|Meilenstein|Jalon|Hito)\s+#?{COUNTED}", re.I),
        (MilestoneKind.PHASE, rf"(?:Phase|Stage|Wave|Etappe|Stufe|Étape|Fase|Etapa)\s+{COUNTED}", re.I),
        (
            MilestoneKind.PERIOD,
            r"(?:Weeks?|Months?|Quarters?|Sprints?|Iterations?|Days?|Wochen?|Monate?|Quartal|Semaines?|Mois|Trimestre"
            rf"|Semanas?|Mes(?:es)?)\s+{PERIOD_NUMBER}",
            re.I,
        ),
        (MilestoneKind.PERIOD, rf"[QH][1-4]{SOME_YEAR}?|(?:19|20)\d\d[ ,/-]*[QH][1-4]", re.I),
        (MilestoneKind.PERIOD, rf"(?:KW|CW)\s?{PERIOD_NUMBER}{SOME_YEAR}?|(?:19|20)\d\d-?W\d\d", re.I),
        (MilestoneKind.PERIOD, rf"{MONTH}\s+(?:de\s+)?(?:19|20)\d\d", re.I),
    )
)
TIERS = (
    ("critical", re.compile(r"critical|must[- ]have|blockers?|P0|kritisch|critique|crític[oa]", re.I)),
    ("high", re.compile(r"high|important|should[- ]have|P1|hoch|wichtig|haute?|élevée?|alt[oa]", re.I)),
    ("medium", re.compile(r"medium|moderate|could[- ]have|P2|mittel|moyen(?:ne)?|medi[oa]", re.I)),
    ("low", re.compile(r"low|minor|nice[- ]to[- ]have|optional|P3|niedrig|gering|basse?|faible|baj[oa]", re.I)),
)
BRACKETED_TIERS = {tier: re.compile(rf"\((?:{pattern.pattern})\b", re.I) for tier, pattern in TIERS}
TIER_END = re.compile(r"\s*(?:$|[(:–—/,;+-]|priority\b|tier\b|items?\b|severity\b)", re.I)
TIER_BY_CIRCLE = {"🔴": "critical", "🟠": "high", "🟡": "medium", "🟢": "low"}
ROLES = (
    (
        Role.ACCEPTANCE,
        r"acceptance(?: criteri(?:a|on)| tests?| checks?)?|definition of done|dod|exit criteria|done when"
        r"|(?:launch|go[- ]?live|release) criteria|go[-/ ]no[- ]?go(?: criteria| checklist)?"
        r"|abnahme(?:kriterien|bedingungen)?|akzeptanzkriterien|fertig,? wenn|freigabekriterien"
        r"|crit[èe]res? d['’]acceptation|conditions? d['’]acceptation|crit[èe]res de (?:sortie|livraison)"
        r"|criterios? de (?:aceptaci[óo]n|salida)|definici[óo]n de (?:hecho|terminado)",
    ),
    (
        Role.SUCCESS_METRIC,
        r"success metrics?|success measures?|key metrics|kpis?|key results|metrics (?:of|for) success|slos?"
        r"|erfolgs(?:kennzahlen|metriken)|kennzahlen|indicateurs(?: de (?:succ[èe]s|r[ée]ussite))?"
        r"|m[ée]tricas(?: de [ée]xito)?",
    ),
    (Role.SUCCESS_CRITERION, r"success criteri(?:a|on)\b.*|production[- ]ready when\b.*|readiness criteria|criteria"
        r"|erfolgskriterien|kriterien|crit[èe]res(?: de (?:succ[èe]s|r[ée]ussite))?|criterios(?: de [ée]xito)?"),
    (
        Role.RISKS,
        r"(?:top |key |known |major )?risks?(?: register| log| assessment| analysis| management)?"
        r"(?: (?:and|&|/) (?:mitigations?|issues|assumptions|dependencies|countermeasures))?"
        r"|(?:potential )?failure points?\b.*|threat model"
        r"|(?:bekannte )?risiken(?: und (?:ma(?:ß|ss)nahmen|gegenma(?:ß|ss)nahmen))?|risikoregister|risikoliste"
        r"|(?:registre des )?risques(?: et (?:mesures|parades|att[ée]nuations?))?"
        r"|(?:registro de )?riesgos(?: y (?:medidas|mitigaci(?:ón|ones)))?",
    ),
    (
        Role.COSTS,
        r"(?:monthly |estimated |total |infrastructure |additional )*(?:costs?|budgets?|pricing|savings?)"
        r"(?: estimates?| breakdown| summary| comparison| overview| plan)?(?: \(.*\))?"
        r"|(?:laufende |monatliche )?kosten(?:schätzung|übersicht)?|co[ûu]ts?(?: mensuels?| estim[ée]s?)?"
        r"|cost[eo]s?(?: mensuales| estimados)?|presupuesto",
    ),
    (
        Role.TASKS,
        r"tasks?|to-?dos?|action items?|actions|[\w /-]{0,40}checklist|work breakdown"
        r"|aufgaben|ma(?:ß|ss)nahmen|checkliste|t[âa]ches|liste de contr[ôo]le|tareas|acciones|lista de tareas",
    ),
    (
        Role.MILESTONES,
        r"(?:key |upcoming )?milestones?|meilensteine|jalons|hitos|key dates|termine|zeitplan|calendrier|cronograma",
    ),
)  # fmt: skip
ROLE_PATTERNS = tuple((role, re.compile(pattern, re.I)) for role, pattern in ROLES)


@dataclass(frozen=True)
class Heading:
    """A heading as the grammar understands it. The title starts at `title_start` of the shown text."""

    title: str
    title_start: int
    number: str = ""
    role: Role = Role.NONE
    kind: MilestoneKind | None = None
    code: str = ""
    tier: str = ""


def read_heading(text: str) -> Heading:
    """Classify the shown text of a heading. Names win over numbers: "3. Risks" is the risks' section."""
    start, end = title_span(text)
    tier = next((tier for circle, tier in TIER_BY_CIRCLE.items() if circle in text), "")
    numbered = NUMBERED.match(text, start, end)
    number = (numbered["number"] or numbered["nested"]) if numbered else ""
    if numbered:
        start = title_span(text, numbered.end())[0]
    title = text[start:end]
    kind, code = read_container(title)
    if kind:
        tier = read_tier(title, anywhere=True) or tier
        name, offset = name_after(code, title)
        return Heading(name, start + offset, number, Role.MILESTONE, kind, code if offset else "", tier)
    role = read_role(title)
    if role:
        return Heading(title, start, number, role)
    if number:
        return Heading(title, start, number, Role.WORK_ITEM, tier=tier or read_tier(title, anywhere=True))
    named_tier = read_tier(title) or tier
    return Heading(title, start, role=Role.TIER if named_tier else Role.NONE, tier=named_tier)


def title_span(text: str, start: int = 0) -> Span:
    """Where the words lie, between decoration and a trailing colon."""
    end = len(text)
    while start < end and _is_decoration(text[start]):
        start += 1
    while end > start and (_is_decoration(text[end - 1]) or text[end - 1] == ":"):
        end -= 1
    return start, end


def _is_decoration(char: str) -> bool:
    return char == "\t" or unicodedata.category(char) in DECORATIVE


def read_container(title: str) -> tuple[MilestoneKind | None, str]:
    """The kind and code of a milestone, phase or period that the title begins with."""
    for kind, pattern in CONTAINERS:
        found = pattern.match(title)
        if found:
            return kind, found["code"]
    return None, ""


def name_after(code: str, title: str) -> tuple[str, int]:
    """What follows the code, and where. A title that is nothing but its code is its own name."""
    found = AFTER_SEPARATOR.match(title, len(code))
    offset = found.end() if found else len(code)
    name = title[offset:]
    if name.startswith("(") and name.endswith(")") and name.count("(") == 1:
        name, offset = name[1:-1].strip(), offset + 1
    return (name, offset) if name else (title, 0)


def read_tier(title: str, *, anywhere: bool = False) -> str:
    """The priority a title begins with; a period names it in brackets, as in "Week 1 (Critical)"."""
    for tier, pattern in TIERS:
        found = pattern.match(title)
        if found and TIER_END.match(title, found.end()):
            return tier
        if anywhere and BRACKETED_TIERS[tier].search(title):
            return tier
    return ""


def read_announcement(line: str) -> str:
    """The label of a plain line such as "Done when:", when it says what stands below it; else nothing."""
    words = line.strip(" \t>*_")
    return words[:-1].rstrip(" \t*_") if words.endswith(":") and read_role(words) else ""


def read_role(title: str) -> Role:
    """The role of a section or label with this title."""
    plain = title.strip().rstrip(":").strip()
    return next((role for role, pattern in ROLE_PATTERNS if pattern.fullmatch(plain)), Role.NONE)
