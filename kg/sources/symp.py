"""The Symptom Ontology."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg.model import Edge, Node
from kg.sources.files import find_file
from kg.sources.obo_text import read_obo_terms, read_obo_version
from kg.sources.ontology import to_term_edges, to_term_nodes
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo


class SympSource(Source):
    """Symptoms and their hierarchy."""

    info = SourceInfo(
        name="symp",
        title="Symptom Ontology",
        infores="infores:symp",
        licence="CC0 1.0",
        version="2026-07-30",
        url="https://github.com/DiseaseOntology/SymptomOntology",
        files=(RemoteFile("http://purl.obolibrary.org/obo/symp.obo", "symp.obo"),),
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return `symp.obo`."""
        return (find_file(path, ("symp.obo",), "symp"),)

    def read_version(self, path: Path | None) -> str:
        """Return the date in the file's header."""
        parts = read_obo_version(self.input_files(path)[0]).split("/")
        return next((part for part in parts if part[:2] == "20"), self.info.version)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the terms."""
        (file,) = self.input_files(path)
        yield from to_term_nodes(read_obo_terms(file), self.info.infores, file)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the hierarchy."""
        (file,) = self.input_files(path)
        yield from to_term_edges(read_obo_terms(file), self.info.infores, file)
