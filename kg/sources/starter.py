"""The curated starter knowledge of `ontologies/starter` as nodes and edges; every edge carries its citation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from kg.errors import FormatError
from kg.model import STARTER_SOURCE, Edge, Node, Value, to_properties
from kg.sources.source import Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie
from ontologies.starter import FOLDER, TABLES, Row, TableError, read_numbered, split

_GRAPH_TABLES: Final = (
    "references", "conditions", "drugs", "genes", "findings", "drug_classes", "indications", "contraindications",
    "interactions", "side_effects", "class_members", "cross_reactivity", "gene_drug", "symptoms", "broader",
)  # fmt: skip
_ATC_SUBSTANCE: Final = 7
_PHENOTYPE_PREFIXES: Final = frozenset({"HP", "SYMP"})


class StarterSource(Source):
    """Drugs, classes, conditions, findings and genes, and what the tables say about them."""

    info = SourceInfo(
        name="starter",
        title="TheraGraph starter knowledge (for demonstration, not for care)",
        infores=STARTER_SOURCE,
        licence="Apache-2.0",
        version="1",
        url="https://w3id.org/theragraph/starter",
        needs_path=False,
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the tables that the graph is made of."""
        folder = path or FOLDER
        missing = [name for name in _GRAPH_TABLES if not (folder / f"{name}.tsv").is_file()]
        if missing:
            raise FormatError(folder, f"has no {', '.join(missing)}", f"it needs {', '.join(TABLES)}")
        return tuple(folder / f"{name}.tsv" for name in sorted(_GRAPH_TABLES))

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield conditions, drugs, classes, genes and the findings that other tables name."""
        tables = _Tables(path or FOLDER)
        yield from map(_to_condition, tables.read("conditions"))
        yield from map(_to_drug, tables.read("drugs"))
        yield from map(_to_class, tables.read("drug_classes"))
        yield from map(_to_gene, tables.read("genes"))
        yield from tables.read_findings()

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the edges of every table; a row that names an unknown drug, condition, class or gene is skipped."""
        tables = _Tables(path or FOLDER)
        for name, to_edge in _EDGES.items():
            for row in tables.read(name):
                yield to_edge(tables, row) or Skip(f"{name}: a name that no table defines", _describe(row))


class _Tables:
    """The tables of one folder and the look-ups from names to CURIEs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Iterator[Row]:
        try:
            yield from (row for _, row in read_numbered(name, self._folder))
        except TableError as error:
            raise FormatError(self._folder, str(error).rstrip("."), "correct the table") from error

    @cached_property
    def citations(self) -> dict[str, str]:
        rows = self.read("references")
        return {r["reference"]: f"{r['publisher']}, {r['title']}, {r['year']}" for r in rows}

    @cached_property
    def conditions(self) -> dict[str, str]:
        return {r["condition"]: r["curie"] for r in self.read("conditions")}

    @cached_property
    def drugs(self) -> dict[str, str]:
        return {r["drug"]: r["curie"] for r in self.read("drugs")}

    @cached_property
    def genes(self) -> dict[str, str]:
        return {r["gene"]: r["curie"] for r in self.read("genes")}

    @cached_property
    def agents(self) -> dict[str, str]:
        """Drugs and drug classes by name."""
        classes = {r["class_id"]: f"theragraph.class:{r['class_id']}" for r in self.read("drug_classes")}
        return classes | self.drugs

    def read_findings(self) -> Iterator[Node]:
        """What other tables name beside the conditions: findings, symptoms, side effects, contraindications."""
        seen = set(self.conditions.values())
        for row in self.read("findings"):
            seen.add(row["curie"])
            yield _to_finding(row["curie"], row["name"], split(row["xrefs"]))
        for table, column in (("symptoms", "name"), ("side_effects", "name"), ("contraindications", "condition")):
            for row in self.read(table):
                if row["curie"] not in seen:
                    seen.add(row["curie"])
                    yield _to_finding(row["curie"], row[column])


def _to_finding(curie: str, name: str, xrefs: tuple[str, ...] = ()) -> Node:
    is_phenotype = curie.partition(":")[0] in _PHENOTYPE_PREFIXES
    category = Category.PHENOTYPIC_FEATURE if is_phenotype else Category.DISEASE
    return Node(curie, category, name, STARTER_SOURCE, xrefs=tuple(map(normalise_curie, xrefs)))


def _to_condition(row: Row) -> Node:
    return Node(
        row["curie"],
        Category.DISEASE,
        row["condition"],
        STARTER_SOURCE,
        synonyms=split(row["synonyms"]),
        xrefs=tuple(map(normalise_curie, split(row["xrefs"]))),
        properties=to_properties({"area": row["area"]}),
    )


def _to_drug(row: Row) -> Node:
    atc = tuple(f"ATC:{code}" for code in split(row["atc"]))
    rxcui = tuple(f"RXCUI:{code}" for code in split(row["rxcui"]))
    return Node(
        row["curie"],
        Category.DRUG,
        row["drug"],
        STARTER_SOURCE,
        synonyms=split(row["synonyms"]),
        xrefs=atc + rxcui,
        properties=to_properties({"cost_class": row["cost_class"]}),
    )


def _to_gene(row: Row) -> Node:
    xrefs = (f"HGNC.SYMBOL:{row['gene']}",)
    return Node(row["curie"], Category.GENE, row["gene"], STARTER_SOURCE, xrefs=xrefs)


def _to_class(row: Row) -> Node:
    return Node(
        f"theragraph.class:{row['class_id']}",
        Category.CHEMICAL_ENTITY,
        row["name"],
        STARTER_SOURCE,
        xrefs=tuple(f"ATC:{code}" for code in split(row["atc"]) if len(code) < _ATC_SUBSTANCE),
        properties=to_properties({"class_kind": row["kind"]}),
    )


def _to_edge(
    tables: _Tables,
    row: Row,
    ends: tuple[str | None, str | None],
    predicate: Predicate,
    values: dict[str, Value | None] | None = None,
) -> Edge | None:
    """The edge of a row with its citation, or None when an end is unknown."""
    subject, object_ = ends
    if not subject or not object_:
        return None
    citation = {"reference": row["reference"], "citation": tables.citations.get(row["reference"])}
    return Edge(
        subject,
        predicate,
        object_,
        STARTER_SOURCE,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        properties=to_properties({**(values or {}), **citation, "checked": row["checked"]}),
    )


def _to_indication(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {
        "line_of_therapy": int(row["line_of_therapy"]) if row["line_of_therapy"] else None,
        "role": row["role"],
        "partners": split(row["partners"]),
        "regimen_qualifier": _describe_regimen(row),
        "population_context_qualifier": row["population"],
        "sequence_variant_qualifier": row["biomarker"],
        "evidence_level": row["evidence_level"],
        "dose": row["dose"],
    }
    ends = (tables.drugs.get(row["drug"]), tables.conditions.get(row["condition"]))
    return _to_edge(tables, row, ends, Predicate.TREATS, values)


def _describe_regimen(row: Row) -> str:
    """What tells two indications of one drug and condition apart, so that each stays an edge of its own."""
    partners = ", ".join(split(row["partners"]))
    return f"line {row['line_of_therapy']}, {row['role']}" + (f" with {partners}" if partners else "")


def _to_contraindication(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {
        "severity_qualifier": row["severity"],
        "population_context_qualifier": row["population"],
        "rationale": row["rationale"],
    }
    return _to_edge(tables, row, (tables.drugs.get(row["drug"]), row["curie"]), Predicate.CONTRAINDICATED_IN, values)


def _to_interaction(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {
        "severity_qualifier": row["severity"],
        "mechanism": row["mechanism"],
        "management": row["management"],
    }
    ends = (tables.agents.get(row["drug_a"]), tables.agents.get(row["drug_b"]))
    return _to_edge(tables, row, ends, Predicate.INTERACTS_WITH, values)


def _to_side_effect(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {"frequency_qualifier": row["frequency"]}
    return _to_edge(tables, row, (tables.drugs.get(row["drug"]), row["curie"]), Predicate.HAS_SIDE_EFFECT, values)


def _to_membership(tables: _Tables, row: Row) -> Edge | None:
    ends = (tables.drugs.get(row["drug"]), tables.agents.get(row["class_id"]))
    return _to_edge(tables, row, ends, Predicate.SUBCLASS_OF)


def _to_cross_reactivity(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {
        "context_qualifier": "cross_reactivity",
        "verdict": row["verdict"],
        "advice": row["advice"],
    }
    ends = (tables.agents.get(row["class_a"]), tables.agents.get(row["class_b"]))
    return _to_edge(tables, row, ends, Predicate.SIMILAR_TO, values)


def _to_gene_drug(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {
        "sequence_variant_qualifier": row["finding"],
        "effect": row["effect"],
        "verdict": row["verdict"],
        "advice": row["advice"],
    }
    ends = (tables.genes.get(row["gene"]), tables.drugs.get(row["drug"]))
    return _to_edge(tables, row, ends, Predicate.ASSOCIATED_WITH_RESPONSE_TO, values)


def _to_symptom(tables: _Tables, row: Row) -> Edge | None:
    values: dict[str, Value | None] = {"frequency_qualifier": row["frequency"]}
    return _to_edge(
        tables, row, (tables.conditions.get(row["condition"]), row["curie"]), Predicate.HAS_PHENOTYPE, values
    )


def _to_broader(tables: _Tables, row: Row) -> Edge | None:
    return _to_edge(tables, row, (row["curie"], row["broader_curie"]), Predicate.SUBCLASS_OF)


def _describe(row: Row) -> str:
    return ", ".join(list(row.values())[:3])


_EDGES: Final[dict[str, Callable[[_Tables, Row], Edge | None]]] = {
    "indications": _to_indication,
    "contraindications": _to_contraindication,
    "interactions": _to_interaction,
    "side_effects": _to_side_effect,
    "class_members": _to_membership,
    "cross_reactivity": _to_cross_reactivity,
    "gene_drug": _to_gene_drug,
    "symptoms": _to_symptom,
    "broader": _to_broader,
}
