"""Gene–drug pairs."""

from __future__ import annotations

from typing import Final

from recommender.facts import GeneDrug
from recommender.genome import is_understood, matches_finding
from recommender.knowledge import Knowledge
from recommender.patient import GenomicFinding
from recommender.safety.verdict import Check, Outcome, Verdict, to_missing, to_silence
from recommender.situation import Situation, to_fact

CHECK = Check.PHARMACOGENOMICS
_WARNING: Final = frozenset({Outcome.BLOCKED.value, Outcome.CAUTION.value})


def check_pharmacogenomics(drug: str, situation: Situation, knowledge: Knowledge) -> tuple[Verdict, ...]:
    """Hold the drug's gene rows against the patient's results; a gene that was not tested is *not assessed*."""
    coverage = knowledge.coverage.get((drug, CHECK))
    rows = knowledge.gene_drug_of.get(drug, ())
    tested = {g.gene for g in situation.patient.genome}
    genes = dict.fromkeys(r.gene for r in rows if r.verdict in _WARNING or tested & {r.gene, knowledge.name(r.gene)})
    if not genes:
        return (to_silence(drug, CHECK, coverage),)
    return tuple(v for gene in genes for v in _check_gene(drug, gene, rows, situation, knowledge))


def _check_gene(
    drug: str, gene: str, rows: tuple[GeneDrug, ...], situation: Situation, knowledge: Knowledge
) -> tuple[Verdict, ...]:
    name = knowledge.name(gene)
    results = [g for g in situation.patient.genome if g.gene in (gene, name)]
    ours = [r for r in rows if r.gene == gene]
    if not results:
        return (to_missing(drug, CHECK, f"{name} was not tested", ours[0].advice, ours[0].citation),)
    found = [(r, g) for r in ours for g in results if matches_finding(r.finding, g.finding)]
    if found:
        return tuple(_to_verdict(row, result, name) for row, result in found)
    facts = tuple(_to_text(result) for result in results)
    coverage = knowledge.coverage.get((drug, CHECK))
    if coverage is None or not all(is_understood(result.finding) for result in results):
        why = "no source is known to cover the drug's genes" if coverage is None else "it is neither normal nor named"
        rule = f"no rule speaks of this {name} result, and {why}"
        return (Verdict(drug, CHECK, Outcome.NOT_ASSESSED, rule, facts),)
    return (Verdict(drug, CHECK, Outcome.OK, f"no rule speaks against this {name} result", facts, coverage),)


def _to_verdict(row: GeneDrug, result: GenomicFinding, gene: str) -> Verdict:
    rule = f"{gene} {row.finding}: {row.effect} ({row.verdict})"
    facts = (_to_text(result),)
    return Verdict(row.drug, CHECK, Outcome(row.verdict), rule, facts, row.citation, row.advice, other=row.gene)


def _to_text(result: GenomicFinding) -> str:
    return to_fact(f"{result.gene} {result.finding}", result.origin)
