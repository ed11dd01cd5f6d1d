"""Allergy: the ingredient itself, its allergy class, and classes that cross-react."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.facts import Citation
from recommender.knowledge import Knowledge
from recommender.patient import Allergy, StopReason
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Situation, Tried, to_fact

CHECK = Check.ALLERGY


def check_allergy(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug against every allergy that is not refuted. An intolerance warns where an allergy blocks.

    One that is severe blocks, whatever it is called.

    An empty list is *not assessed* unless the record says that no allergy is known.
    """
    patient = situation.patient
    stated = [a for a in patient.allergies if not a.refuted]
    verdicts = [v for a in stated for curie in a.concept.curies for v in _check_one(drug, curie, a, knowledge)]
    verdicts += [v for t in situation.tried if t.drug == drug for v in _check_tried(drug, t)]
    missing = _missing(drug, situation, bool(stated))
    if not verdicts and not missing:
        facts = tuple(to_fact(a.concept.text, a.origin) for a in stated) or ("no known allergies",)
        covered = knowledge.coverage.get((drug, CHECK)) or _class_citation(drug, knowledge)
        return (to_silence(drug, CHECK, covered, facts),)
    return (*verdicts, *missing)


def _check_one(drug: str, substance: str, allergy: Allergy, knowledge: Knowledge) -> Iterable[Verdict]:
    fact = to_fact(f"allergy: {allergy.concept.text}", allergy.origin, allergy.criticality)
    only_warns = allergy.kind == "intolerance" and not allergy.is_severe
    certain = Outcome.CAUTION if only_warns else Outcome.BLOCKED
    shared = _shared_class(drug, substance, knowledge)
    if drug == substance or shared:
        what = "the ingredient itself" if drug == substance else f"the same allergy class, {knowledge.name(shared)}"
        citation = Citation() if drug == substance else knowledge.membership_citation.get((drug, shared), Citation())
        yield Verdict(drug, CHECK, certain, f"allergy to {what}", (fact,), citation, other=substance)
        return
    ours, theirs = knowledge.identities(drug), knowledge.identities(substance)
    for row in sorted({r for name in theirs for r in knowledge.cross_reactivity_of.get(name, ())}, key=repr):
        if (row.first in ours and row.second in theirs) or (row.second in ours and row.first in theirs):
            rule = f"{knowledge.name(row.first)} and {knowledge.name(row.second)} may cross-react"
            outcome = certain if row.verdict == Outcome.BLOCKED else Outcome.CAUTION
            yield Verdict(drug, CHECK, outcome, rule, (fact,), row.citation, row.advice, other=substance)


def _check_tried(drug: str, tried: Tried) -> Iterable[Verdict]:
    if tried.reason is StopReason.NOT_TOLERATED:
        rule = "was stopped before because it was not tolerated"
        yield Verdict(
            drug, CHECK, Outcome.CAUTION, rule, (tried.text,), advice="Find out what happened before it is given again."
        )


def _shared_class(drug: str, substance: str, knowledge: Knowledge) -> str:
    """The allergy class that the drug shares with the substance, which may be that class itself.

    A record that names a therapeutic class ("ACE inhibitors") means all of it.
    """
    if substance in knowledge.classes_of.get(drug, ()):
        return substance
    ours = knowledge.classes_of_kind(drug, "allergy")
    return next((c for c in knowledge.classes_of_kind(substance, "allergy") if c in ours), "")


def _class_citation(drug: str, knowledge: Knowledge) -> Citation | None:
    """A known allergy class says which allergies would matter, so the others' silence can be read."""
    return next(
        (knowledge.membership_citation.get((drug, c)) for c in knowledge.classes_of_kind(drug, "allergy")), None
    )


def _missing(drug: str, situation: Situation, is_listed: bool) -> tuple[Verdict, ...]:
    if situation.unmapped_allergies:
        names = ", ".join(situation.unmapped_allergies)
        return (to_missing(drug, CHECK, f"allergies that map to no substance could not be checked: {names}"),)
    if not is_listed and not situation.patient.no_known_allergies:
        return (to_missing(drug, CHECK, "no allergies on record, and no statement that none is known"),)
    return ()
