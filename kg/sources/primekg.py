"""PrimeKG (`kg.csv`): one row an edge, every edge twice (once in each direction)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import FormatError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.files import find_file, read_table
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:primekg"
_ENDS: Final = ("id", "type", "name", "source")
_COLUMNS: Final = ("relation", "display_relation", *(f"{side}_{part}" for side in "xy" for part in _ENDS))

_CATEGORIES: Final[dict[str, Category]] = {
    "anatomy": Category.ANATOMICAL_ENTITY,
    "biological_process": Category.BIOLOGICAL_PROCESS,
    "cellular_component": Category.CELLULAR_COMPONENT,
    "disease": Category.DISEASE,
    "drug": Category.DRUG,
    "effect/phenotype": Category.PHENOTYPIC_FEATURE,
    "exposure": Category.CHEMICAL_ENTITY,
    "gene/protein": Category.GENE,
    "molecular_function": Category.MOLECULAR_ACTIVITY,
    "pathway": Category.PATHWAY,
}

# Per `x_source`: the prefix and how many digits its identifiers have (0: as they are).
_PREFIXES: Final[dict[str, tuple[str, int]]] = {
    "CTD": ("MESH", 0),
    "DrugBank": ("DRUGBANK", 0),
    "GO": ("GO", 7),
    "HPO": ("HP", 7),
    "MONDO": ("MONDO", 7),
    "MONDO_grouped": ("PrimeKG.MONDO_grouped", 0),
    "NCBI": ("NCBIGene", 0),
    "REACTOME": ("REACT", 0),
    "UBERON": ("UBERON", 7),
}

# Per relation: the type that the subject has, the predicate, and whether the statement is a negated one.
_RELATIONS: Final[dict[str, tuple[str, Predicate, bool]]] = {
    "anatomy_anatomy": ("anatomy", Predicate.RELATED_TO, False),
    "anatomy_protein_absent": ("gene/protein", Predicate.EXPRESSED_IN, True),
    "anatomy_protein_present": ("gene/protein", Predicate.EXPRESSED_IN, False),
    "bioprocess_bioprocess": ("biological_process", Predicate.RELATED_TO, False),
    "bioprocess_protein": ("gene/protein", Predicate.ACTIVELY_INVOLVED_IN, False),
    "cellcomp_cellcomp": ("cellular_component", Predicate.RELATED_TO, False),
    "cellcomp_protein": ("gene/protein", Predicate.LOCATED_IN, False),
    "contraindication": ("drug", Predicate.CONTRAINDICATED_IN, False),
    "disease_disease": ("disease", Predicate.RELATED_TO, False),
    "disease_phenotype_negative": ("disease", Predicate.HAS_PHENOTYPE, True),
    "disease_phenotype_positive": ("disease", Predicate.HAS_PHENOTYPE, False),
    "disease_protein": ("gene/protein", Predicate.GENE_ASSOCIATED_WITH_CONDITION, False),
    "drug_drug": ("drug", Predicate.INTERACTS_WITH, False),
    "drug_effect": ("drug", Predicate.HAS_SIDE_EFFECT, False),
    "drug_protein": ("drug", Predicate.INTERACTS_WITH, False),
    "exposure_bioprocess": ("exposure", Predicate.AFFECTS, False),
    "exposure_cellcomp": ("exposure", Predicate.AFFECTS, False),
    "exposure_disease": ("exposure", Predicate.CORRELATED_WITH, False),
    "exposure_exposure": ("exposure", Predicate.RELATED_TO, False),
    "exposure_molfunc": ("exposure", Predicate.AFFECTS, False),
    "exposure_protein": ("exposure", Predicate.INTERACTS_WITH, False),
    "indication": ("drug", Predicate.TREATS, False),
    "molfunc_molfunc": ("molecular_function", Predicate.RELATED_TO, False),
    "molfunc_protein": ("gene/protein", Predicate.PARTICIPATES_IN, False),
    "off-label use": ("drug", Predicate.TREATS, False),
    "pathway_pathway": ("pathway", Predicate.RELATED_TO, False),
    "pathway_protein": ("gene/protein", Predicate.PARTICIPATES_IN, False),
    "phenotype_phenotype": ("effect/phenotype", Predicate.RELATED_TO, False),
    "phenotype_protein": ("gene/protein", Predicate.ASSOCIATED_WITH, False),
    "protein_protein": ("gene/protein", Predicate.PHYSICALLY_INTERACTS_WITH, False),
}

Row = dict[str, str]


class PrimeKgSource(Source):
    """Ten node types, thirty relations; polarity (absent, negative, contraindication) is kept."""

    info = SourceInfo(
        name="primekg",
        title="PrimeKG",
        infores=INFORES,
        licence="CC0 1.0 for the compilation; parts keep the licence of their origin",
        version="2.1",
        url="https://doi.org/10.7910/DVN/IXA7BM",
        files=(RemoteFile("https://dataverse.harvard.edu/api/access/datafile/6180620", "kg.csv"),),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return `kg.csv`."""
        return (find_file(path, ("kg.csv",), "primekg"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every node once."""
        (file,) = self.input_files(path)
        seen: set[tuple[str, str]] = set()
        for number, row in _read_rows(file):
            for side in "xy":
                key = (row[f"{side}_source"], row[f"{side}_id"])
                if key not in seen:
                    seen.add(key)
                    yield _to_node(file, number, row, side)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield every statement once, with the subject's type first."""
        (file,) = self.input_files(path)
        for number, row in _read_rows(file):
            subject_type, predicate, negated = _find_relation(file, number, row["relation"])
            if row["x_type"] != subject_type:
                continue
            subject, object_ = _to_curie(file, number, row, "x"), _to_curie(file, number, row, "y")
            if row["y_type"] == subject_type and subject > object_:
                continue
            yield _to_edge((subject, predicate, object_), negated, row)


def _read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    return read_table(path, _COLUMNS, delimiter=",", quoted=True)


def _find_relation(path: Path, line: int, relation: str) -> tuple[str, Predicate, bool]:
    if relation not in _RELATIONS:
        raise FormatError(path, f'`relation` is "{relation}"', f"allowed: {', '.join(_RELATIONS)}", line=line)
    return _RELATIONS[relation]


def _to_node(path: Path, line: int, row: Row, side: str) -> Node:
    kind = row[f"{side}_type"]
    if kind not in _CATEGORIES:
        raise FormatError(path, f'`{side}_type` is "{kind}"', f"allowed: {', '.join(_CATEGORIES)}", line=line)
    name = row[f"{side}_name"]
    xrefs = (f"HGNC.SYMBOL:{name}",) if kind == "gene/protein" else ()
    return Node(_to_curie(path, line, row, side), _CATEGORIES[kind], name, INFORES, xrefs=xrefs)


def _to_curie(path: Path, line: int, row: Row, side: str) -> str:
    source, identifier = row[f"{side}_source"], row[f"{side}_id"].removesuffix(".0")
    if source not in _PREFIXES:
        raise FormatError(path, f'`{side}_source` is "{source}"', f"allowed: {', '.join(_PREFIXES)}", line=line)
    prefix, num_digits = _PREFIXES[source]
    return f"{prefix}:{identifier.zfill(num_digits)}"


def _to_edge(triple: tuple[str, Predicate, str], negated: bool, row: Row) -> Edge:
    is_off_label = row["relation"] == "off-label use"
    properties: dict[str, Value | None] = {
        "original_predicate": row["display_relation"],
        "clinical_approval_status_qualifier": "off_label_use" if is_off_label else None,
    }
    return Edge(
        *triple,
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.NOT_PROVIDED,
        negated=negated,
        properties=to_properties(properties),
    )
