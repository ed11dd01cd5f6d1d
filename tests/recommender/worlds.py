"""A small hand-made world: few drugs and conditions with rules that can be worked out on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from recommender.facts import (
    Citation,
    Concept,
    Contraindication,
    Coverage,
    CrossReactivity,
    Indication,
    Interaction,
    Membership,
    RenalLimit,
    Rows,
)
from recommender.knowledge import Knowledge
from recommender.patient import Allergy, Condition, Mapping, Measurement, Medication, Origin, Patient
from recommender.patient import Concept as Said
from recommender.safety.verdict import Check

DAY = date(2026, 9, 14)
LABEL = Citation("label", "Agency, Label, 2020", "recalled", "infores:test")

INFECTION, PAIN, ULCER, CLOT = "DOID:1", "DOID:2", "DOID:3", "DOID:4"
PENICILLIN, AMPICILLIN, CEPHALOSPORIN, MACROLIDE = "DRUGBANK:P", "DRUGBANK:A", "DRUGBANK:C", "DRUGBANK:M"
NSAID, PARACETAMOL, WARFARIN = "DRUGBANK:N", "DRUGBANK:PA", "DRUGBANK:W"
PENICILLINS, CEPHALOSPORINS, NSAIDS = "theragraph.class:penicillins", "theragraph.class:ceph", "theragraph.class:nsaids"

NAMES = {
    INFECTION: "infection",
    PAIN: "pain",
    ULCER: "ulcer",
    CLOT: "clot",
    PENICILLIN: "penicillin",
    AMPICILLIN: "ampicillin",
    CEPHALOSPORIN: "cephalosporin",
    MACROLIDE: "macrolide",
    NSAID: "nsaid",
    PARACETAMOL: "paracetamol",
    WARFARIN: "warfarin",
}
DRUGS = (PENICILLIN, AMPICILLIN, CEPHALOSPORIN, MACROLIDE, NSAID, PARACETAMOL, WARFARIN)


def small_rows() -> Rows:
    """Infection: penicillin, then cephalosporin, macrolide. Pain: nsaid, then paracetamol. Clot: warfarin."""
    concepts = [
        Concept(curie, name, "Drug" if curie.startswith("DRUG") else "Disease") for curie, name in NAMES.items()
    ]
    concepts += [
        Concept(PENICILLINS, "penicillins", "ChemicalEntity", kind="allergy"),
        Concept(CEPHALOSPORINS, "cephalosporins", "ChemicalEntity", kind="allergy"),
        Concept(NSAIDS, "NSAIDs", "ChemicalEntity", kind="therapeutic"),
    ]
    return Rows(
        concepts=tuple(concepts),
        indications=(
            Indication(PENICILLIN, INFECTION, "L1", 1, citation=LABEL),
            Indication(CEPHALOSPORIN, INFECTION, "L1", 2, citation=LABEL),
            Indication(MACROLIDE, INFECTION, "L2", 3, citation=LABEL),
            Indication(NSAID, PAIN, "L1", 1, citation=LABEL),
            Indication(PARACETAMOL, PAIN, "L1", 2, citation=LABEL),
            Indication(WARFARIN, CLOT, "L1", 1, citation=LABEL),
        ),
        contraindications=(
            Contraindication(NSAID, ULCER, "absolute", citation=LABEL),
            Contraindication(PARACETAMOL, ULCER, "relative", citation=LABEL),
        ),
        interactions=(Interaction(WARFARIN, NSAIDS, "contraindicated", "bleeding", "avoid", LABEL),),
        memberships=(
            Membership(PENICILLIN, PENICILLINS, LABEL),
            Membership(AMPICILLIN, PENICILLINS, LABEL),
            Membership(CEPHALOSPORIN, CEPHALOSPORINS, LABEL),
            Membership(NSAID, NSAIDS, LABEL),
        ),
        cross_reactivity=(CrossReactivity(PENICILLINS, CEPHALOSPORINS, "caution", "test dose", LABEL),),
        renal_limits=(
            RenalLimit(NSAID, "egfr_ml_min_1_73m2", 30.0, verdict="blocked", advice="avoid", citation=LABEL),
        ),
        coverage=(
            *(Coverage(drug, check, LABEL) for drug in DRUGS for check in Check if check != "renal"),
            Coverage(NSAID, "renal", LABEL),
        ),
    )


def small_world() -> Knowledge:
    """The indexed rows."""
    return Knowledge.from_rows(small_rows())


def said(curie: str) -> Said:
    """A mapped concept."""
    return Said(NAMES.get(curie, curie), (), (curie,), Mapping.EXACT)


def unknown(text: str = "gobbledygook") -> Said:
    """A concept that did not map."""
    return Said(text)


def patient_with(*conditions: str, **more: object) -> Patient:
    """A 40-year-old man with conditions, no medication, no known allergy."""
    basis = Patient(
        "p",
        DAY,
        sex="male",
        birth_date=date(1986, 1, 1),
        conditions=tuple(Condition(said(c), "active", origin=Origin("c")) for c in conditions),
        no_medications=True,
        no_known_allergies=True,
    )
    return replace(basis, **more)  # type: ignore[arg-type]


def taking(*drugs: str) -> tuple[Medication, ...]:
    """Current medications."""
    return tuple(Medication(said(d), "active", origin=Origin("m")) for d in drugs)


def allergic_to(*curies: str, kind: str = "allergy") -> tuple[Allergy, ...]:
    """Recorded allergies."""
    return tuple(Allergy(said(c), kind, origin=Origin("a")) for c in curies)


def measured(measure: str, value: float, day: str = "2026-09-01") -> Measurement:
    """One value."""
    return Measurement(measure, value, "", Origin("o", day))
