"""From two alleles of one gene to the phenotype that rules speak of, where a report gives the alleles only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.genome import is_understood
from recommender.patient import GenomicFinding

_ALLELE: Final = r"(\*\d+[A-Z]?)(?:x(\d+|N))?"
_DIPLOTYPE: Final = re.compile(rf"{_ALLELE}\s*/\s*{_ALLELE}")
_LEAST_COPIES: Final = 2


def with_phenotype(result: GenomicFinding) -> GenomicFinding:
    """The result with the phenotype of its alleles beside it, unless it names one or an allele is not in our table.

    >>> with_phenotype(GenomicFinding("CYP2C19", "*2/*2")).finding
    '*2/*2; poor metaboliser (from the alleles)'
    >>> with_phenotype(GenomicFinding("CYP2C19", "*2/*99")).finding
    '*2/*99'
    """
    phenotype = "" if is_understood(result.finding) else find_phenotype(result.gene, result.finding)
    return replace(result, finding=f"{result.finding}; {phenotype} (from the alleles)") if phenotype else result


def find_phenotype(gene: str, finding: str) -> str:
    """The phenotype of the first diplotype in the text, "" when there is none or an allele is not in our table."""
    found = _DIPLOTYPE.search(finding)
    if found is None:
        return ""
    weights = _allele_weights()
    alleles = [(found.group(1), found.group(2)), (found.group(3), found.group(4))]
    if any((gene, allele) not in weights for allele, _ in alleles):
        return ""
    total = sum(weights[gene, allele] * _num_copies(copies) for allele, copies in alleles)
    return next((name for low, high, name in _bands(gene) if low <= total <= high), "")


def _num_copies(copies: str | None) -> int:
    """How often an allele is repeated (`*1x3`); N says at least twice."""
    return _LEAST_COPIES if copies == "N" else int(copies or 1)


@cache
def _allele_weights() -> dict[tuple[str, str], float]:
    return {(r["gene"], r["allele"]): float(r["weight"]) for r in read_rows("allele_weights")}


def _bands(gene: str) -> Iterable[tuple[float, float, str]]:
    rows = (r for r in read_rows("diplotype_phenotypes") if r["gene"] == gene)
    return ((float(r["from"]), float(r["to"]), r["phenotype"]) for r in rows)
