"""DrugMechDB: curated paths from a drug over its mechanism to the disease it treats (JSON Lines or YAML)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kg.errors import FormatError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.files import explain_invalid, find_file, read_json_lines
from kg.sources.json_stream import read_json_array
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from kg.sources.yaml_text import read_yaml_items
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:drugmechdb"
_URL: Final = "https://raw.githubusercontent.com/SuLab/DrugMechDB/main/indication_paths.yaml"
_NAMES: Final = ("paths.jsonl", "indication_paths.yaml", "indication_paths.yml", "indication_paths.json")

_CATEGORIES: Final[dict[str, Category]] = {
    "BiologicalProcess": Category.BIOLOGICAL_PROCESS,
    "Cell": Category.CELL,
    "CellularComponent": Category.CELLULAR_COMPONENT,
    "ChemicalSubstance": Category.CHEMICAL_ENTITY,
    "Disease": Category.DISEASE,
    "Drug": Category.DRUG,
    "GeneFamily": Category.GENE_FAMILY,
    "GrossAnatomicalStructure": Category.ANATOMICAL_ENTITY,
    "MacromolecularComplex": Category.NAMED_THING,
    "MacromolecularMachine": Category.NAMED_THING,
    "MolecularActivity": Category.MOLECULAR_ACTIVITY,
    "OrganismTaxon": Category.ORGANISM_TAXON,
    "Pathway": Category.PATHWAY,
    "PhenotypicFeature": Category.PHENOTYPIC_FEATURE,
    "Protein": Category.PROTEIN,
}

# Per relation: the predicate, whether its ends change places, and Biolink's direction and aspect qualifiers.
_RELATIONS: Final[dict[str, tuple[Predicate, bool, str, str]]] = {
    "actively involved in": (Predicate.ACTIVELY_INVOLVED_IN, False, "", ""),
    "affected by": (Predicate.AFFECTS, True, "", ""),
    "affects risk for": (Predicate.AFFECTS, False, "", "risk"),
    "ameliorates": (Predicate.AMELIORATES, False, "", ""),
    "capable of": (Predicate.ACTIVELY_INVOLVED_IN, False, "", ""),
    "caused by": (Predicate.CAUSES, True, "", ""),
    "causes": (Predicate.CAUSES, False, "", ""),
    "chemically similar to": (Predicate.CHEMICALLY_SIMILAR_TO, False, "", ""),
    "contraindicated for": (Predicate.CONTRAINDICATED_IN, False, "", ""),
    "contributes to": (Predicate.AFFECTS, False, "", "risk"),
    "correlated with": (Predicate.CORRELATED_WITH, False, "", ""),
    "decreases abundance of": (Predicate.AFFECTS, False, "decreased", "abundance"),
    "decreases activity of": (Predicate.AFFECTS, False, "decreased", "activity"),
    "decreases synthesis of": (Predicate.AFFECTS, False, "decreased", "synthesis"),
    "disrupted by": (Predicate.AFFECTS, True, "decreased", ""),
    "disrupts": (Predicate.AFFECTS, False, "decreased", ""),
    "exacerbates": (Predicate.EXACERBATES, False, "", ""),
    "expressed in": (Predicate.EXPRESSED_IN, False, "", ""),
    "has participant": (Predicate.PARTICIPATES_IN, True, "", ""),
    "has phenotype": (Predicate.HAS_PHENOTYPE, False, "", ""),
    "in complex with": (Predicate.PHYSICALLY_INTERACTS_WITH, False, "", ""),
    "increases abundance of": (Predicate.AFFECTS, False, "increased", "abundance"),
    "increases activity of": (Predicate.AFFECTS, False, "increased", "activity"),
    "increases degradation of": (Predicate.AFFECTS, False, "increased", "degradation"),
    "increases stability of": (Predicate.AFFECTS, False, "increased", "stability"),
    "increases transport of": (Predicate.AFFECTS, False, "increased", "transport"),
    "interacts with": (Predicate.INTERACTS_WITH, False, "", ""),
    "located in": (Predicate.LOCATED_IN, False, "", ""),
    "location of": (Predicate.LOCATED_IN, True, "", ""),
    "manifestation of": (Predicate.MANIFESTATION_OF, False, "", ""),
    "molecularly interacts with": (Predicate.BINDS, False, "", ""),
    "negatively correlated with": (Predicate.DOWNREGULATES, False, "", ""),
    "negatively regulates": (Predicate.REGULATES, False, "decreased", ""),
    "occurs in": (Predicate.LOCATED_IN, False, "", ""),
    "part of": (Predicate.PART_OF, False, "", ""),
    "participates in": (Predicate.PARTICIPATES_IN, False, "", ""),
    "phenotype of": (Predicate.HAS_PHENOTYPE, True, "", ""),
    "physically interacts with": (Predicate.PHYSICALLY_INTERACTS_WITH, False, "", ""),
    "positively correlated with": (Predicate.UPREGULATES, False, "", ""),
    "positively regulates": (Predicate.REGULATES, False, "increased", ""),
    "predisposes": (Predicate.AFFECTS, False, "increased", "risk"),
    "prevents": (Predicate.PREVENTS, False, "", ""),
    "regulates": (Predicate.REGULATES, False, "", ""),
    "subclass of": (Predicate.SUBCLASS_OF, False, "", ""),
    "superclass of": (Predicate.SUBCLASS_OF, True, "", ""),
    "treats": (Predicate.TREATS, False, "", ""),
}


_Text = Annotated[str, Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Indication(_Model):
    path_id: _Text = Field(alias="_id")
    drug_mesh: str | None = None
    drugbank: str | None = None
    disease_mesh: str | None = None


class _Concept(_Model):
    id: _Text
    label: _Text
    name: _Text


class _Link(_Model):
    source: _Text
    key: _Text
    target: _Text


class _Path(_Model):
    """One path as its file writes it; what is not read here may be anything."""

    graph: _Indication
    nodes: list[_Concept]
    links: list[_Link]


class DrugMechDbSource(Source):
    """The indication of every path, and each of its links with the path it belongs to."""

    info = SourceInfo(
        name="drugmechdb",
        title="DrugMechDB",
        infores=INFORES,
        licence="CC0 1.0",
        version="2.0",
        url="https://sulab.github.io/DrugMechDB/",
        files=(RemoteFile(_URL, "indication_paths.yaml"),),
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the one file."""
        return (find_file(path, _NAMES, "drugmechdb"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every concept of every path, each once."""
        (file,) = self.input_files(path)
        seen: set[str] = set()
        for where, path_ in _read_paths(file):
            for concept in path_.nodes:
                curie, category = normalise_curie(concept.id), _CATEGORIES.get(concept.label)
                if category is None:
                    yield Skip(f"label {concept.label} has no category here", where)
                elif ":" not in curie:
                    yield Skip("concept whose identifier has no prefix", where)
                elif curie not in seen:
                    seen.add(curie)
                    xrefs = _find_drug_xrefs(path_.graph) if concept.id == path_.graph.drug_mesh else ()
                    yield Node(curie, category, concept.name, INFORES, xrefs=tuple(x for x in xrefs if x != curie))

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield one edge a statement, with the identifiers of all paths that it is part of."""
        (file,) = self.input_files(path)
        edges: dict[str, tuple[Edge, set[str]]] = {}
        for where, path_ in _read_paths(file):
            for edge in _to_edges(path_, where):
                if isinstance(edge, Skip):
                    yield edge
                else:
                    edges.setdefault(edge.edge_key, (edge, set()))[1].add(path_.graph.path_id)
        for edge, paths in edges.values():
            properties = {**dict(edge.properties), "paths": tuple(sorted(paths))}
            yield _assert(edge.subject, edge.predicate, edge.object, properties)


def _read_paths(path: Path) -> Iterator[tuple[str, _Path]]:
    """Yield where each path stands and the path."""
    for where, record in _read_records(path):
        try:
            yield where, _Path.model_validate(record)
        except ValidationError as error:
            problem = f"is no path of DrugMechDB ({explain_invalid(error)})"
            raise FormatError(where, problem, "repair it or fetch the file again") from error


def _read_records(path: Path) -> Iterator[tuple[str, Any]]:
    if ".jsonl" in path.name:
        yield from ((f"{path}, line {number}", record) for number, record in read_json_lines(path))
    elif ".json" in path.name:
        yield from ((f"{path}, path {i}", record) for i, record in enumerate(read_json_array(path), start=1))
    else:
        for number, (line, record) in enumerate(read_yaml_items(path), start=1):
            yield f"{path}, line {line}, path {number}", record


def _to_edges(path: _Path, where: str) -> Iterator[Edge | Skip]:
    drug, disease = path.graph.drug_mesh or path.graph.drugbank or "", path.graph.disease_mesh or ""
    if ":" not in drug or ":" not in disease or "," in drug:
        yield Skip("indication of a combination or of an unnamed end", where)
    else:
        yield _assert(normalise_curie(drug), Predicate.TREATS, normalise_curie(disease), {})
    for link in path.links:
        relation = _RELATIONS.get(link.key.lower())
        ends = (normalise_curie(link.source), normalise_curie(link.target))
        if relation is None:
            yield Skip(f"relation {link.key} has no predicate here", where)
        elif not all(":" in end for end in ends):
            yield Skip("link whose end has no prefix", where)
        else:
            predicate, is_turned, direction, aspect = relation
            subject, object_ = reversed(ends) if is_turned else ends
            qualifiers: dict[str, Value] = {"object_aspect_qualifier": aspect, "object_direction_qualifier": direction}
            yield _assert(subject, predicate, object_, qualifiers)


def _assert(subject: str, predicate: Predicate, object_: str, properties: dict[str, Value]) -> Edge:
    return Edge(
        subject,
        predicate,
        object_,
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        properties=to_properties({**properties}),
    )


def _find_drug_xrefs(graph: _Indication) -> tuple[str, ...]:
    return tuple(normalise_curie(curie) for curie in (graph.drugbank, graph.drug_mesh) if curie)
