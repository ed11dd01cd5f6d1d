"""The gate: every check on one drug, and what follows for a candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from recommender.knowledge import Knowledge
from recommender.safety.age import check_age
from recommender.safety.allergy import check_allergy
from recommender.safety.contraindication import check_contraindication
from recommender.safety.duplicate_therapy import check_duplicate_therapy
from recommender.safety.food_lifestyle import check_food_lifestyle
from recommender.safety.hepatic import check_hepatic
from recommender.safety.interaction import check_interaction, check_pair
from recommender.safety.lactation import check_lactation
from recommender.safety.pharmacogenomics import check_pharmacogenomics
from recommender.safety.pregnancy import check_pregnancy
from recommender.safety.qt import check_qt
from recommender.safety.renal import check_renal
from recommender.safety.verdict import Check, Outcome, Verdict
from recommender.situation import Situation, Taken

CheckFunction = Callable[[str, Situation, Knowledge], tuple[Verdict, ...]]

CHECKS: Final[dict[Check, CheckFunction]] = {
    Check.CONTRAINDICATION: check_contraindication,
    Check.INTERACTION: check_interaction,
    Check.DUPLICATE_THERAPY: check_duplicate_therapy,
    Check.ALLERGY: check_allergy,
    Check.RENAL: check_renal,
    Check.HEPATIC: check_hepatic,
    Check.PREGNANCY: check_pregnancy,
    Check.LACTATION: check_lactation,
    Check.AGE: check_age,
    Check.PHARMACOGENOMICS: check_pharmacogenomics,
    Check.QT: check_qt,
    Check.FOOD_LIFESTYLE: check_food_lifestyle,
}

NEEDED: Final = (Check.CONTRAINDICATION, Check.INTERACTION)  # without a source for these no drug is recommended


def check_drug(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Every check's verdicts on one drug, in the order of `Check`."""
    return tuple(verdict for check in CHECKS.values() for verdict in check(drug, situation, knowledge))


def check_regimen(drugs: tuple[str, ...], situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Every check on every drug, each with the others of the regimen beside the current medications."""
    return tuple(
        v for drug in drugs for v in check_drug(drug, _with_partners(drug, drugs, situation, knowledge), knowledge)
    )


def check_between(first: str, second: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """The interactions of two drugs of one plan."""
    return check_pair(first, Taken(second, f"{knowledge.name(second)} (in the same plan)"), situation, knowledge)


def check_knowledge(drug: str, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """What is not known of the drug at all; a candidate with any such verdict is excluded, never ranked."""
    return tuple(_unknown(drug, check) for check in NEEDED if not knowledge.knows(drug, check))


def is_blocked(verdicts: Iterable[Verdict]) -> bool:
    """True when any verdict blocks."""
    return any(v.outcome is Outcome.BLOCKED for v in verdicts)


def _with_partners(drug: str, drugs: tuple[str, ...], situation: Situation, knowledge: Knowledge) -> Situation:
    partners = tuple(Taken(d, f"{knowledge.name(d)} (in the same regimen)") for d in drugs if d != drug)
    return replace(situation, planned=partners) if partners else situation


def _unknown(drug: str, check: Check) -> Verdict:
    rule = f"no source is known to cover this drug's {check}s, not even in part: it cannot be recommended"
    return Verdict(drug, check, Outcome.NOT_ASSESSED, rule)
