"""What could be given for one condition: stated treatments, members of their classes, predicted ones.

Finding candidates says nothing about safety; the gate decides on each of them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from recommender.facts import Indication
from recommender.genome import matches_finding, to_gene_symbol
from recommender.knowledge import Knowledge
from recommender.patient import StopReason
from recommender.population import is_in_population
from recommender.situation import Situation

ADJUNCT: Final = "adjunct"
MAX_CLASS_MEMBERS: Final = 20
MIN_CLASS_SHARE: Final = 0.5
_MAX_BROADER_STEPS: Final = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A regimen that could treat a condition, with the facts that propose it, the strongest first.

    `added_to` is what an adjunct is given beside and the patient does not take; alone an adjunct is no treatment.
    """

    condition: str
    drugs: tuple[str, ...]
    line: int
    level: str
    basis: tuple[Indication, ...]
    via: str = ""
    population_fits: bool | None = True
    biomarker: str = ""
    replaced: tuple[tuple[str, str], ...] = ()
    failed_lines: int = 0
    added_to: str = ""

    @property
    def lead(self) -> str:
        """The drug that the proposing fact is about."""
        return self.drugs[0]


@dataclass(frozen=True, slots=True)
class Unsuited:
    """A treatment that was not even a candidate, and why."""

    condition: str
    drug: str
    reason: str


def find_candidates(
    condition: str, situation: Situation, knowledge: Knowledge
) -> tuple[tuple[Candidate, ...], tuple[Unsuited, ...]]:
    """Return every regimen that a fact proposes for the condition, and what is not for this patient."""
    rows, via = _rows_of(condition, knowledge)
    suited: list[Candidate] = []
    unsuited: list[Unsuited] = []
    for row in rows:
        reason = _unsuited(row, condition, situation, knowledge)
        if reason:
            unsuited.append(Unsuited(condition, row.drug, reason))
        else:
            candidate = _to_candidate(condition, row, via, situation)
            suited.append(replace(candidate, added_to=_missing_base(row, rows, situation, knowledge)))
    failed_lines = max((row.line for row in rows if find_failed(row, condition, situation)), default=0)
    suited = [replace(c, failed_lines=failed_lines) for c in suited]
    merged = _merge(suited)
    members = _class_members(merged, {u.drug for u in unsuited}, knowledge)
    return (*merged, *members), _still_unsuited(unsuited, merged)


def _rows_of(condition: str, knowledge: Knowledge) -> tuple[tuple[Indication, ...], str]:
    """The condition's own indications, else those of the nearest broader concept that has any."""
    level = [condition]
    for _ in range(_MAX_BROADER_STEPS + 1):
        same = [c for name in level for c in (name, *knowledge.same_as.get(name, ()))]
        rows = tuple(row for name in dict.fromkeys(same) for row in knowledge.indications_of.get(name, ()))
        if rows:
            via = "" if condition in same else rows[0].condition
            return rows, via
        level = [parent for name in same for parent in knowledge.parents_of.get(name, ())]
    return (), ""


def _unsuited(row: Indication, condition: str, situation: Situation, knowledge: Knowledge) -> str:
    """Why the row does not propose its drug for this patient, or ""."""
    failed = find_failed(row, condition, situation)
    if failed:
        return f"was tried before: {'; '.join(failed)}"
    if row.biomarkers and not _found_biomarker(row, situation):
        tested = {g.gene for g in situation.patient.genome}
        wanted = ", ".join(row.biomarkers)
        genes = [to_gene_symbol(b.partition(":")[0]) for b in row.biomarkers]
        known = any(gene in tested for gene in genes)
        return f"needs {wanted}, which was {'tested and not found' if known else 'not tested'}"
    if is_in_population(row.population, situation.patient) is False:
        return f"is for {row.population} only"
    unknown = [name for name in row.partners if name not in knowledge.concepts]
    return f"partner {', '.join(unknown)} is not a drug of the graph" if unknown and row.role == "combination" else ""


def find_failed(row: Indication, condition: str, situation: Situation) -> tuple[str, ...]:
    """What the record says of the regimen's failure; empty unless every drug of it was stopped as ineffective."""
    drugs = (row.drug, *(row.partners if row.role == "combination" else ()))
    failed = {
        t.drug: t.text
        for t in situation.tried
        if t.reason is StopReason.INEFFECTIVE and (not t.conditions or condition in t.conditions)
    }
    return tuple(failed[d] for d in drugs) if all(d in failed for d in drugs) else ()


def _found_biomarker(row: Indication, situation: Situation) -> str:
    for biomarker in row.biomarkers:
        gene, _, finding = biomarker.partition(":")
        for result in situation.patient.genome:
            if result.gene == to_gene_symbol(gene) and (not finding or matches_finding(finding, result.finding)):
                return f"{gene} {result.finding}"
    return ""


def _to_candidate(condition: str, row: Indication, via: str, situation: Situation) -> Candidate:
    partners = row.partners if row.role == "combination" else ()
    return Candidate(
        condition=condition,
        drugs=(row.drug, *partners),
        line=row.line,
        level=row.level,
        basis=(row,),
        via=via,
        population_fits=is_in_population(row.population, situation.patient),
        biomarker=_found_biomarker(row, situation),
    )


def _missing_base(row: Indication, rows: tuple[Indication, ...], situation: Situation, knowledge: Knowledge) -> str:
    """What an adjunct is to be added to, "" when the patient takes it; without named partners any main treatment."""
    if row.role != ADJUNCT:
        return ""
    base = set(row.partners) or {r.drug for r in rows if r.role != ADJUNCT}
    if base & {taken.drug for taken in situation.taken}:
        return ""
    return ", ".join(knowledge.name(drug) for drug in row.partners) or "another treatment"


def _merge(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """One candidate a set of drugs, with every fact that proposes it; the best level and earliest line lead."""
    by_drugs: dict[frozenset[str], list[Candidate]] = {}
    for candidate in candidates:
        by_drugs.setdefault(frozenset(candidate.drugs), []).append(candidate)
    merged = []
    for group in by_drugs.values():
        first, *others = sorted(group, key=lambda c: (bool(c.added_to), c.level, c.line or 9))
        merged.append(replace(first, basis=(*first.basis, *(row for c in others for row in c.basis))))
    return tuple(merged)


def _class_members(stated: tuple[Candidate, ...], unsuited: set[str], knowledge: Knowledge) -> tuple[Candidate, ...]:
    """Drugs of a therapeutic class at least half of which is stated to treat the condition, as level L4."""
    taken = {drug for candidate in stated for drug in candidate.drugs}
    found: dict[str, Candidate] = {}
    for candidate in stated:
        if len(candidate.drugs) > 1 or candidate.level > "L2" or candidate.biomarker or candidate.added_to:
            continue
        for drug_class in knowledge.classes_of_kind(candidate.lead, "therapeutic"):
            members = knowledge.members_of.get(drug_class, ())
            if sum(drug in taken for drug in members) < MIN_CLASS_SHARE * len(members):
                continue
            for drug in members:
                if drug not in taken | unsuited and drug not in found:
                    found[drug] = replace(candidate, drugs=(drug,), level="L4", line=3, via=drug_class)
    return tuple(found.values())[:MAX_CLASS_MEMBERS]


def _still_unsuited(unsuited: list[Unsuited], merged: tuple[Candidate, ...]) -> tuple[Unsuited, ...]:
    """Those whose drug is not a candidate through another fact either, once each."""
    suited = {candidate.lead for candidate in merged}
    return tuple({u.drug: u for u in unsuited if u.drug not in suited}.values())
