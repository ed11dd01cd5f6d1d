"""DRKG (`drkg.tsv`): triples without a header, `Kind::id <tab> Origin::code::Head:Tail <tab> Kind::id`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from kg.model import Edge, Node, Properties, to_properties
from kg.sources.files import find_file, read_records, read_table
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:drkg"
_ARCHIVE: Final = "https://dgl-data.s3-us-west-2.amazonaws.com/dataset/DRKG/drkg.tar.gz"
_COLUMNS: Final = ("head", "relation", "tail")
_RELATIONS: Final = Path(__file__).with_name("drkg_relations.tsv")
_CATEGORIES: Final[dict[str, Category]] = {
    "Anatomy": Category.ANATOMICAL_ENTITY,
    "Atc": Category.CHEMICAL_ENTITY,
    "Biological Process": Category.BIOLOGICAL_PROCESS,
    "Cellular Component": Category.CELLULAR_COMPONENT,
    "Compound": Category.DRUG,
    "Disease": Category.DISEASE,
    "Gene": Category.GENE,
    "Molecular Function": Category.MOLECULAR_ACTIVITY,
    "Pathway": Category.PATHWAY,
    "Pharmacologic Class": Category.CHEMICAL_ENTITY,
    "Side Effect": Category.PHENOTYPIC_FEATURE,
    "Symptom": Category.PHENOTYPIC_FEATURE,
    "Tax": Category.ORGANISM_TAXON,
}
_MINED: Final = frozenset({"GNBR", "bioarx"})

Meaning = tuple[Predicate, bool, Properties]


class DrkgSource(Source):
    """Thirteen kinds of entity, 107 relations of seven origins. DRKG carries no names."""

    info = SourceInfo(
        name="drkg",
        title="Drug Repurposing Knowledge Graph",
        infores=INFORES,
        licence="Apache-2.0 for the compilation; parts keep the licence of their origin",
        version="2020",
        url="https://github.com/gnn4dr/DRKG",
        files=(RemoteFile(_ARCHIVE, "drkg.tar.gz", member="drkg.tsv"),),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return `drkg.tsv`, which `fetch` unpacks from the publisher's archive."""
        return (find_file(path, ("drkg.tsv",), "drkg"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every entity once, named by its identifier."""
        (file,) = self.input_files(path)
        seen: set[str] = set()
        for number, row in read_records(file, _COLUMNS):
            for entity in (row["head"], row["tail"]):
                if entity not in seen:
                    seen.add(entity)
                    yield _to_node(entity, f"{file}, line {number}")

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield every triple whose relation `drkg_relations.tsv` gives a meaning."""
        (file,) = self.input_files(path)
        meanings = _read_meanings()
        for number, row in read_records(file, _COLUMNS):
            meaning = meanings.get(row["relation"])
            if meaning is None:
                yield Skip(f"relation {row['relation']} has no predicate here", f"{file}, line {number}")
            else:
                yield _to_edge(row, meaning)


@cache
def _read_meanings() -> dict[str, Meaning]:
    meanings: dict[str, Meaning] = {}
    for _, row in read_table(_RELATIONS, ("relation", "predicate", "turned", "direction", "aspect")):
        qualifiers = to_properties(
            {
                "object_direction_qualifier": row["direction"],
                "object_aspect_qualifier": row["aspect"],
                "original_predicate": row["relation"],
            }
        )
        meanings[row["relation"]] = (Predicate(row["predicate"]), row["turned"] == "1", qualifiers)
    return meanings


def _to_node(entity: str, where: str) -> Node | Skip:
    kind, _, local = entity.partition("::")
    category, curie = _CATEGORIES.get(kind), _to_curie(entity)
    if category is None or not local:
        return Skip(f"kind {kind} has no category here", where)
    return Node(curie, category, curie, INFORES)


def _to_curie(entity: str) -> str:
    """Several identifiers may stand in one entity, joined by `;` or `|`; the first speaks."""
    return normalise_curie(entity.split(";")[0].split("|")[0])


def _to_edge(row: dict[str, str], meaning: Meaning) -> Edge:
    predicate, is_turned, properties = meaning
    head, tail = _to_curie(row["head"]), _to_curie(row["tail"])
    is_mined = row["relation"].partition("::")[0] in _MINED
    return Edge(
        tail if is_turned else head,
        predicate,
        head if is_turned else tail,
        INFORES,
        KnowledgeLevel.NOT_PROVIDED if is_mined else KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.TEXT_MINING_AGENT if is_mined else AgentType.NOT_PROVIDED,
        properties=properties,
    )
