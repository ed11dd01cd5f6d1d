"""Is a mention negated, uncertain, hypothetical, about the family, or past? Scope rules over one sentence at a time.

The rules are data: `assertion_rules.tsv`, one trigger a row. `forward` triggers reach from their end to the next stop,
`backward` ones from the previous stop to their start, at most `words` words (0: no limit); `pseudo` triggers use up
their words so that nothing inside them fires but a denial in one of the family's ("mother denies" is not about the
mother, yet denies); `stop` ends the scopes of its assertion (`any`: of all but the family's, which a new subject ends).
Where triggers overlap the longest wins. The scheme follows ConText (Harkema et al. 2009, J Biomed Inform 42:839), the
rules are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from extraction.document import EntityType, Section, Span
from extraction.literals import Prefilter
from extraction.sections import section_at
from extraction.tables import read_rows
from extraction.words import to_lower

ASSERTIONS = ("negated", "uncertain", "hypothetical", "family", "historical")
_SECTION_ASSERTIONS = {
    "family_history": "family",
    "past_medical_history": "historical",
    "past_surgical_history": "historical",
    "differential": "uncertain",
}
_RESULT = re.compile(r"negative|unremarkable")
_DONE = frozenset({EntityType.PROCEDURE, EntityType.LAB_TEST})
_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])\s*")


@dataclass(frozen=True, slots=True)
class Assertion:
    """How a mention is meant; all False is a plain statement about the patient or the world, now."""

    negated: bool = False
    uncertain: bool = False
    hypothetical: bool = False
    family: bool = False
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    pattern: re.Pattern[str]
    assertion: str
    direction: str
    words: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule that was found at [start, end)."""

    start: int
    end: int
    rule: Rule


@cache
def read_rules() -> tuple[Rule, ...]:
    """Return the rules of `assertion_rules.tsv`."""
    return tuple(
        Rule(_compile(row["trigger"]), row["assertion"], row["direction"], int(row["words"]))
        for row in read_rows("assertion_rules.tsv")
    )


@cache
def _prefilter() -> Prefilter:
    return Prefilter(rule.pattern for rule in read_rules())


def read_assertions(
    text: str, spans: Sequence[Span], sentences: Sequence[tuple[int, int]], sections: Sequence[Section]
) -> tuple[Assertion, ...]:
    """Return one assertion per span, in order.

    >>> spans = [Span(11, 21, "symptom"), Span(26, 34, "symptom")]
    >>> [a.negated for a in read_assertions("She denies chest pain but has dyspnea.", spans, [(0, 38)], ())]
    [True, False]
    """
    lowered = to_lower(text).replace("’", "'")
    found: dict[Span, set[str]] = {}
    for start, end in _units(lowered, sentences):
        inside = [s for s in spans if start <= s.start < end]
        if inside:
            triggers = [t for t in find_triggers(lowered, start, end, inside) if not _is_heading(t, sections)]
            found |= {span: _assertions_of(lowered, span, triggers) for span in inside}
    return tuple(
        _to_assertion(found.get(span, set()), section_at(sections, span.start), lowered[span.start : span.end])
        for span in spans
    )


def find_triggers(lowered: str, start: int, end: int, spans: Sequence[Span]) -> tuple[Trigger, ...]:
    """Return the rules' triggers of one sentence in order, the longest where they overlap, none inside a span."""
    rules = read_rules()
    found = [
        Trigger(m.start(), m.end(), rule)
        for rule in map(rules.__getitem__, _prefilter().find(lowered[start:end]))
        for m in rule.pattern.finditer(lowered, start, end)
        if not any(s.start < m.end() and m.start() < s.end for s in spans)
    ]
    return tuple(_keep_longest(found))


def _compile(trigger: str) -> re.Pattern[str]:
    before = r"(?<![\w-])" if re.match(r"[\w(]", trigger) and not trigger.startswith(r"\(") else ""
    after = r"(?![\w])" if re.search(r"[\w)?+*]$", trigger) and not trigger.endswith((r"\)", "non-?", r"\?")) else ""
    return re.compile(before + f"(?:{trigger})" + after)


def _units(text: str, sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield sentences; a heading such as "She denies:" is joined to its bulleted items or to a short answer."""
    if not sentences:
        return
    start, end = sentences[0]
    opened = text[start:end].endswith(":")
    for (_, last_end), (next_start, next_end) in pairwise(sentences):
        item = _BULLET.match(text, next_start) is not None
        if opened and (item or next_end - next_start < 12) and text[last_end:next_start].count("\n") <= 1:
            end, opened = next_end, opened and item
        else:
            yield start, end
            start, end, opened = next_start, next_end, text[next_start:next_end].endswith(":")
    yield start, end


def _keep_longest(found: list[Trigger]) -> list[Trigger]:
    """Keep the longest of overlapping triggers; two that cover the same words say two things and both stay."""
    kept: list[Trigger] = []
    for new in sorted(found, key=lambda t: (t.rule.direction == "stop", t.start - t.end, t.start)):
        if all(_says_more(k, new) for k in kept if k.start < new.end and new.start < k.end):
            kept.append(new)
    return sorted(kept, key=lambda t: t.start)


def _says_more(kept: Trigger, new: Trigger) -> bool:
    hides = kept.rule.direction == "pseudo"
    if new.rule.direction == "stop":
        return not hides or kept.rule.assertion != new.rule.assertion
    if hides and kept.rule.assertion == "family" and new.rule.assertion == "negated":
        return True
    same_words = (kept.start, kept.end) == (new.start, new.end)
    return same_words and (kept.rule.assertion != new.rule.assertion or not hides)


def _assertions_of(text: str, span: Span, triggers: Sequence[Trigger]) -> set[str]:
    reaching = [t for t in triggers if _reaches(text, t, span, triggers) and not _is_result(text, t, span)]
    if any(t.rule.assertion == "affirmed" for t in reaching):
        reaching = [t for t in reaching if t.rule.assertion != "negated" or _beside(text, t, span)]
    return {t.rule.assertion for t in reaching} - {"affirmed"}


def _is_result(text: str, trigger: Trigger, span: Span) -> bool:
    """Tell whether a trigger says what a procedure or test found: "the X-ray is unremarkable" denies no X-ray."""
    return (
        span.type in _DONE
        and trigger.rule.direction == "backward"
        and _RESULT.search(text, trigger.start, trigger.end) is not None
    )


def _beside(text: str, trigger: Trigger, span: Span) -> bool:
    """Tell whether no comma parts them: "no fever was noted" stays negated, "no fever, cough noted" does not."""
    return "," not in text[trigger.end : span.start]


def _reaches(text: str, trigger: Trigger, span: Span, triggers: Sequence[Trigger]) -> bool:
    rule = trigger.rule
    if rule.direction == "forward" and span.start >= trigger.end:
        between = (trigger.end, span.start)
    elif rule.direction == "backward" and span.end <= trigger.start:
        between = (span.end, trigger.start)
    else:
        return False
    words = len(text[between[0] : between[1]].split())
    return (not rule.words or words <= rule.words) and not any(_stops(text, t, trigger, between) for t in triggers)


def _stops(text: str, other: Trigger, trigger: Trigger, between: tuple[int, int]) -> bool:
    if other is trigger or other.start < between[0] or other.end > between[1]:
        return False
    if text[other.start] == ")" and "(" in text[between[0] : other.start]:
        return False
    rule = other.rule
    if rule.direction == "stop":
        everybodys = rule.assertion == "any" and trigger.rule.assertion != "family"
        return everybodys or rule.assertion == trigger.rule.assertion
    if trigger.rule.direction == "backward" and trigger.rule.assertion in ("negated", "affirmed", "uncertain"):
        return rule.direction == "backward" and rule.assertion in ("negated", "affirmed", "uncertain")
    return False


def _is_heading(trigger: Trigger, sections: Sequence[Section]) -> bool:
    """Tell whether a trigger is part of a header whose section says the same of all that stands in it."""
    section = section_at(sections, trigger.start)
    in_header = section is not None and trigger.end <= section.body
    return section is not None and in_header and _SECTION_ASSERTIONS.get(section.name) == trigger.rule.assertion


@cache
def _chronic() -> re.Pattern[str]:
    names = sorted((row["name"] for row in read_rows("chronic_conditions.tsv")), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")


def _to_assertion(hits: set[str], section: Section | None, name: str) -> Assertion:
    """Join what the sentence says with what the section says: a lifelong disease under past history is not past."""
    by_section = _SECTION_ASSERTIONS.get(section.name) if section is not None else None
    if by_section is not None and not (by_section == "historical" and _chronic().search(name)):
        hits = hits | {by_section}
    return Assertion(*(name in hits for name in ASSERTIONS))
