"""DrugCentral: approved uses, contraindications and targets.

Reads the publisher's target table (`drug.target.interaction.tsv`) and, where they are there, three tables of its
database dump exported with a header: `structures` (id, name, cas_reg_no), `omop_relationship` (struct_id,
relationship_name, concept_name, umls_cui, snomed_conceptid) and `identifier` (identifier, id_type, struct_id).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import InputError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.files import find_optional_file, read_table, strip_compression
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:drugcentral"
_TARGETS: Final = ("DRUG_NAME", "STRUCT_ID", "ACCESSION", "GENE", "ACTION_TYPE", "ORGANISM")
_USES: Final = ("struct_id", "relationship_name", "concept_name", "umls_cui", "snomed_conceptid")
_IDENTIFIERS: Final = ("identifier", "id_type", "struct_id")
_ID_TYPES: Final = {
    "ChEBI": "CHEBI",
    "ChEMBL_ID": "CHEMBL.COMPOUND",
    "DRUGBANK_ID": "DRUGBANK",
    "MESH_DESCRIPTOR_UI": "MESH",
    "MESH_SUPPLEMENTAL_RECORD_UI": "MESH",
    "PUBCHEM_CID": "PUBCHEM.COMPOUND",
    "RXNORM": "RXCUI",
    "UNII": "UNII",
}
_RELATIONS: Final[dict[str, tuple[Predicate, str]]] = {
    "contraindication": (Predicate.CONTRAINDICATED_IN, ""),
    "indication": (Predicate.TREATS, ""),
    "off-label use": (Predicate.TREATS, "off_label_use"),
    "reduce risk": (Predicate.PREVENTS, ""),
    "symptomatic treatment": (Predicate.AMELIORATES, ""),
}
_HUMAN: Final = "Homo sapiens"

Row = dict[str, str]


class DrugCentralSource(Source):
    """Drugs by DrugCentral's structure number with the identifiers that the dump gives."""

    info = SourceInfo(
        name="drugcentral",
        title="DrugCentral",
        infores=INFORES,
        licence="CC BY-SA 4.0",
        version="",
        url="https://drugcentral.org/download",
        files=(
            RemoteFile(
                "https://unmtid-dbs.net/download/DrugCentral/2021_09_01/drug.target.interaction.tsv.gz",
                "drug.target.interaction.tsv.gz",
            ),
        ),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the tables that are there; at least targets or uses."""
        folder = path.parent if path is not None and path.is_file() else path
        names = ("drug.target.interaction", "omop_relationship", "structures", "identifier")
        found = tuple(file for name in names if (file := _find(folder, name)) is not None)
        if not any(file.name.startswith(names[:2]) for file in found):
            raise InputError(f'"{path}" holds neither drug.target.interaction.tsv nor omop_relationship.tsv.')
        return found

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield drugs, then the conditions of their uses, then human targets as genes, each once."""
        tables = _Tables(self.input_files(path))
        yield from tables.read_drugs()
        yield from tables.read_conditions()
        yield from tables.read_targets()

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield uses and contraindications, then targets."""
        tables = _Tables(self.input_files(path))
        yield from tables.read_uses()
        yield from tables.read_interactions()


class _Tables:
    """The files by table name."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = {strip_compression(file.name).rpartition(".")[0]: file for file in files}

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[tuple[str, Row]]:
        file = self._files.get(table)
        if file is None:
            return
        delimiter = "," if ".csv" in file.name else "\t"
        for number, row in read_table(file, columns, delimiter=delimiter, quoted=True):
            yield f"{file}, line {number}", row

    def read_drugs(self) -> Iterator[Node]:
        names = {row["STRUCT_ID"]: row["DRUG_NAME"] for _, row in self.rows("drug.target.interaction", _TARGETS)}
        names |= {row["id"]: row["name"] for _, row in self.rows("structures", ("id", "name"))}
        for _, row in self.rows("omop_relationship", _USES):
            names.setdefault(row["struct_id"], f"DrugCentral:{row['struct_id']}")
        xrefs: dict[str, list[str]] = defaultdict(list)
        for _, row in self.rows("identifier", _IDENTIFIERS):
            if row["id_type"] in _ID_TYPES:
                identifier = row["identifier"].removeprefix("CHEBI:")
                xrefs[row["struct_id"]].append(f"{_ID_TYPES[row['id_type']]}:{identifier}")
        for number, name in names.items():
            yield Node(f"DrugCentral:{number}", Category.DRUG, name, INFORES, xrefs=tuple(sorted(xrefs[number])))

    def read_conditions(self) -> Iterator[Node | Skip]:
        seen: set[str] = set()
        for where, row in self.rows("omop_relationship", _USES):
            curie = _to_condition(row)
            if not curie:
                yield Skip("condition without a UMLS or SNOMED CT code", where)
            elif curie not in seen:
                seen.add(curie)
                xrefs = (f"SNOMEDCT:{row['snomed_conceptid']}",) if row["snomed_conceptid"] else ()
                yield Node(curie, Category.DISEASE, row["concept_name"], INFORES, xrefs=tuple(set(xrefs) - {curie}))

    def read_targets(self) -> Iterator[Node | Skip]:
        seen: set[str] = set()
        for where, row in self.rows("drug.target.interaction", _TARGETS):
            symbol = row["GENE"]
            if row["ORGANISM"] != _HUMAN or not symbol or "|" in symbol:
                yield Skip("target that is no single human gene", where)
            elif symbol not in seen:
                seen.add(symbol)
                yield Node(f"HGNC.SYMBOL:{symbol}", Category.GENE, symbol, INFORES)

    def read_uses(self) -> Iterator[Edge | Skip]:
        for where, row in self.rows("omop_relationship", _USES):
            relation, curie = _RELATIONS.get(row["relationship_name"]), _to_condition(row)
            if relation is None:
                yield Skip(f"relation {row['relationship_name']} has no predicate here", where)
            elif curie:
                status: dict[str, Value | None] = {"clinical_approval_status_qualifier": relation[1]}
                yield _assert(row["struct_id"], relation[0], curie, status)

    def read_interactions(self) -> Iterator[Edge | Skip]:
        for _, row in self.rows("drug.target.interaction", _TARGETS):
            if row["ORGANISM"] == _HUMAN and row["GENE"] and "|" not in row["GENE"]:
                action: dict[str, Value | None] = {"causal_mechanism_qualifier": row["ACTION_TYPE"].lower()}
                yield _assert(row["STRUCT_ID"], Predicate.INTERACTS_WITH, f"HGNC.SYMBOL:{row['GENE']}", action)


def _find(folder: Path | None, table: str) -> Path | None:
    return find_optional_file(folder, (f"{table}.tsv", f"{table}.csv"), "drugcentral")


def _to_condition(row: Row) -> str:
    if row["umls_cui"]:
        return f"UMLS:{row['umls_cui']}"
    return f"SNOMEDCT:{row['snomed_conceptid']}" if row["snomed_conceptid"] else ""


def _assert(number: str, predicate: Predicate, object_: str, properties: dict[str, Value | None]) -> Edge:
    return Edge(
        f"DrugCentral:{number}",
        predicate,
        object_,
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        properties=to_properties(properties),
    )
