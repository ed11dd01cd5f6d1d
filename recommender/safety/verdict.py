"""What a check says about one drug and one patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from recommender.facts import NO_CITATION, Citation

WOULD_BLOCK: Final = "would_block"  # the severity of what is not assessed and would block if it were so


class Check(StrEnum):
    """The checks of the gate, in the order in which they are shown."""

    CONTRAINDICATION = "contraindication"
    INTERACTION = "interaction"
    DUPLICATE_THERAPY = "duplicate_therapy"
    ALLERGY = "allergy"
    RENAL = "renal"
    HEPATIC = "hepatic"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    AGE = "age"
    PHARMACOGENOMICS = "pharmacogenomics"
    QT = "qt"
    FOOD_LIFESTYLE = "food_lifestyle"

    @property
    def label(self) -> str:
        """The check's name for people."""
        return _LABELS.get(self, self.value.replace("_", " "))


class Outcome(StrEnum):
    """The four things that a check can say. `not_assessed` is never *ok*."""

    BLOCKED = "blocked"
    CAUTION = "caution"
    NOT_ASSESSED = "not_assessed"
    OK = "ok"

    @property
    def rank(self) -> int:
        """0 for ok to 3 for blocked."""
        return _RANKS[self]


_LABELS = {Check.QT: "QT interval", Check.FOOD_LIFESTYLE: "food and habits"}
_RANKS = {Outcome.OK: 0, Outcome.NOT_ASSESSED: 1, Outcome.CAUTION: 2, Outcome.BLOCKED: 3}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check's word on one drug: the rule that spoke, the patient's facts that it used, and whose rule it is."""

    drug: str
    check: Check
    outcome: Outcome
    rule: str
    facts: tuple[str, ...] = ()
    citation: Citation = NO_CITATION
    advice: str = ""
    severity: str = ""
    other: str = ""


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The worst outcome of several verdicts; `ok` for none.

    >>> worst([])
    <Outcome.OK: 'ok'>
    """
    return max((v.outcome for v in verdicts), key=lambda outcome: outcome.rank, default=Outcome.OK)


def to_silence(drug: str, check: Check, coverage: Citation | None, facts: tuple[str, ...] = ()) -> Verdict:
    """What no rule speaking means: *ok* only when a source is known to cover the drug for the check."""
    if coverage is None:
        rule = "no rule speaks of it, and no source is known to cover this drug for this check"
        return Verdict(drug, check, Outcome.NOT_ASSESSED, rule, facts)
    return Verdict(
        drug,
        check,
        Outcome.OK,
        "a source covers this drug for this check and states nothing against it",
        facts,
        coverage,
    )


def to_passed(
    drug: str, check: Check, rule: str, coverage: Citation | None, facts: tuple[str, ...], citation: Citation
) -> Verdict:
    """What a rule that does not apply means: *ok* only when a source covers the drug: a rule may be missing."""
    if coverage is None:
        rule = f"does not apply: {rule}; no source is known to cover this drug for this check"
        return Verdict(drug, check, Outcome.NOT_ASSESSED, rule, facts, citation)
    return Verdict(drug, check, Outcome.OK, rule, facts, citation)


def to_missing(drug: str, check: Check, missing: str, advice: str = "", citation: Citation = NO_CITATION) -> Verdict:
    """The check could not be made because the record lacks something: missing is not normal."""
    return Verdict(drug, check, Outcome.NOT_ASSESSED, missing, (), citation, advice)
