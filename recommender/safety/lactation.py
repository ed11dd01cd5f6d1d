"""Lactation."""

from __future__ import annotations

from recommender.knowledge import Knowledge
from recommender.safety.reproductive import check_state
from recommender.safety.verdict import Check, Verdict
from recommender.situation import Situation


def check_lactation(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Apply the drug's lactation rows when the patient is breast-feeding."""
    patient = situation.patient
    return check_state(drug, Check.LACTATION, patient.lactating, patient.lactation_origin, situation, knowledge)
