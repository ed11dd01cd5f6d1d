"""The clinical facts that the graph and the curated tables state, one frozen dataclass per kind of fact.

Drugs, classes, conditions, phenotypes and genes are CURIEs; every fact carries the citation it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Citation:
    """What a fact rests on: reference id, its words, whether it was read (`source_read`) or `recalled`, the source."""

    reference: str = ""
    text: str = ""
    checked: str = ""
    source: str = ""
    release: str = ""

    @property
    def label(self) -> str:
        """The citation in one line; a recalled one says so.

        >>> Citation("ada_2024", "ADA, Standards of Care, 2024", "recalled").label
        'ADA, Standards of Care, 2024 (recalled)'
        """
        words = self.text or self.reference or self.source
        return f"{words} (recalled)" if self.checked == "recalled" else words


NO_CITATION: Final = Citation()


@dataclass(frozen=True, slots=True)
class Concept:
    """A node of the graph as far as the recommender needs it."""

    curie: str
    name: str
    category: str = ""
    synonyms: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    kind: str = ""
    cost_class: str = ""


@dataclass(frozen=True, slots=True)
class Indication:
    """A drug treats a condition; `level` is L1 (guideline) … L5 (model only), `line` 0 when no line is stated."""

    drug: str
    condition: str
    level: str
    line: int = 0
    role: str = ""
    partners: tuple[str, ...] = ()
    population: str = ""
    biomarkers: tuple[str, ...] = ()
    dose: str = ""
    probability: float | None = None
    run: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Contraindication:
    """A drug must not (`absolute`) or should not (`relative`) be given in a condition or finding."""

    drug: str
    condition: str
    severity: str
    population: str = ""
    rationale: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two drugs, or classes of drugs, change each other's effect; the order of the two says nothing."""

    first: str
    second: str
    severity: str
    mechanism: str = ""
    management: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Modifier:
    """A fact about the patient that changes what an interaction means; see `ontologies/interaction_modifiers.tsv`."""

    first: str
    second: str
    factor: str
    operator: str
    value: str
    severity: str
    advice: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Membership:
    """A drug belongs to a class."""

    drug: str
    drug_class: str
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class CrossReactivity:
    """Who is allergic to one of the two may react to the other."""

    first: str
    second: str
    verdict: str
    advice: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Limit:
    """What a check says of a drug (`verdict`) and to do (`advice`); when it says so stands in the kinds below."""

    drug: str
    verdict: str = field(kw_only=True)
    advice: str = field(default="", kw_only=True)
    citation: Citation = field(default=NO_CITATION, kw_only=True)


@dataclass(frozen=True, slots=True)
class RenalLimit(Limit):
    """Below `below` of `measure` (`egfr_ml_min_1_73m2` or `crcl_ml_min`) the verdict applies."""

    measure: str
    below: float


@dataclass(frozen=True, slots=True)
class HepaticLimit(Limit):
    """In the Child-Pugh class (A, B or C) the verdict applies."""

    child_pugh: str


@dataclass(frozen=True, slots=True)
class ReproductiveLimit(Limit):
    """In pregnancy or lactation (`state`) the verdict applies."""

    state: str


@dataclass(frozen=True, slots=True)
class AgeLimit(Limit):
    """Outside of `min_years` to `max_years` (None: no limit) the verdict applies."""

    min_years: float | None
    max_years: float | None


@dataclass(frozen=True, slots=True)
class GeneDrug(Limit):
    """What a finding in a gene means for a drug; `effect` is toxicity, inefficacy, dose or response."""

    gene: str
    finding: str
    effect: str


@dataclass(frozen=True, slots=True)
class QtRisk:
    """A drug's risk of torsades de pointes: known, possible or conditional."""

    drug: str
    risk: str
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class LifestyleLimit(Limit):
    """With a food or habit (`factor`) the verdict applies."""

    factor: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A source was read for this drug and this check; where it was read as a whole, the rules' silence means *ok*."""

    drug: str
    check: str
    citation: Citation = NO_CITATION
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A drug may cause a finding; `frequency` is a class (very_common … very_rare) or "" when unknown."""

    drug: str
    finding: str
    frequency: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What to measure while a drug is taken, and when."""

    drug: str
    measure: str
    loinc: str = ""
    when: str = ""
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence on one drug or condition: a stop rule or a non-drug measure."""

    subject: str
    text: str
    citation: Citation = NO_CITATION


@dataclass(frozen=True, slots=True)
class Link:
    """A plain edge that an explanation may walk over."""

    subject: str
    predicate: str
    object: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Every fact that a recommender works from, as plain rows; each list may be empty."""

    concepts: tuple[Concept, ...] = ()
    indications: tuple[Indication, ...] = ()
    contraindications: tuple[Contraindication, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    memberships: tuple[Membership, ...] = ()
    cross_reactivity: tuple[CrossReactivity, ...] = ()
    renal_limits: tuple[RenalLimit, ...] = ()
    hepatic_limits: tuple[HepaticLimit, ...] = ()
    reproductive_limits: tuple[ReproductiveLimit, ...] = ()
    age_limits: tuple[AgeLimit, ...] = ()
    gene_drug: tuple[GeneDrug, ...] = ()
    qt_risks: tuple[QtRisk, ...] = ()
    lifestyle_limits: tuple[LifestyleLimit, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    monitoring: tuple[Monitoring, ...] = ()
    stop_rules: tuple[Advice, ...] = ()
    non_drug_measures: tuple[Advice, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    links: tuple[Link, ...] = ()
    products: tuple[tuple[str, tuple[str, ...]], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
