"""States in words, as tables and "Status:" lines have them, in several languages."""

import re

from django.db.models import TextChoices


class Claim(TextChoices):
    """What a person says of an entry. Unknown: the document has a mark that nobody explained."""

    UNKNOWN = "unknown", "Not said"
    TODO = "todo", "To do"
    IN_PROGRESS = "in_progress", "In progress"
    DONE = "done", "Done"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


# Tried in this order, so that "not started" is no start and "not done" is not done.
_STATES = (
    (
        Claim.NOT_APPLICABLE,
        r"\bnot? applicable|\bn/?a\b|\bcancel|\bdropped|\bwon.?t\b|\bskipped|\bout of scope|対象外|不适用"
        r"|\bentfällt|\bnicht zutreffend|\babgebrochen|\bsans objet|\bnon applicable|\bannulé|\bno aplica",
    ),
    (
        Claim.TODO,
        r"\bnot (?:yet )?(?:started|done|complete|finished|live|met)|\bto.?do\b|\bto be\b|\bopen\b|\bpending|\bplanned"
        r"|\bbacklog|\bincomplete|\bunfinished|\bdeferred|\bpostponed|\bupcoming|^0 ?%|未着手|未対応|待办|未开始"
        r"|\bnicht (?:begonnen|erledigt|fertig)|\boffen|\bgeplant|\bausstehend"
        r"|\bà faire|\b(?:pas|non) (?:commencé|terminé|fait)|\bprévue?\b|\ben attente"
        r"|\bpendiente|\bpor hacer|\bsin (?:empezar|hacer|terminar)|\bno (?:hecho|terminado|empezado)",
    ),
    (
        Claim.IN_PROGRESS,
        r"\bprogress|\bstarted|\bongoing|\bdoing\b|\bpartial|\bwip\b|\bactive\b|\bblocked|\bat risk|\bon track"
        r"|\bon hold|\bin review|\bready for|\bpaused|\bunderway|\b(?:almost|mostly|nearly|partly|half|not fully)\b"
        r"|^[1-9]\d? ?%|\bin arbeit|\bläuft|\bbegonnen|\bteilweise|\bin bearbeitung|\ben cours|\bcommencé|\bpartiel"
        r"|\bbloqu|\bblockiert|\ben revue|\ben pause"
        r"|\ben curso|\ben pro(?:greso|ceso)|\bempezado|\bparcial|進行中|作業中|进行中",
    ),
    (
        Claim.DONE,
        r"\bdone|\bcompleted?\b|\bfinished|\bshipped|\bclosed|\bachieved|\blive\b|\bmet\b|\bpassed|\bverified"
        r"|\bdelivered|^100 ?%"
        r"|\berledigt|\bfertig|\babgeschlossen|\bterminée?s?\b|\bfaite?s?\b|\bachevé"
        r"|\bhech[oa]s?\b|\bcompletad[oa]|\bterminad[oa]|\blisto|完了|完成|済",
    ),
)
_PATTERNS = tuple((claim, re.compile(pattern, re.I)) for claim, pattern in _STATES)
_ANSWERS = {"yes": Claim.DONE, "ja": Claim.DONE, "oui": Claim.DONE, "sí": Claim.DONE, "no": Claim.TODO,
            "nein": Claim.TODO, "non": Claim.TODO, "blocked": Claim.IN_PROGRESS}  # fmt: skip
_WRITTEN = (
    ("offen", "in arbeit", "erledigt", "entfällt"),
    ("à faire", "en cours", "terminé", "sans objet"),
    ("pendiente", "en curso", "hecho", "no aplica"),
    ("未着手", "進行中", "完了", "対象外"),
    ("to do", "in progress", "done", "n/a"),
)
_CLAIMS = (Claim.TODO, Claim.IN_PROGRESS, Claim.DONE, Claim.NOT_APPLICABLE)
_LONGEST = 200


def read_status(words: str) -> Claim | None:
    """What a state in words says; None when it says nothing known."""
    words = words[:_LONGEST].strip(" *_`.")
    said = next((claim for claim, pattern in _PATTERNS if pattern.search(words)), None)
    return said or _ANSWERS.get(words.casefold())


def write_status(claim: Claim, *, instead_of: str) -> str:
    """The state in words, in the language of those it replaces, and with their capital or small first letter."""
    folded = instead_of.casefold()
    language = next((words for words in _WRITTEN if any(word in folded for word in words)), _WRITTEN[-1])
    written = language[_CLAIMS.index(claim)]
    if instead_of.islower():
        return written
    return written.upper() if written == "n/a" else written[:1].upper() + written[1:]
