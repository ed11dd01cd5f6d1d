"""Drug–drug interaction, with the patient's facts that change what an interaction means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from recommender.facts import Citation, Interaction, Modifier
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Situation, Taken, is_stale

CHECK = Check.INTERACTION
SEVERITIES: Final = ("minor", "moderate", "major", "contraindicated")
_OUTCOMES: Final = {
    "contraindicated": Outcome.BLOCKED,
    "major": Outcome.CAUTION,
    "moderate": Outcome.CAUTION,
    "minor": Outcome.CAUTION,
}
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "over": lambda value, limit: value > limit,
    "at_least": lambda value, limit: value >= limit,
    "below": lambda value, limit: value < limit,
}


def check_interaction(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug against every ingredient that the patient takes now."""
    verdicts = [
        verdict
        for taken in situation.alongside
        if taken.drug != drug
        for verdict in check_pair(drug, taken, situation, knowledge)
    ]
    missing = (*_missing(drug, situation), *_doubtful(drug, situation, knowledge))
    if not verdicts and not missing:
        facts = tuple(taken.text for taken in situation.taken) or ("takes no medication",)
        return (to_silence(drug, CHECK, _coverage(drug, situation, knowledge), facts),)
    return (*verdicts, *missing)


def _coverage(drug: str, situation: Situation, knowledge: Knowledge) -> Citation | None:
    """A source on the drug covers all of its pairs; so do sources on every drug that it would be taken with."""
    own = knowledge.coverage.get((drug, CHECK))
    theirs = [knowledge.coverage.get((t.drug, CHECK)) for t in situation.alongside if t.drug != drug]
    return own or (theirs[0] if theirs and None not in theirs else None)


def check_pair(drug: str, taken: Taken, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Every rule that names both drugs or classes of them, each graded for this patient."""
    return tuple(
        _to_verdict(drug, taken, row, situation, knowledge) for row in find_interactions(drug, taken.drug, knowledge)
    )


def find_interactions(first: str, second: str, knowledge: Knowledge) -> tuple[Interaction, ...]:
    """The interaction rows between two drugs, the order of which does not matter."""
    ours, theirs = knowledge.identities(first), knowledge.identities(second)
    rows = {id(row): row for name in ours for row in knowledge.interactions_of.get(name, ())}
    return tuple(row for row in rows.values() if _joins(row, ours, theirs))


def _joins(row: Interaction | Modifier, ours: Iterable[str], theirs: Iterable[str]) -> bool:
    return (row.first in ours and row.second in theirs) or (row.second in ours and row.first in theirs)


def _to_verdict(drug: str, taken: Taken, row: Interaction, situation: Situation, knowledge: Knowledge) -> Verdict:
    modifiers = [
        (modifier, fact)
        for modifier in knowledge.modifiers
        if _joins(modifier, knowledge.identities(drug), knowledge.identities(taken.drug))
        for fact in _holds(modifier, (drug, taken), situation, knowledge)
    ]
    severity = _grade(row.severity, [m for m, _ in modifiers])
    return Verdict(
        drug=drug,
        check=CHECK,
        outcome=_OUTCOMES.get(severity, Outcome.CAUTION),
        rule=f"{knowledge.name(row.first)} and {knowledge.name(row.second)} interact ({severity})",
        facts=(taken.text, *(fact for _, fact in modifiers)),
        citation=row.citation,
        advice=" ".join(part for part in (row.mechanism, row.management, *(m.advice for m, _ in modifiers)) if part),
        severity=severity,
        other=taken.drug,
    )


def _grade(severity: str, modifiers: list[Modifier]) -> str:
    """What an overriding modifier says, else the worst that speaks against it, else the least that one lowers it to."""
    overriding = [SEVERITIES.index(m.severity) for m in modifiers if m.operator == "overrides"]
    if overriding:
        return SEVERITIES[min(overriding)]
    stated = SEVERITIES.index(severity) if severity in SEVERITIES else SEVERITIES.index("major")
    grades = [SEVERITIES.index(m.severity) for m in modifiers]
    worsening = [grade for grade in grades if grade >= stated]
    return SEVERITIES[max(worsening) if worsening else min([stated, *grades])]


def _holds(modifier: Modifier, pair: tuple[str, Taken], situation: Situation, knowledge: Knowledge) -> tuple[str, ...]:
    """The patient's facts that make the modifier apply; none when it does not."""
    drug, taken = pair
    if modifier.factor == "route":
        is_meant = not {*modifier.value.split("|")}.isdisjoint(taken.route.split())
        return (f"route: {taken.route}",) if is_meant else ()
    if modifier.factor == "condition":
        return tuple(fact.text for fact in situation.findings.get(modifier.value, ()))
    if modifier.factor == "medication":
        others = (t for t in situation.alongside if t.drug not in (drug, taken.drug))
        return tuple(t.text for t in others if modifier.value in knowledge.identities(t.drug))
    return _holds_number(modifier, situation)


def _holds_number(modifier: Modifier, situation: Situation) -> tuple[str, ...]:
    """A number's modifier; `missing` holds when there is no value of the last so many days."""
    if modifier.operator == "missing":
        measured = situation.patient.latest(modifier.factor)
        is_missing = measured is None or is_stale(measured, situation.patient.as_of, int(modifier.value))
        return (f"no recent {modifier.factor} on record",) if is_missing else ()
    value = _number(modifier.factor, situation)
    if value is None or not _COMPARE[modifier.operator](value, float(modifier.value)):
        return ()
    return (f"{modifier.factor} {value:g} is {modifier.operator.replace('_', ' ')} {modifier.value}",)


def _number(factor: str, situation: Situation) -> float | None:
    if factor == "age_years":
        return situation.patient.age_years
    if factor == "egfr_ml_min_1_73m2":
        egfr = situation.derived.egfr_ml_min_1_73m2
        return egfr.value if egfr else None
    measured = situation.patient.latest(factor)
    return measured.value if measured else None


def _doubtful(drug: str, situation: Situation, knowledge: Knowledge) -> Iterable[Verdict]:
    """Silence about a medication most of whose class interacts with the drug, or the other way round."""
    for taken in situation.alongside:
        for one, other in ((drug, taken.drug), (taken.drug, drug)):
            mechanism = knowledge.doubtful_silence.get((one, other))
            if mechanism:
                names = f"{knowledge.name(mechanism)} as a class interact with {knowledge.name(one)}"
                yield to_missing(drug, CHECK, f"{names}, yet nothing is stated of {knowledge.name(other)}")


def _missing(drug: str, situation: Situation) -> tuple[Verdict, ...]:
    if situation.unmapped_medications:
        names = ", ".join(situation.unmapped_medications)
        return (to_missing(drug, CHECK, f"medications that map to no drug could not be checked: {names}"),)
    if not situation.taken and not situation.patient.no_medications:
        return (to_missing(drug, CHECK, "no list of current medications on record"),)
    return ()
