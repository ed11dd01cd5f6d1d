"""QT burden: the drug's own risk, the other QT drugs, the measured QTc, potassium and magnesium."""

from __future__ import annotations

from typing import Final

from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_passed, to_silence
from recommender.situation import Situation

CHECK = Check.QT
# Bands of the corrected QT interval in AHA/ACCF's statement on torsades in hospital (Drew et al. 2010).
BLOCKED_QTC_MS: Final = 500.0
CAUTION_QTC_MS: Final = 470.0
_ELECTROLYTES: Final = {"potassium_mmol_l": 3.5, "magnesium_mmol_l": 0.7}


def check_qt(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Weigh the drug's QT risk with the patient's other risks.

    Blocked: a known-risk drug at a QTc of 500 ms or more. Caution: a QTc from 470 ms, another QT drug, a low potassium
    or magnesium, or a known-risk drug as such. Otherwise *ok* when the QTc was measured, else *not assessed*.
    """
    rows, coverage = knowledge.qt_risk_of.get(drug, ()), knowledge.coverage.get((drug, CHECK))
    if not rows:
        return (to_silence(drug, CHECK, coverage),)
    row = rows[0]
    qtc = situation.derived.qtc_ms
    facts = _qt_facts(drug, situation, knowledge)
    rule = f"{knowledge.name(drug)} carries a {row.risk} risk of torsades de pointes"
    if qtc is not None and qtc.value >= BLOCKED_QTC_MS and row.risk == "known":
        return (Verdict(drug, CHECK, Outcome.BLOCKED, rule, facts, row.citation, "QTc is 500 ms or more."),)
    if row.risk == "known" or any(not fact.startswith("QTc") for fact in facts) or _is_long(situation):
        return (
            Verdict(
                drug,
                CHECK,
                Outcome.CAUTION,
                rule,
                facts,
                row.citation,
                "Record an ECG before and after the start; keep potassium and magnesium normal.",
            ),
        )
    if qtc is None:
        return (to_missing(drug, CHECK, f"QTc is not on record; {rule}", citation=row.citation),)
    return (to_passed(drug, CHECK, rule, coverage, facts, row.citation),)


def _qt_facts(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[str, ...]:
    others = [t.text for t in situation.alongside if t.drug != drug and t.drug in knowledge.qt_risk_of]
    low = [
        f"{value.measure} {value.value:g}"
        for name, limit in _ELECTROLYTES.items()
        if (value := situation.patient.latest(name)) is not None and value.value < limit
    ]
    qtc = situation.derived.qtc_ms
    return (*others, *low, *([f"QTc {qtc.value:.0f} ms"] if qtc else []))


def _is_long(situation: Situation) -> bool:
    qtc = situation.derived.qtc_ms
    return qtc is not None and qtc.value >= CAUTION_QTC_MS
