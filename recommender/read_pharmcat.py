"""Pharmacogenomic results from PharmCAT's reports (phenotype.json or report.json)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from kg.errors import InputError
from recommender.patient import GenomicFinding, Origin, Patient


def is_pharmcat(document: Mapping[str, Any]) -> bool:
    """True when the document looks like a PharmCAT report."""
    return "geneReports" in document or ("genes" in document and "pharmcatVersion" in document)


def read_pharmcat(document: Mapping[str, Any], *, where: str, as_of: date | None = None) -> Patient:
    """Return a patient of whom only the genome is known; InputError when the report has no gene results."""
    genes = document.get("geneReports", document.get("genes"))
    findings = tuple(dict.fromkeys(_find(genes, where)))
    if not findings:
        raise InputError(f"{where} names no gene with a diplotype; give PharmCAT's phenotype.json or report.json.")
    return Patient(patient_id=where, as_of=as_of or date.today(), genome=findings)


def _find(genes: Any, where: str) -> Iterable[GenomicFinding]:
    """Gene reports stand in lists or mappings, once or once per guideline source, by version of PharmCAT."""
    members = genes.values() if isinstance(genes, Mapping) else genes if isinstance(genes, list) else ()
    for member in members:
        if not isinstance(member, Mapping):
            continue
        gene = member.get("geneSymbol") or member.get("gene")
        if isinstance(gene, str):
            yield from _diplotypes(gene, member, where)
        else:
            yield from _find(member, where)


def _diplotypes(gene: str, report: Mapping[str, Any], where: str) -> Iterable[GenomicFinding]:
    for key in ("recommendationDiplotypes", "sourceDiplotypes", "diplotypes"):
        for diplotype in report.get(key) or ():
            if isinstance(diplotype, Mapping):
                finding = "; ".join(_words(diplotype))
                if finding:
                    yield GenomicFinding(gene, finding, Origin(f"{where}: {gene}"))
        if report.get(key):
            return


def _words(diplotype: Mapping[str, Any]) -> Iterable[str]:
    alleles = [
        a["name"]
        for a in (diplotype.get("allele1"), diplotype.get("allele2"))
        if isinstance(a, Mapping) and a.get("name")
    ]
    if alleles:
        yield "/".join(alleles)
    elif isinstance(diplotype.get("label"), str):
        yield diplotype["label"]
    phenotypes = diplotype.get("phenotypes") or [diplotype.get("phenotype")]
    yield from (str(p) for p in phenotypes if isinstance(p, str) and p not in ("n/a", "No Result"))
