"""What tables call their columns, in English, German, French and Spanish. The first name that fits is taken."""

import re

_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("id", (r"#|ids?|no\.?|nr\.?|num(?:ber|mer|éro|ero)?|code|ref\.?|key",)),
    ("risk", (r"risks?|threats?", r"risik(?:o|en)|risques?|riesgos?")),
    ("milestone", (r"milestones?|phases?", r"meilensteine?|jalons?|étapes?|hitos?|fases?")),
    (
        "criterion",
        (
            r"(?:acceptance |success |exit )?criteri(?:a|on)|(?:success )?metrics?|kpis?|slos?|requirements?",
            r"indicators?",
            r"(?:abnahme)?kriteri(?:um|en)|kennzahl(?:en)?|anforderung(?:en)?",
            r"critères?(?: d['’]acceptation)?|indicateurs?|exigences?",
            r"criterios?(?: de aceptación)?|métricas?|requisitos?",
        ),
    ),
    (
        "task",
        (
            r"tasks?|actions?(?: items?)?|to-?dos?|work items?|items?|deliverables?|steps?",
            r"work(?:stream)?|features?|epics?",
            r"aufgaben?|arbeitspakete?|schritte?",
            r"tâches?|livrables?",
            r"tareas?|entregables?|acci(?:ón|ones)",
        ),
    ),
    ("cost", (r".*\b(?:costs?|price|budget|kosten|preis|coûts?|prix|cost[eo]s?|precio|presupuesto)\b.*",)),
    (
        "amount",
        (r"amount|(?:per )?(?:month|year)|monthly|yearly|annual(?:ly)?|usd|eur|gbp|[€$£]|betrag|montant|importe",),
    ),
    (
        "owner",
        (
            r"owners?|owned by|assignees?|assigned(?: to)?|responsible|dri|lead|team|who|driver|poc",
            r"verantwortlich(?:e[rs]?)?|zuständig(?:keit)?|wer",
            r"responsables?|propriétaire|équipe|qui",
            r"encargad[oa]|propietari[oa]|equipo|quién",
        ),
    ),
    (
        "status",
        (
            r"status|state|done\??|progress|completed?\??",
            r"stand|zustand|erledigt\??|fortschritt",
            r"statut|état|avancement|fait\s?\??",
            r"estado|avance|¿?hecho\??|状態|状况|ステータス",
        ),
    ),
    ("impact", (r"impact|consequence|effect|auswirkung(?:en)?|schaden|conséquences?|impacto|efecto",)),
    (
        "likelihood",
        (r"likelihood|probability|(?:eintritts)?wahrscheinlichkeit|probabilité|vraisemblance|probabilidad",),
    ),
    ("severity", (r"severity|level|schwere(?:grad)?|gravité|sévérité|severidad|gravedad",)),
    (
        "mitigation",
        (
            r"mitigations?|controls?|countermeasures?|response",
            r"(?:gegen)?ma(?:ß|ss)nahmen?|abhilfe|mesures?|parade|atténuations?|mitigaci(?:ón|ones)|medidas?",
        ),
    ),
    (
        "target",
        (
            r"(?:target|due|end|ship|completion|release|delivery)(?: date)?|due (?:on|by)|deadline|eta|when",
            r"dates?|timeline|threshold|goal|objective",
            r"fällig(?: am| bis)?|frist|termin|zieldatum|zieltermin|bis(?: wann)?|ziel(?:wert)?|datum|schwelle",
            r"échéance|date (?:cible|limite)|quand|seuil|cible|objectif",
            r"fecha(?: límite| objetivo)?|plazo|vencimiento|cuándo|umbral|meta|期限|期日",
        ),
    ),
    ("priority", (r"priority|prio|tier|priorität|priorité|prioridad|moscow",)),
    (
        "link",
        (
            r"links?|prs?|pull requests?|tickets?|issues?|jira|tracking|urls?|docs?|runbooks?|dashboards?",
            r"evidence|references?|nachweis|liens?|enlaces?",
        ),
    ),
    (
        "note",
        (
            r"notes?|comments?|remarks?|details?|kommentare?|bemerkung(?:en)?|notiz(?:en)?",
            r"commentaires?|remarques?|notas?|comentarios?",
        ),
    ),
    (
        "name",
        (
            r"names?|title|what|area|topic|description|initiative|project|component|service|check",
            r"thema|bereich|was|beschreibung|vorhaben|bezeichnung",
            r"nom|titre|quoi|sujet|domaine|nombre|título|qué|tema|descripción|área",
        ),
    ),
)
COLUMNS = tuple((name, re.compile("|".join(words), re.I)) for name, words in _WORDS)


def column_of(header: str) -> str:
    """What a column with that header means; "" where that is unknown."""
    plain = header[:100].strip("*_ :")
    return next((name for name, pattern in COLUMNS if pattern.fullmatch(plain)), "")
