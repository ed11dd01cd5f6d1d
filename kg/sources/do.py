"""The Human Disease Ontology: `doid.obo`, or its report tables, which the project also carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import InputError
from kg.model import Edge, Node
from kg.sources.files import find_optional_file, read_table
from kg.sources.obo_text import OboTerm, read_obo_terms, read_obo_version
from kg.sources.ontology import to_term_edges, to_term_nodes
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies import disease_ontology
from ontologies.prefixes import normalise_curie

_CARRIED: Final = tuple(
    Path(disease_ontology.__file__).with_name(name) for name in ("HumanDO.tsv.gz", "allXREFinDO.tsv.gz")
)
_REPORTS: Final = "https://raw.githubusercontent.com/DiseaseOntology/HumanDiseaseOntology/main/DOreports"


class DoSource(Source):
    """Diseases with synonyms and cross-references, and their hierarchy."""

    info = SourceInfo(
        name="do",
        title="Human Disease Ontology",
        infores="infores:disease-ontology",
        licence="CC0 1.0",
        version="2026-08-19",
        url="https://disease-ontology.org",
        files=(
            RemoteFile("http://purl.obolibrary.org/obo/doid.obo", "doid.obo"),
            RemoteFile(f"{_REPORTS}/HumanDO.tsv", "HumanDO.tsv"),
            RemoteFile(f"{_REPORTS}/allXREFinDO.tsv", "allXREFinDO.tsv"),
        ),
        needs_path=False,
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return `doid.obo`, or else both report tables; without a path the tables that the project carries."""
        if path is None:
            return _CARRIED
        if path.is_file():
            return (path,)
        ontology = find_optional_file(path, ("doid.obo", "doid-base.obo"), "do")
        if ontology is not None:
            return (ontology,)
        tables = [find_optional_file(path, (name,), "do") for name in ("HumanDO.tsv", "allXREFinDO.tsv")]
        if None in tables:
            raise InputError(f'"{path}" holds neither doid.obo nor HumanDO.tsv and allXREFinDO.tsv; fetch one of them.')
        return tuple(table for table in tables if table is not None)

    def read_version(self, path: Path | None) -> str:
        """Return the date that an OBO file names; the report tables name none."""
        files = self.input_files(path)
        named = read_obo_version(files[0]).split("/") if len(files) == 1 else []
        return next((part for part in named if part[:4].isdigit()), self.info.version)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the diseases."""
        files = self.input_files(path)
        yield from to_term_nodes(_read_terms(files), self.info.infores, files[0])

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the hierarchy."""
        files = self.input_files(path)
        yield from to_term_edges(_read_terms(files), self.info.infores, files[0])


def _read_terms(files: tuple[Path, ...]) -> Iterator[OboTerm]:
    if len(files) == 1:
        return read_obo_terms(files[0])
    return iter(_read_reports(*files).values())


def _read_reports(names: Path, xrefs: Path) -> dict[str, OboTerm]:
    """Terms by CURIE; the table gives parents by label, one row a parent."""
    rows = [row for _, row in read_table(names, ("id", "label", "subClassOf"), quoted=True)]
    curie_of_label = {row["label"]: row["id"] for row in rows}
    terms: dict[str, OboTerm] = {}
    for row in rows:
        term = terms.setdefault(row["id"], OboTerm(row["id"], row["label"]))
        parent = curie_of_label.get(row["subClassOf"])
        if parent:
            term.parents.append(parent)
    for _, row in read_table(xrefs, ("id", "label", "xref"), quoted=True):
        if row["id"] in terms:
            terms[row["id"]].xrefs.append(normalise_curie(row["xref"]))
    return terms
