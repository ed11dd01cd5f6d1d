"""Duplicate therapy: the same drug, or another of the same therapeutic class."""

from __future__ import annotations

from recommender.facts import Citation
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing
from recommender.situation import Situation, Taken

CHECK = Check.DUPLICATE_THERAPY
SAME_DRUG = "same_drug"


def check_duplicate_therapy(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's therapeutic classes against those of the current medications.

    A drug that the patient already takes is *ok*: it is continued, not added. Without a known class nothing is said.
    """
    same = [t for t in situation.taken if t.drug == drug]
    if same:
        return (
            Verdict(
                drug,
                CHECK,
                Outcome.OK,
                "already taken: continue it, do not add a second prescription",
                tuple(t.text for t in same),
                severity=SAME_DRUG,
            ),
        )
    verdicts = tuple(v for t in situation.alongside if t.drug != drug for v in _shared(drug, t, knowledge))
    return (*verdicts, *_missing(drug, situation, knowledge, bool(verdicts)))


def share_class(first: str, second: str, knowledge: Knowledge) -> str:
    """The therapeutic class that both drugs belong to, or "" when there is none."""
    ours = knowledge.classes_of_kind(first, "therapeutic")
    theirs = knowledge.classes_of_kind(second, "therapeutic")
    return next((c for c in ours if c in theirs), "")


def _shared(drug: str, taken: Taken, knowledge: Knowledge) -> tuple[Verdict, ...]:
    shared = share_class(drug, taken.drug, knowledge)
    if not shared:
        return ()
    rule = f"{knowledge.name(drug)} and {knowledge.name(taken.drug)} are both {knowledge.name(shared)}"
    citation = knowledge.membership_citation.get((drug, shared), Citation())
    return (
        Verdict(
            drug,
            CHECK,
            Outcome.CAUTION,
            rule,
            (taken.text,),
            citation,
            "Replace the one by the other; do not give both.",
            other=taken.drug,
        ),
    )


def _missing(drug: str, situation: Situation, knowledge: Knowledge, is_found: bool) -> tuple[Verdict, ...]:
    if situation.unmapped_medications:
        names = ", ".join(situation.unmapped_medications)
        return (to_missing(drug, CHECK, f"medications that map to no drug could not be checked: {names}"),)
    if not situation.taken and not situation.patient.no_medications:
        return (to_missing(drug, CHECK, "no list of current medications on record"),)
    if not knowledge.classes_of_kind(drug, "therapeutic"):
        return (to_missing(drug, CHECK, "the drug's therapeutic class is not known"),)
    if is_found:
        return ()
    return (
        Verdict(
            drug,
            CHECK,
            Outcome.OK,
            "no current medication is of the drug's therapeutic class",
            tuple(t.text for t in situation.taken),
        ),
    )
