"""Patient and candidates in numbers: late fusion of the modalities, and graph features that fit any drug."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from recommender.knowledge import Knowledge
from recommender.patient import Patient, StopReason
from recommender.score import Scored

Values = tuple[float | None, ...]

LABS: Final = (
    "egfr_ml_min_1_73m2",
    "creatinine_mg_dl",
    "potassium_mmol_l",
    "sodium_mmol_l",
    "glucose_mg_dl",
    "hba1c_percent",
    "systolic_mmhg",
    "heart_rate_per_min",
    "weight_kg",
)
HABITS: Final = ("smoking", "alcohol")
MODALITIES: Final = {"clinical": 7, "labs": 2 * len(LABS), "genome": 1, "lifestyle": len(HABITS), "text": 1, "image": 2}
OPTION_FEATURES: Final = (
    "evidence_grade",
    "line_of_therapy",
    "graph_probability",
    "path_support",
    "side_effect_burden",
    "cost",
    "caution",
    "not_assessed",
    "continuity",
    "also_treats",
    "biomarker",
)
NUM_EMBEDDED: Final = 8
AGE_BANDS: Final = ((18, "under 18"), (40, "18-39"), (65, "40-64"), (80, "65-79"))
OLDEST: Final = "80 and over"
OPTION_WIDTH: Final = len(OPTION_FEATURES) + 2 + NUM_EMBEDDED


def fuse_patient(patient: Patient) -> Values:
    """The patient's numbers, modality after modality; None where nothing is known."""
    return (
        *_clinical(patient),
        *_labs(patient),
        *_genome(patient),
        *_lifestyle(patient),
        *_text(patient),
        *_image(patient),
    )


def describe_option(scored: Scored, knowledge: Knowledge) -> tuple[float, ...]:
    """A candidate's graph features [OPTION_WIDTH]: points of the base score with cautions together, the numbers of its
    drugs and of lines that failed before it, and where its drugs stand in the graph."""
    points = dict.fromkeys(OPTION_FEATURES, 0)
    for line in scored.contributions:
        name = line.name.partition(":")[0]
        if name in points:
            points[name] += line.value
    candidate = scored.candidate
    return (
        *(float(points[name]) for name in OPTION_FEATURES),
        float(len(candidate.drugs)),
        float(candidate.failed_lines),
        *embed_drugs(candidate.drugs, knowledge),
    )


def to_record(
    episode_id: str,
    step: int,
    patient: Patient,
    options: tuple[Scored, ...],
    knowledge: Knowledge,
    policy_version: str = "base",
) -> dict[str, Any]:
    """The part of a feedback record that is known when a slate is shown; `options` stand best first by base score."""
    return {
        "episode_id": episode_id,
        "step": step,
        "policy_version": policy_version,
        "observation": list(fuse_patient(patient)),
        "options": [list(describe_option(s, knowledge)) for s in options],
        "base_scores": [s.score for s in options],
        "groups": find_groups(patient),
    }


def find_groups(patient: Patient) -> dict[str, str]:
    """The groups that a policy's value is looked at by: sex and age band, where they are known."""
    age = patient.age_years
    band = "" if age is None else next((name for limit, name in AGE_BANDS if age < limit), OLDEST)
    return {name: value for name, value in (("sex", patient.sex), ("age_band", band)) if value}


def embed_drugs(drugs: tuple[str, ...], knowledge: Knowledge) -> tuple[float, ...]:
    """A regimen's place in the graph [NUM_EMBEDDED]: signed hashing of its drugs' classes and neighbours, of length 1.

    The hash is fixed (Weinberger et al. 2009, feature hashing), so that a drug that joins the graph later lies near
    those that share its classes, and nothing has to be trained again.
    """
    places = [0.0] * NUM_EMBEDDED
    for drug in drugs:
        for token in (*knowledge.classes_of.get(drug, ()), *_neighbours(drug, knowledge)):
            digest = hashlib.blake2b(token.encode(), digest_size=2).digest()
            places[digest[0] % NUM_EMBEDDED] += 1.0 if digest[1] % 2 else -1.0
    length = sum(x * x for x in places) ** 0.5
    return tuple(x / length for x in places) if length else tuple(places)


def _neighbours(drug: str, knowledge: Knowledge) -> tuple[str, ...]:
    links = knowledge.links_of.get(drug, ())
    return tuple(f"{link.predicate} {link.object if link.subject == drug else link.subject}" for link in links)


def _clinical(patient: Patient) -> Values:
    sex = {"female": 1.0, "male": 0.0}.get(patient.sex)
    return (
        patient.age_years,
        sex,
        None if patient.pregnant is None else float(patient.pregnant),
        float(sum(not c.is_past and not c.refuted for c in patient.conditions)),
        float(len(patient.current_medications)),
        float(sum(not a.refuted for a in patient.allergies)),
        float(sum(m.stop_reason is not StopReason.NOT_STATED for m in patient.medications)),
    )


def _labs(patient: Patient) -> Values:
    """The newest value and its distance to the oldest of each laboratory measure."""
    values: list[float | None] = []
    for measure in LABS:
        series = patient.series(measure)
        newest = series[-1].value if series else None
        values += [newest, None if newest is None or len(series) < 2 else newest - series[0].value]
    return tuple(values)


def _genome(patient: Patient) -> Values:
    return (float(len(patient.genome)) if patient.genome else None,)


def _lifestyle(patient: Patient) -> Values:
    known = {fact.factor: float(fact.present) for fact in patient.lifestyle}
    return tuple(known.get(habit) for habit in HABITS)


def _text(patient: Patient) -> Values:
    return (float(sum(m.is_affirmed for m in patient.mentions)) if patient.texts or patient.mentions else None,)


def _image(patient: Patient) -> Values:
    """Mean and spread of the newest image vector: its dimensions are the image model's own."""
    vector = patient.images[-1].values if patient.images else ()
    if not vector:
        return (None, None)
    mean = sum(vector) / len(vector)
    return (mean, (sum((x - mean) ** 2 for x in vector) / len(vector)) ** 0.5)
