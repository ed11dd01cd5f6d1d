"""Pregnancy."""

from __future__ import annotations

from recommender.knowledge import Knowledge
from recommender.safety.reproductive import check_state
from recommender.safety.verdict import Check, Verdict
from recommender.situation import Situation


def check_pregnancy(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Apply the drug's pregnancy rows when the patient is pregnant."""
    patient = situation.patient
    return check_state(drug, Check.PREGNANCY, patient.pregnant, patient.pregnancy_origin, situation, knowledge)
