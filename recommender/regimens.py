"""A regimen whose partner is blocked, with another drug of the partner's class in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Final

from recommender.candidates import Candidate
from recommender.knowledge import Knowledge
from recommender.safety.verdict import Outcome, Verdict

MAX_TRIES: Final = 12


def find_substitutes(candidate: Candidate, verdicts: tuple[Verdict, ...], knowledge: Knowledge) -> Iterator[Candidate]:
    """Yield the regimen with every blocked partner replaced, at most `MAX_TRIES` of them.

    The lead drug stays: without it the regimen is another treatment. A substitute must itself be stated to treat the
    condition, and share a therapeutic class with the partner that it replaces.
    """
    blocked = {v.drug for v in verdicts if v.outcome is Outcome.BLOCKED}
    if len(candidate.drugs) < 2 or candidate.lead in blocked or not blocked & set(candidate.drugs):
        return
    options = [_options(d, candidate, knowledge) if d in blocked else (d,) for d in candidate.drugs]
    for drugs in islice(product(*options), MAX_TRIES):
        if len(set(drugs)) == len(drugs):
            replaced = tuple((old, new) for old, new in zip(candidate.drugs, drugs, strict=True) if old != new)
            yield replace(candidate, drugs=drugs, replaced=replaced)


def _options(partner: str, candidate: Candidate, knowledge: Knowledge) -> tuple[str, ...]:
    treating = {row.drug for row in knowledge.indications_of.get(candidate.basis[0].condition, ()) if row.level <= "L2"}
    members = (
        drug
        for drug_class in knowledge.classes_of_kind(partner, "therapeutic")
        for drug in knowledge.members_of.get(drug_class, ())
    )
    return tuple(dict.fromkeys(d for d in members if d in treating and d not in candidate.drugs))
