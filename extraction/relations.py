"""What a sentence says about two mentions: rules over masked sentences, with direction, polarity and confidence.

The rules are data (`relation_rules.tsv`): a pattern over the marks of `extraction.masking`, with `{S:D}` the subject,
`{O:C}` the object, `{BOTH:D}` a group of two drugs, and the macros below. `polarity` is "" (a negation inside or in
front negates the statement), `own` (the rule's own words hold the "not": contraindicated, should not be used),
`negative` (the rule states that something does not hold) or `allergies` (only in a section of that name).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations

from extraction.document import Section
from extraction.literals import Prefilter
from extraction.masking import Group, Masked, mask_sentence
from extraction.rule_counts import read_counts, to_confidence
from extraction.sections import section_at
from extraction.tables import read_rows
from kg.model import Mention, Statement
from ontologies.biolink import Predicate

_WORD = (
    r"(?!(?:but|while|whereas|although|because|caus\w+|induc\w+|contraindicated|treat\w*|develop\w*|worsen\w*|"
    r"prevent\w*|stopped|discontinued|without|unlike|and|or|except|despite|less|fewer|after|before|during|following)\b)[\w'/%-]+"
)
_AUXILIARY = (
    r"(?: (?:is|are|was|were|be|been|being|has|have|had|can|could|may|might|will|would|should|does|did|do|doesn't|"
    r"didn't|cannot|not|no|never|longer|to|also|often|still|both|now|known|shown|found|thought|reported|said|seen|able|"
    r"likely|believed|fails?|failed|alone|therapy|treatment|monotherapy|use|administration|infusion|injections?|"
    r"overdose|toxicity|exposure|remains?|became|currently|sometimes|one|of|the|an?|most|more|very|well|only|that|which|"
    r"long-term|\w+ly))*"
)
_MACROS = {
    "{aside}": r"(?:,[^«».;,]{1,60},)?",
    "{aux}": _AUXILIARY + " ",
    "{vp}": _AUXILIARY + " ",
    "{mid}": r",?(?: (?!(?:patients?|rats?|mice|subjects|children|people|those|who|observed|seen|reported|"
    r"occurred|noted|described|found)\b)WORD){0,5}? ",
    "{adj}": r"(?: WORD){0,4}?",
    "{be}": r"(?:is|are|was|were|been|being|remains?)",
    "{pts}": r"(?:(?:adults?|patients?|people|those|individuals|children|subjects|women|men|persons?|pregnant|elderly|"
    r"older|hospitali[sz]ed|young|an?|the|some|many|most|all|selected|who|were|are) )+",
    "{head}": r"^(?:(?!(?:for|with|on|of|in|by|from|has|had|have)\b)[\w'-]+ ){0,4}?",
    "{BOTH:D}": r"(?P<both>«D\d+\+»)",
}
_ROLE = re.compile(r"\{([SO]):([A-Z])\}")
_NEGATION = re.compile(
    r"\b(?:not(?! only)|no(?! doubt)|never|without|neither|nor|fail(?:s|ed)? to|lack of|unable to|absence of|cannot|"
    r"no longer|rather than|instead of|ineffective|unlikely)\b|n't\b"
)
_OWN_NEGATION = re.compile(
    r"\b(?:not|no longer|never|neither|no|n't)\b(?: (?:an?|absolutely|considered|absolute))* ?contraindicat|"
    r"\bno contraindication"
)
_DOUBT = re.compile(
    r"\b(?:may|might|possibl[ey]|potential(?:ly)?|suggest\w*|suspected|presumed|presumably|probabl[ey]|whether|unclear|"
    r"hypothesi\w+|unknown|investigat\w+|evaluat\w+|appears? to|seems? to|could(?! not)|likely|unproven|if)\b"
)
_DOUBT_FACTOR = 0.7
_BEFORE = 30
_SAME_MEANING = frozenset(
    {Predicate.TREATS, Predicate.PREVENTS, Predicate.CAUSES, Predicate.EXACERBATES, Predicate.CONTRAINDICATED_IN}
)


@dataclass(frozen=True, slots=True)
class RelationRule:
    """One row of the table; `letters` are the classes that a sentence must hold for the rule to be tried.

    `rank` is the row's confidence, by which competing rules are ordered; `confidence` is what a statement gets, which
    knows how often the rule was right on annotated texts.
    """

    name: str
    predicate: Predicate
    rank: float
    confidence: float
    polarity: str
    pattern: re.Pattern[str]
    letters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that matched between two mentions, given by their places."""

    subject: int
    object: int
    rule: RelationRule
    negated: bool
    uncertain: bool
    length: int


@cache
def read_relation_rules() -> tuple[RelationRule, ...]:
    """Return the rules of `relation_rules.tsv`."""
    counts = read_counts()
    return tuple(
        RelationRule(
            row["rule"],
            Predicate(row["predicate"]),
            float(row["confidence"]),
            to_confidence(float(row["confidence"]), *counts.get(row["rule"], (0, 0))),
            row["polarity"],
            _compile(row["pattern"]),
            frozenset(re.findall(r"\{(?:S|O|BOTH):([A-Z])\}", row["pattern"])),
        )
        for row in read_rows("relation_rules.tsv")
    )


@cache
def _prefilter() -> Prefilter:
    return Prefilter(rule.pattern for rule in read_relation_rules())


def read_relations(
    document_id: str,
    text: str,
    mentions: Sequence[Mention],
    sentences: Sequence[tuple[int, int]],
    sections: Sequence[Section],
) -> tuple[Statement, ...]:
    """Return the statements of a document, in order, one per sentence, pair and predicate.

    Mentions must be sorted by start. Mentions without a CURIE and mentions about the family say nothing here.
    """
    statements: list[Statement] = []
    before: Masked | None = None
    first = 0
    for start, end in sentences:
        while first < len(mentions) and mentions[first].start < start:
            first += 1
        places = [p for p in range(first, len(mentions)) if mentions[p].end <= end and mentions[p].start < end]
        masked = mask_sentence(text, start, end, mentions, places, before)
        section = section_at(sections, start)
        name = section.name if section is not None else ""
        for found in find_relations(masked, mentions, name):
            statements.append(_to_statement(document_id, text, (start, end), name, mentions, found))
        before = masked
    return tuple(statements)


def keep_statements(mentions: Iterable[Mention], statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements that their mentions allow: none about the family, none that affirms what is denied.

    What a drug is contraindicated in is often denied of the patient, and true all the same.
    """
    by_span = {(m.start, m.end): m for m in mentions}
    return tuple(s for s in statements if _is_allowed(s, by_span.get(s.subject_span), by_span.get(s.object_span)))


def _is_allowed(statement: Statement, subject: Mention | None, target: Mention | None) -> bool:
    if any(m is not None and m.family for m in (subject, target)):
        return False
    holds_anyway = statement.predicate in (Predicate.CONTRAINDICATED_IN, Predicate.INTERACTS_WITH)
    return statement.negated or holds_anyway or target is None or not target.negated


def find_relations(masked: Masked, mentions: Sequence[Mention], section: str) -> list[Found]:
    """Return what the rules find in one masked sentence; where two rules compete for a pair the surer one stays."""
    letters = {g.letter for g in masked.groups}
    if not letters:
        return []
    rules = read_relation_rules()
    found = [
        hit
        for rule in map(rules.__getitem__, _prefilter().find(masked.text))
        if rule.letters <= letters and (rule.polarity == "allergies") <= (section == "allergies")
        for match in _matches(rule.pattern, masked.text)
        for hit in _hits(rule, match, masked, mentions)
        if _speaks(mentions[hit.subject]) and _speaks(mentions[hit.object])
    ]
    return _keep_surest(found, mentions)


def _compile(pattern: str) -> re.Pattern[str]:
    for macro, meaning in _MACROS.items():
        pattern = pattern.replace(macro, meaning)
    pattern = re.sub(r"\[\\w-\]\+(?!ly)", "WORD", pattern).replace("WORD", _WORD)
    return re.compile(_ROLE.sub(lambda m: rf"(?P<{'subject' if m[1] == 'S' else 'object'}>«{m[2]}\d+\+?»)", pattern))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    match = pattern.search(text)
    while match is not None:
        yield match
        match = pattern.search(text, match.start() + 1)


def _hits(rule: RelationRule, match: re.Match[str], masked: Masked, mentions: Sequence[Mention]) -> Iterator[Found]:
    around = _clause_before(masked.text, match.start()) + match.group()
    negated = bool(_OWN_NEGATION.search(around) if rule.polarity == "own" else _NEGATION.search(around))
    if rule.polarity == "negative":
        negated = True
    doubt = _DOUBT.search(around) is not None
    for subject, target in _pairs(match, masked):
        if mentions[subject].curie != mentions[target].curie:
            denied = rule.polarity != "own" and (mentions[subject].negated or mentions[target].negated)
            unsure = doubt or mentions[target].uncertain or mentions[subject].uncertain
            yield Found(subject, target, rule, negated or denied, unsure, match.end() - match.start())


def _pairs(match: re.Match[str], masked: Masked) -> Iterator[tuple[int, int]]:
    named = match.groupdict()
    if "both" in named:
        yield from ((a, b) for a, b in permutations(_group(masked, named["both"]).members, 2) if a < b)
    else:
        targets = _group(masked, named["object"]).members
        yield from ((a, b) for a in _group(masked, named["subject"]).members for b in targets if a != b)


def _group(masked: Masked, mark: str) -> Group:
    return masked.groups[int(mark.strip("«»+")[1:])]


def _clause_before(text: str, start: int) -> str:
    return re.split(r"[,;:.]", text[max(0, start - _BEFORE) : start])[-1]


def _speaks(mention: Mention) -> bool:
    return bool(mention.curie) and not mention.family


def _keep_surest(found: Sequence[Found], mentions: Sequence[Mention]) -> list[Found]:
    best: dict[tuple[str, ...], Found] = {}
    for hit in found:
        topic = "effect" if hit.rule.predicate in _SAME_MEANING else hit.rule.predicate.value
        key = (mentions[hit.subject].curie, mentions[hit.object].curie, topic)
        if key not in best or _rank(hit) > _rank(best[key]):
            best[key] = hit
    return list(best.values())


def _rank(hit: Found) -> tuple[float, int]:
    return hit.rule.rank, -hit.length


def _to_statement(
    document_id: str, text: str, sentence: tuple[int, int], section: str, mentions: Sequence[Mention], found: Found
) -> Statement:
    subject, target = mentions[found.subject], mentions[found.object]
    return Statement(
        document_id,
        subject.curie,
        found.rule.predicate,
        target.curie,
        *sentence,
        text[slice(*sentence)],
        section,
        found.negated,
        found.uncertain,
        round(found.rule.confidence * (_DOUBT_FACTOR if found.uncertain else 1.0), 3),
        found.rule.name,
        (subject.start, subject.end),
        (target.start, target.end),
    )
