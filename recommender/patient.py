"""The patient state: what is known about one person, each value with its time and its place in the record.

Nothing here is ever a default: a missing list is not an empty one, a missing value is not a normal one. A code that
could not be mapped to the graph stays in the state with an empty `curies`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

CURRENT_MEDICATION_STATUSES = frozenset({"", "active", "on-hold", "draft", "intended", "unknown"})
PAST_CONDITION_STATUSES = frozenset({"resolved", "inactive", "remission"})
SUSPECTED_CERTAINTIES = frozenset({"unconfirmed", "differential"})


class Mapping(StrEnum):
    """How a code or text came to its CURIE (SSSOM's exact, close and broad; unmapped when it did not)."""

    EXACT = "exact"
    CLOSE = "close"
    BROAD = "broad"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands in the record (a path such as `entry[3].resource`) and when it was true (ISO or "")."""

    where: str = ""
    time: str = ""


UNKNOWN_ORIGIN: Final = Origin()


def to_instant(time: str) -> str:
    """An ISO time as text that sorts by when it was: one with an offset is brought to UTC, any other stays.

    >>> to_instant("2026-09-01T23:30:00-05:00"), to_instant("2026-09")
    ('2026-09-02T04:30:00+00:00', '2026-09')
    """
    try:
        parsed = datetime.fromisoformat(time) if "T" in time else None
    except ValueError:
        return time
    return parsed.astimezone(UTC).isoformat() if parsed is not None and parsed.tzinfo else time


@dataclass(frozen=True, slots=True)
class Coding:
    """One code as a CURIE (`SNOMEDCT:44054006`; "" when the code system is unknown) with the text beside it."""

    curie: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """What a record element speaks of: its own text and codes, and the graph's CURIEs once it is mapped."""

    text: str
    codings: tuple[Coding, ...] = ()
    curies: tuple[str, ...] = ()
    mapping: Mapping = Mapping.UNMAPPED


@dataclass(frozen=True, slots=True)
class Condition:
    """A diagnosis or problem; `status` is FHIR's clinical status, "" when it was not given (and then it counts).

    `certainty` is "" for what is confirmed, else FHIR's provisional, differential or unconfirmed.
    """

    concept: Concept
    status: str = ""
    refuted: bool = False
    origin: Origin = UNKNOWN_ORIGIN
    certainty: str = ""

    @property
    def is_past(self) -> bool:
        """True when the record says that it is over."""
        return self.status in PAST_CONDITION_STATUSES

    @property
    def is_suspected(self) -> bool:
        """True for one of several possible diagnoses: it may speak against a drug, and it is not treated as a fact."""
        return self.certainty in SUSPECTED_CERTAINTIES


class StopReason(StrEnum):
    """Why a drug was stopped, as far as it matters for trying it again."""

    NOT_STATED = ""
    INEFFECTIVE = "ineffective"
    NOT_TOLERATED = "not tolerated"


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug that is or was taken; its concept's CURIEs are the ingredients."""

    concept: Concept
    status: str = ""
    route: str = ""
    dose: str = ""
    reason: str = ""
    origin: Origin = UNKNOWN_ORIGIN
    stop_reason: StopReason = StopReason.NOT_STATED

    @property
    def is_current(self) -> bool:
        """True unless the record says that it ended: a medication without a status counts as current."""
        return self.status in CURRENT_MEDICATION_STATUSES


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy or intolerance; its concept's CURIEs are drugs or drug classes.

    `is_severe` when the record says that the risk is high or that a reaction was severe.
    """

    concept: Concept
    kind: str = ""
    category: str = ""
    criticality: str = ""
    refuted: bool = False
    origin: Origin = UNKNOWN_ORIGIN
    is_severe: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """One laboratory value or vital sign, in the unit that `ontologies/lab_measures.tsv` fixes for its measure.

    `bound` is `<` or `>` when the record gives no more than a limit; `value` then lies just beyond that limit.
    """

    measure: str
    value: float
    unit: str
    origin: Origin = UNKNOWN_ORIGIN
    bound: str = ""


@dataclass(frozen=True, slots=True)
class GenomicFinding:
    """What a test said about one gene: an allele, a variant, a metaboliser phenotype or an expression level."""

    gene: str
    finding: str
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class LifestyleFact:
    """A habit: `factor` is alcohol, smoking, grapefruit …; `present` says whether the patient has it."""

    factor: str
    present: bool
    text: str = ""
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Procedure:
    """Something that was done; its concept's CURIE is the lasting state that it leaves, when a check reads that."""

    concept: Concept
    status: str = ""
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class FamilyHistory:
    """A relative's condition. It never counts as the patient's own."""

    concept: Concept
    relation: str = ""
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Phenotype:
    """A sign or symptom that was looked for: seen, or seen to be absent."""

    concept: Concept
    excluded: bool = False
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class ClinicalText:
    """A note or report before it is read."""

    text: str
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class TextMention:
    """What a note says, with the assertion that goes with it."""

    text: str
    curie: str
    type: str
    negated: bool = False
    uncertain: bool = False
    family: bool = False
    historical: bool = False
    hypothetical: bool = False
    origin: Origin = UNKNOWN_ORIGIN

    @property
    def is_affirmed(self) -> bool:
        """True when the note states it of this patient, now and without doubt."""
        return not (self.negated or self.uncertain or self.family or self.historical or self.hypothetical)


@dataclass(frozen=True, slots=True)
class ImageVector:
    """An image study as the vector of an encoder, whose name makes two vectors comparable or not."""

    values: tuple[float, ...]
    model: str
    origin: Origin = UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Issue:
    """An element that could not be read: its path, what is wrong with it."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A condition, medication, allergy or phenotype that no concept of the graph was found for."""

    kind: str
    text: str
    codes: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class Patient:
    """One person's state as of a day. Lists are in the order of the record, measurements in the order of time."""

    patient_id: str
    as_of: date
    sex: str = ""
    birth_date: date | None = None
    stated_age_years: float | None = None
    deceased: bool = False
    pregnant: bool | None = None
    pregnancy_origin: Origin = UNKNOWN_ORIGIN
    lactating: bool | None = None
    lactation_origin: Origin = UNKNOWN_ORIGIN
    child_pugh: str = ""
    conditions: tuple[Condition, ...] = ()
    medications: tuple[Medication, ...] = ()
    no_medications: bool = False
    allergies: tuple[Allergy, ...] = ()
    no_known_allergies: bool = False
    measurements: tuple[Measurement, ...] = ()
    genome: tuple[GenomicFinding, ...] = ()
    lifestyle: tuple[LifestyleFact, ...] = ()
    family_history: tuple[FamilyHistory, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    phenotypes: tuple[Phenotype, ...] = ()
    texts: tuple[ClinicalText, ...] = field(default=(), repr=False)
    mentions: tuple[TextMention, ...] = ()
    images: tuple[ImageVector, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def age_years(self) -> float | None:
        """Age on `as_of` in completed years, below two years in completed months, or as the record states it.

        None when neither is known.
        """
        if self.birth_date is None:
            return self.stated_age_years
        born, today = self.birth_date, self.as_of
        months = 12 * (today.year - born.year) + today.month - born.month - (today.day < born.day)
        return months / 12 if months < 24 else float(months // 12)

    @property
    def current_medications(self) -> tuple[Medication, ...]:
        """The medications that count as taken now."""
        return tuple(m for m in self.medications if m.is_current)

    def series(self, measure: str) -> tuple[Measurement, ...]:
        """Every value of one measure, oldest first: its trend."""
        return tuple(m for m in self.measurements if m.measure == measure)

    def latest(self, measure: str) -> Measurement | None:
        """The newest value of one measure, or None: missing is not normal."""
        return next((m for m in reversed(self.measurements) if m.measure == measure), None)
