"""The patient as the safety checks see it: facts by CURIE, derived numbers, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from recommender.derive import Derived, derive
from recommender.findings import read_lab_findings
from recommender.knowledge import Knowledge
from recommender.names import find_route
from recommender.patient import Condition, Measurement, Medication, Origin, Patient, StopReason
from recommender.patient import Mapping as Mapped

ACTIVE_STATUSES: Final = frozenset({"active", "recurrence", "relapse"})
RECENT_DAYS: Final = 365
_WORKUP_TYPES = frozenset({"disease", "symptom"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of the patient, in words; `is_weak` when it is past or only a note says so.

    `is_active` when the record calls it active, `is_recent` when it also began within a year or on an unknown day.
    """

    text: str
    is_weak: bool = False
    is_active: bool = False
    is_recent: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A current medication's ingredient and the words of its record."""

    drug: str
    text: str
    route: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """An ingredient that was stopped because it did not help or was not tolerated.

    `conditions` are what it was given for, as far as the record says; empty when it does not say.
    """

    drug: str
    text: str
    reason: StopReason
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks read. `findings` maps every concept that the patient has, broader ones too, to its facts.

    `broad_conditions` are the current conditions for which only a broader concept was found, with the record's words.
    """

    patient: Patient
    findings: Mapping[str, tuple[Fact, ...]]
    taken: tuple[Taken, ...]
    unmapped_conditions: tuple[str, ...]
    unmapped_medications: tuple[str, ...]
    unmapped_allergies: tuple[str, ...]
    broad_conditions: Mapping[str, str]
    derived: Derived
    tried: tuple[Tried, ...] = ()
    planned: tuple[Taken, ...] = ()

    @property
    def alongside(self) -> tuple[Taken, ...]:
        """What a drug would be taken with: the current medications and the other drugs of its regimen."""
        return self.taken + self.planned


def build_situation(patient: Patient, knowledge: Knowledge) -> Situation:
    """Collect what the checks need from a mapped patient."""
    findings: dict[str, list[Fact]] = {}
    for curies, fact in _stated_facts(patient):
        _add(findings, knowledge, curies, fact)
    return Situation(
        patient=patient,
        findings={curie: tuple(facts) for curie, facts in findings.items()},
        taken=tuple(t for m in patient.current_medications for t in _taken(m)),
        unmapped_conditions=tuple(c.concept.text for c in patient.conditions if _is_unmapped(c)),
        unmapped_medications=tuple(m.concept.text for m in patient.current_medications if not m.concept.curies),
        unmapped_allergies=tuple(
            a.concept.text
            for a in patient.allergies
            if not a.concept.curies and not a.refuted and a.category != "environment"
        ),
        broad_conditions={
            curie: c.concept.text
            for c in patient.conditions
            if c.concept.mapping is Mapped.BROAD and not c.refuted and not c.is_past
            for curie in c.concept.curies
        },
        derived=derive(patient),
        tried=tuple(_tried(patient)),
    )


def to_fact(text: str, origin: Origin, note: str = "") -> str:
    """A fact in one line: what, when, where.

    >>> to_fact("asthma", Origin("entry[2]", "2020-05-01"))
    'asthma (2020-05-01, entry[2])'
    """
    beside = ", ".join(part for part in (note, origin.time[:10], origin.where) if part)
    return f"{text} ({beside})" if beside else text


def is_stale(measurement: Measurement, as_of: date, days: int = 365) -> bool:
    """True when the value is older than `days`; a value without a time is stale."""
    try:
        taken = date.fromisoformat(measurement.origin.time[:10])
    except ValueError:
        return True
    return (as_of - taken).days > days


def _stated_facts(patient: Patient) -> Iterable[tuple[tuple[str, ...], Fact]]:
    for c in patient.conditions:
        if not c.refuted:
            yield c.concept.curies, _to_condition_fact(c, patient.as_of)
    for procedure in patient.procedures:
        yield procedure.concept.curies, Fact(to_fact(procedure.concept.text, procedure.origin, "procedure"))
    for p in patient.phenotypes:
        if not p.excluded:
            yield p.concept.curies, Fact(to_fact(p.concept.text, p.origin))
    for m in patient.mentions:
        if m.curie and m.type in _WORKUP_TYPES and (m.is_affirmed or m.historical) and not (m.negated or m.family):
            yield (m.curie,), Fact(to_fact(m.text, m.origin, "from a note"), is_weak=True)
    for rule in read_lab_findings():
        value = patient.latest(rule.measure)
        if value is not None and rule.holds(value.value):
            text = to_fact(f"{rule.name}: {value.measure} {value.value:g} {value.unit}", value.origin)
            yield (rule.curie,), Fact(text, is_weak=is_stale(value, patient.as_of))


def _to_condition_fact(condition: Condition, as_of: date) -> Fact:
    is_active = condition.status in ACTIVE_STATUSES
    onset = condition.origin.time[:10]
    is_recent = is_active and (not onset or _days_before(onset, as_of) <= RECENT_DAYS)
    text = to_fact(condition.concept.text, condition.origin, condition.status)
    return Fact(text, condition.is_past, is_active, is_recent)


def _days_before(day: str, as_of: date) -> int:
    """Days from an ISO day to `as_of`; 0 for what is no whole day."""
    try:
        return (as_of - date.fromisoformat(day)).days
    except ValueError:
        return 0


def _add(findings: dict[str, list[Fact]], knowledge: Knowledge, curies: tuple[str, ...], fact: Fact) -> None:
    for concept in {broader for curie in curies for broader in knowledge.closure(curie)}:
        findings.setdefault(concept, []).append(fact)


def _taken(medication: Medication) -> Iterable[Taken]:
    text = to_fact(medication.concept.text, medication.origin, medication.status or "no status: counts as current")
    route = (medication.route or find_route(medication.concept.text)).lower()
    return [Taken(curie, text, route) for curie in medication.concept.curies]


def _tried(patient: Patient) -> Iterable[Tried]:
    """Past medications with a reason for their end that speaks against trying them again."""
    by_text = {c.concept.text.lower(): c.concept.curies for c in patient.conditions}
    for m in patient.medications:
        if m.stop_reason is not StopReason.NOT_STATED and not m.is_current:
            text = to_fact(m.concept.text, m.origin, f"stopped: {m.stop_reason.value}")
            for curie in m.concept.curies:
                yield Tried(curie, text, m.stop_reason, by_text.get(m.reason.lower(), ()))


def _is_unmapped(condition: Condition) -> bool:
    return not condition.concept.curies and not condition.refuted and not condition.is_past
