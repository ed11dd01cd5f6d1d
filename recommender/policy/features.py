"""Patient and candidates in numbers: late fusion of the modalities, and graph features that fit any drug."""

from __future__ import annotations

from typing import Final

from recommender.patient import Patient
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
MODALITIES: Final = {"clinical": 6, "labs": 2 * len(LABS), "genome": 1, "lifestyle": len(HABITS), "text": 1, "image": 2}
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


def describe_option(scored: Scored) -> tuple[float, ...]:
    """A candidate's graph features in points of the base score, cautions together, and its number of drugs."""
    points = dict.fromkeys(OPTION_FEATURES, 0)
    for line in scored.contributions:
        name = line.name.partition(":")[0]
        if name in points:
            points[name] += line.value
    return (*(float(points[name]) for name in OPTION_FEATURES), float(len(scored.candidate.drugs)))


def _clinical(patient: Patient) -> Values:
    sex = {"female": 1.0, "male": 0.0}.get(patient.sex)
    return (
        patient.age_years,
        sex,
        None if patient.pregnant is None else float(patient.pregnant),
        float(sum(not c.is_past and not c.refuted for c in patient.conditions)),
        float(len(patient.current_medications)),
        float(sum(not a.refuted for a in patient.allergies)),
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
