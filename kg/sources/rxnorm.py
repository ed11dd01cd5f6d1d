"""RxNorm's RRF files: ingredients, brand names and products, and how they hang together.

Columns: RxNorm Technical Documentation, chapters on RXNCONSO.RRF, RXNREL.RRF and RXNSAT.RRF. The files need a UMLS
licence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kg.model import Edge, Node, to_properties
from kg.sources.files import find_file, find_optional_file
from kg.sources.rxnorm_products import REL, read_products, read_rrf
from kg.sources.source import Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:rxnorm"
_CONSO: Final = (
    "RXCUI", "LAT", "TS", "LUI", "STT", "SUI", "ISPREF", "RXAUI", "SAUI", "SCUI", "SDUI", "SAB", "TTY", "CODE", "STR",
    "SRL", "SUPPRESS", "CVF",
)  # fmt: skip
_CONCEPTS: Final = {
    "IN": "ingredient",
    "PIN": "precise_ingredient",
    "MIN": "multiple_ingredients",
    "BN": "brand_name",
    "SCD": "clinical_drug",
    "SBD": "branded_drug",
}
_XREFS: Final = {"ATC": "ATC", "DRUGBANK": "DRUGBANK", "MTHSPL": "UNII", "NDFRT": "NDFRT", "MSH": "MESH"}

# "RXCUI2 has RELA to RXCUI1" (the second concept of a row is the subject).
_RELATIONS: Final[dict[str, Predicate]] = {
    "form_of": Predicate.SUBCLASS_OF,
    "tradename_of": Predicate.SUBCLASS_OF,
    "ingredient_of": Predicate.PART_OF,
    "ingredients_of": Predicate.PART_OF,
    "part_of": Predicate.PART_OF,
}


@dataclass(slots=True)
class _Concept:
    name: str = ""
    kind: str = ""
    synonyms: set[str] = field(default_factory=set)
    xrefs: set[str] = field(default_factory=set)


class RxNormSource(Source):
    """Six term types of RxNorm itself, with the other vocabularies' codes as cross-references."""

    info = SourceInfo(
        name="rxnorm",
        title="RxNorm",
        infores=INFORES,
        licence="UMLS Metathesaurus licence (RxNorm's own content is in the public domain)",
        version="",
        url="https://www.nlm.nih.gov/research/umls/rxnorm",
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return RXNCONSO.RRF, RXNREL.RRF and, where it is at hand, RXNSAT.RRF with the products' NDC codes."""
        folder = path.parent if path is not None and path.is_file() else path
        if folder is not None and (folder / "rrf").is_dir():
            folder = folder / "rrf"
        needed = tuple(find_file(folder, (name,), "rxnorm") for name in ("RXNCONSO.RRF", "RXNREL.RRF"))
        attributes = find_optional_file(folder, ("RXNSAT.RRF",), "rxnorm")
        return (*needed, attributes) if attributes else needed

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the concepts; rows of one concept need not stand together, so concepts are kept until the end."""
        concepts: dict[str, _Concept] = defaultdict(_Concept)
        conso, rel, *attributes = self.input_files(path)
        for row in read_rrf(conso, _CONSO):
            if row["LAT"] == "ENG" and row["SUPPRESS"] in {"N", ""}:
                _add(concepts[row["RXCUI"]], row)
        for rxcui, concept in concepts.items():
            if concept.kind:
                yield _to_node(rxcui, concept)
        ingredients = frozenset(rxcui for rxcui, concept in concepts.items() if concept.kind == _CONCEPTS["IN"])
        for file in attributes:
            yield from read_products(file, read_rrf(rel, REL), ingredients, INFORES)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield RxNorm's own relations between concepts."""
        for row in read_rrf(self.input_files(path)[1], REL):
            predicate = _RELATIONS.get(row["RELA"])
            if predicate is not None and row["SAB"] == "RXNORM" and row["RXCUI1"] and row["RXCUI2"]:
                yield Edge(
                    f"RXCUI:{row['RXCUI2']}",
                    predicate,
                    f"RXCUI:{row['RXCUI1']}",
                    INFORES,
                    KnowledgeLevel.KNOWLEDGE_ASSERTION,
                    AgentType.MANUAL_AGENT,
                    properties=to_properties({"original_predicate": row["RELA"]}),
                )


def _add(concept: _Concept, row: dict[str, str]) -> None:
    if row["SAB"] == "RXNORM" and row["TTY"] in _CONCEPTS:
        concept.name, concept.kind = row["STR"], _CONCEPTS[row["TTY"]]
    elif row["SAB"] == "RXNORM":
        concept.synonyms.add(row["STR"])
    elif row["SAB"] in _XREFS:
        concept.xrefs.add(f"{_XREFS[row['SAB']]}:{row['CODE']}")
        concept.synonyms.add(row["STR"])


def _to_node(rxcui: str, concept: _Concept) -> Node:
    is_product = concept.kind.endswith("_drug")
    return Node(
        f"RXCUI:{rxcui}",
        Category.DRUG,
        concept.name,
        INFORES,
        synonyms=tuple(sorted(concept.synonyms - {concept.name})),
        xrefs=() if is_product else tuple(sorted(concept.xrefs)),
        properties=to_properties({"rxnorm_kind": concept.kind}),
    )
