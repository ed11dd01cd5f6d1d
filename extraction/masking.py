"""A sentence as the relation rules see it: lower case, every run of coordinated mentions replaced by a mark.

A mark is `«D0»`: one letter for the class of its mentions (`D` drug, `C` condition, `G` gene or variant, `P`
procedure, `L` laboratory test) and the place of the group; a group of several concepts is written `«D0+»`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extraction.document import EntityType
from kg.model import Mention

CLASS_OF_TYPE = {
    EntityType.DRUG: "D",
    EntityType.DISEASE: "C",
    EntityType.SYMPTOM: "C",
    EntityType.GENE: "G",
    EntityType.VARIANT: "G",
    EntityType.PROCEDURE: "P",
    EntityType.LAB_TEST: "L",
}
_JOIN = re.compile(
    r"\s*(?:[,/;+-]\s*)?(?:and/or|and|or|as well as|plus|nor|in combination with|combined with|,)?\s*"
    r"(?:for |in |of |against |with )?(?:the |an? |mild |severe |acute |chronic |new |worsening |oral |low-dose )?"
)
_ABBREVIATED = re.compile(r"\s*[(\[]")
_ASIDE = re.compile(r"\s*[(\[][^()\[\]«»]*[)\]]")
_ANAPHOR = re.compile(
    r"^(?:(?P<drug>it(?= (?:is|was|can|may|has|should|also|works|acts|causes|reduces|must))|"
    r"(?:this|the|these|both|such) (?:drugs?|agents?|medications?|medicines?|antibiotics?|treatments?|compounds?))"
    r"|(?P<condition>(?:this|the) (?:condition|disease|disorder|infection|syndrome|complication)))\b"
)
_SUBJECT = re.compile(r"[^«».;:,]{0,30}?(«[A-Z]\d+\+?»)")
_NO_SUBJECT = re.compile(
    r"\b(and|but|which|then|that)(?= (?:(?:may|can|could|also|often|later|subsequently|then|has|have|had|is|was|"
    r"are|were|be|been|not|never|\w+ly) )*(?:caus\w+|reduc\w+|increas\w+|decreas\w+|prevent\w*|precipitat\w+|"
    r"induc\w+|leads?\b|led\b|result(?:s|ed) in|worsen\w*|should|must|interact\w*|rais\w+|lower\w*|improv\w+|"
    r"contraindicated|associated|reliev\w*|treat(?:s|ed)\b|stopped|discontinued|effective|ineffective|used|indicated|"
    r"presents?|protect\w*|aggravat\w*|exacerbat\w*|continued|weaken\w*)\b)"
)
_PRONOUN = re.compile(r"(;|\b(?:because|as|since|and|but)) it\b(?= \w)")


@dataclass(frozen=True, slots=True)
class Group:
    """Coordinated mentions: places in the document's mentions, and their class letter."""

    letter: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked sentence; a mark's number is the place of its group."""

    text: str
    groups: tuple[Group, ...]

    def topic(self, letter: str) -> Group | None:
        """Return the only group of a class, None when there are none or several."""
        found = [g for g in self.groups if g.letter == letter]
        return found[0] if len(found) == 1 else None


def mask_sentence(
    text: str, start: int, end: int, mentions: Sequence[Mention], places: Sequence[int], before: Masked | None
) -> Masked:
    """Return the masked sentence; `places` are the mentions inside it, in order, `before` the sentence in front of it.

    A sentence that begins with "this drug" or "the condition" speaks of the only drug or condition of the one before.
    """
    groups: list[Group] = []
    parts: list[str] = []
    at = start
    for run in _runs(text, mentions, [p for p in places if mentions[p].type in CLASS_OF_TYPE]):
        parts += [text[at : mentions[run[0]].start].lower(), _mark(run, mentions, len(groups))]
        groups.append(Group(_letter(mentions[run[0]]), tuple(run)))
        at = _end_of(text, mentions, run, places)
    masked = " ".join(_ASIDE.sub("", "".join([*parts, text[at:end].lower()])).split())
    resolved = _resolve(Masked(masked.replace("’", "'"), tuple(groups)), before)
    return Masked(_repeat_subject(resolved.text), resolved.groups)


def _repeat_subject(text: str) -> str:
    """Write the first mark again before verbs and for pronouns that lean on it: "D treats C and may cause C"."""
    subject = _SUBJECT.match(text)
    if subject is None:
        return text
    head, rest = text[: subject.end()], text[subject.end() :]
    rest = _NO_SUBJECT.sub(rf"\1 {subject[1]}", rest)
    return head + _PRONOUN.sub(rf"\1 {subject[1]}", rest)


def _runs(text: str, mentions: Sequence[Mention], places: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place in places:
        if runs and _joined(text, mentions[runs[-1][-1]], mentions[place]):
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _joined(text: str, left: Mention, right: Mention) -> bool:
    between = text[left.end : right.start]
    if _letter(left) != _letter(right):
        return False
    if left.type == EntityType.GENE and right.type == EntityType.VARIANT and not between.strip():
        return True
    return bool(_JOIN.fullmatch(between) and between.strip()) or bool(_ABBREVIATED.fullmatch(between))


def _mark(run: Sequence[int], mentions: Sequence[Mention], number: int) -> str:
    several = len({mentions[p].curie or mentions[p].text.lower() for p in run}) > 1
    return f"«{_letter(mentions[run[0]])}{number}{'+' if several else ''}»"


def _end_of(text: str, mentions: Sequence[Mention], run: Sequence[int], places: Sequence[int]) -> int:
    """Return where the text goes on after a group: behind a closing bracket and behind the doses of a drug."""
    end = mentions[run[-1]].end
    if len(run) > 1 and text[end : end + 1] in (")", "]"):
        end += 1
    for place in places:
        dose = mentions[place]
        if dose.type == EntityType.DOSE and end <= dose.start and text[end : dose.start].strip(" ,(") in ("", "at"):
            end = dose.end + (text[dose.end : dose.end + 1] == ")")
    return end


def _letter(mention: Mention) -> str:
    return CLASS_OF_TYPE[EntityType(mention.type)]


def _resolve(masked: Masked, before: Masked | None) -> Masked:
    match = _ANAPHOR.match(masked.text)
    if match is None or before is None:
        return masked
    letter = "D" if match["drug"] else "C"
    topic = before.topic(letter)
    if topic is None:
        return masked
    mark = f"«{letter}{len(masked.groups)}{'+' if len(topic.members) > 1 else ''}»"
    return Masked(mark + masked.text[match.end() :], (*masked.groups, topic))
