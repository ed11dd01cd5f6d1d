"""Variants from FHIR's MolecularSequence: positions on a chromosome, read by the table of known variants.

A position alone names no gene. The few variants that rules speak of stand in `ontologies/known_variants.tsv`; every
other variant is reported as one that nothing here reads, never dropped in silence. One observed allele says that there
is at least one copy of it, so it never stands for a phenotype that needs two.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ontologies.tables import read_rows
from recommender.fhir_collect import Collected
from recommender.fhir_element import Element
from recommender.patient import GenomicFinding

_CHROMOSOME: Final = re.compile(r"(?:chr(?:omosome)?\s*)?(\d{1,2}|X|Y|MT)", re.IGNORECASE)
_ACCESSION: Final = re.compile(r"NC_0000(\d{2})\.\d+")
_BUILD: Final = re.compile(r"(?:GRCh|hg)?\s*(37|38|19)\b", re.IGNORECASE)

Place = tuple[str, int, str, str]


def read_sequence(element: Element, collected: Collected) -> None:
    """Add the known variants of one MolecularSequence; the others are reported with their path."""
    reference = element.child("referenceSeq")
    chromosome = _chromosome(reference) if reference else ""
    build = _build(reference) if reference else ""
    shift = 1 if element.number("coordinateSystem") == 0 else 0
    for variant in element.children("variant"):
        start = variant.number("start")
        if not chromosome or start is None:
            variant.report("", "has no position on a chromosome; give referenceSeq as NC_… or chromosome, and start")
            continue
        alleles = (_bases(variant, "referenceAllele"), _bases(variant, "observedAllele"))
        found = find_variant((chromosome, int(start) + shift, *alleles), build)
        if found is None:
            variant.report(
                "", f"{chromosome}:{int(start) + shift} {alleles[0]}>{alleles[1]} is no variant that a rule reads"
            )
        else:
            gene, finding = found
            collected.genome.append(GenomicFinding(gene, f"{finding}, at least one copy", variant.origin("")))


def find_variant(place: Place, build: str) -> tuple[str, str] | None:
    """The gene and finding at a place (1-based, plus strand), in the genome build named or in either.

    >>> find_variant(("7", 55259515, "T", "G"), "37")
    ('EGFR', 'L858R')
    """
    tables = _read_variants()
    return next((tables[b][place] for b in ([build] if build in tables else tables) if place in tables[b]), None)


@cache
def _read_variants() -> dict[str, dict[Place, tuple[str, str]]]:
    rows = read_rows("known_variants")
    return {
        build: {
            (r["chromosome"], int(r[f"grch{build}"]), r["reference"], r["alternate"]): (r["gene"], r["finding"])
            for r in rows
        }
        for build in ("37", "38")
    }


def _chromosome(reference: Element) -> str:
    concepts = [c for name in ("chromosome", "referenceSeqId") if (c := reference.concept(name))]
    for text in (t for c in concepts for t in (c.text, *(coding.display for coding in c.codings))):
        accession = _ACCESSION.search(text)
        named = _CHROMOSOME.fullmatch(text.strip())
        if accession or named:
            return accession.group(1).lstrip("0") if accession else named.group(1).upper() if named else ""
    codes = [*reference.codes("referenceSeqId"), *reference.codes("chromosome")]
    found = (_ACCESSION.search(code) or _CHROMOSOME.fullmatch(code) for code in codes)
    return next((m.group(1).lstrip("0").upper() for m in found if m), "")


def _build(reference: Element) -> str:
    found = _BUILD.search(reference.text("genomeBuild"))
    return {"19": "37"}.get(found.group(1), found.group(1)) if found else ""


def _bases(variant: Element, name: str) -> str:
    return variant.text(name).upper().replace("-", "")
