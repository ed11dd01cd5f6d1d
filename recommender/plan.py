"""The treatment plan: one immutable object that every face shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from recommender.facts import Advice, Monitoring
from recommender.paths import Path
from recommender.patient import Issue, Unmapped
from recommender.safety.duplicate_therapy import SAME_DRUG
from recommender.safety.verdict import Outcome, Verdict
from recommender.score import Contribution
from recommender.summary import Known

RECOMMENDED: Final = "recommended"
ALTERNATIVE: Final = "alternative"
RANKED_LOWER: Final = "passed the gate and ranked lower"

ALTERNATIVES_ONLY: Final = "alternatives only, none fits with the others"
DISCLAIMER: Final = "For demonstration and research. Not for care: a clinician decides."


@dataclass(frozen=True, slots=True)
class Named:
    """A CURIE with its name."""

    curie: str
    name: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a document that states the treatment; one that denies it is never shown as evidence."""

    document_id: str
    text: str
    start: int
    end: int
    confidence: float | None = None
    section: str = ""
    is_uncertain: bool = False

    @property
    def assertion(self) -> str:
        """What became of the check for negation and doubt: affirmed, or affirmed with doubt."""
        return "not negated, uncertain" if self.is_uncertain else "not negated"


@dataclass(frozen=True, slots=True)
class Reason:
    """A stated fact that proposes the treatment: words, source, how it was checked."""

    text: str
    source: str
    citation: str
    level: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that speaks for a line."""

    reasons: tuple[Reason, ...] = ()
    paths: tuple[Path, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    @property
    def is_model_only(self) -> bool:
        """True when nothing but a model's number speaks for it."""
        return all(r.level == "L5" for r in self.reasons) and not self.paths and not self.sentences


@dataclass(frozen=True, slots=True)
class Line:
    """One regimen for one condition; `role` says whether it belongs to the recommended set or is an alternative."""

    condition: Named
    drugs: tuple[Named, ...]
    role: str
    line_of_therapy: int
    level: str
    score: int
    contributions: tuple[Contribution, ...]
    verdicts: tuple[Verdict, ...]
    evidence: Evidence
    dose: str = ""
    dose_source: str = ""
    population: str = ""
    is_for_all: bool = True
    added_to: str = ""
    via: str = ""
    monitoring: tuple[Monitoring, ...] = ()
    stop_rules: tuple[Advice, ...] = ()
    counterfactuals: tuple[str, ...] = ()

    @property
    def regimen(self) -> str:
        """The drugs' names in one line."""
        return " + ".join(drug.name for drug in self.drugs)

    @property
    def condition_of_use(self) -> str:
        """The words of a restriction that the record does not answer, "" when there is none.

        Such a line is right only for a patient whom the words fit; a clinician has to say so.
        """
        return "" if self.is_for_all else self.population

    @property
    def is_taken(self) -> bool:
        """True when the patient takes every drug of it already: it is continued, not started."""
        taken = {v.drug for v in self.verdicts if v.severity == SAME_DRUG}
        return all(drug.curie in taken for drug in self.drugs)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A regimen that may not be given, with the verdicts that say why."""

    drugs: tuple[Named, ...]
    condition: Named
    verdicts: tuple[Verdict, ...]
    counterfactual: str = ""

    @property
    def reason(self) -> Verdict:
        """The verdict that excludes it: what blocks, else what is not known at all (a caution alone never excludes)."""
        order = (Outcome.BLOCKED, Outcome.NOT_ASSESSED, Outcome.CAUTION, Outcome.OK)
        return min(self.verdicts, key=lambda v: order.index(v.outcome))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A treatment that was considered and is neither a line nor unsafe: ranked lower, or not for this patient."""

    drugs: tuple[Named, ...]
    condition: Named
    reason: str


@dataclass(frozen=True, slots=True)
class ConditionPlan:
    """What the plan does about one condition; `reason` says why when it has no line for it."""

    condition: Named
    is_treated: bool
    reason: str
    non_drug_measures: tuple[Advice, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A diagnosis that the patient's findings suggest, with the findings that speak for it."""

    disease: Named
    score: float
    phenotypes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole answer for one patient; `known` is what it rests on."""

    patient_id: str
    as_of: date
    abstained: bool
    reason: str
    lines: tuple[Line, ...]
    excluded: tuple[Excluded, ...]
    left_out: tuple[LeftOut, ...]
    conditions: tuple[ConditionPlan, ...]
    alerts: tuple[Verdict, ...]
    unmapped: tuple[Unmapped, ...]
    hypotheses: tuple[Hypothesis, ...]
    issues: tuple[Issue, ...]
    notes: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    known: tuple[Known, ...] = ()

    def name(self, curie: str) -> str:
        """The name of a concept that the plan speaks of, or the CURIE itself."""
        return next((name for known, name in self.names if known == curie), curie)

    @property
    def sources(self) -> str:
        """The sources behind the plan with their versions, in one line."""
        return ", ".join(f"{name} {version}" for name, version in self.versions)

    def actions(self, condition: Named) -> list[str]:
        """What to do for a condition: the recommended regimen, then what else is taken for it and may go on."""
        lines = [line for line in self.lines if line.condition == condition]
        chosen = [_to_action(x) for x in lines if x.role == RECOMMENDED]
        taken = [f"continue {x.regimen}" for x in lines if x.role != RECOMMENDED and x.is_taken]
        if lines and not chosen and not taken:
            is_added = all(line.added_to for line in lines)
            return ["only additions to a treatment that is missing" if is_added else ALTERNATIVES_ONLY]
        return [*chosen, *taken]


def _to_action(line: Line) -> str:
    """Continue what is taken, start what is not, and under which condition that the record leaves open."""
    limit = f" (if this fits: {line.condition_of_use})" if line.condition_of_use else ""
    return f"continue {line.regimen}" if line.is_taken else f"start {line.regimen}{limit}"
