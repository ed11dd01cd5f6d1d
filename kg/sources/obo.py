"""Any ontology in OBO, OWL or OBO Graph form (MONDO, ChEBI, UBERON, GO …)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kg.errors import InputError
from kg.model import Edge, Node
from kg.sources.ontology import read_terms, to_term_edges, to_term_nodes
from kg.sources.source import Skip, Source, SourceInfo


class OboSource(Source):
    """Every living term with synonyms and cross-references, its hierarchy and mapped relations."""

    info = SourceInfo(
        name="obo",
        title="An ontology of the user's",
        infores="infores:obo",
        licence="the ontology's own",
        version="",
        url="https://obofoundry.org",
        tried=True,
        repeatable=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the one file."""
        if path is None or not path.is_file():
            raise InputError(f'"{path or ""}" is not a file; give the ontology with --from FILE.obo, .owl or .json.')
        return (path,)

    def read_infores(self, path: Path | None) -> tuple[str, ...]:
        """Return an information resource by the file's name: `infores:mondo` of `mondo.obo`."""
        return (_to_infores(*self.input_files(path)),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the terms."""
        (file,) = self.input_files(path)
        yield from to_term_nodes(read_terms(file), _to_infores(file), file)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the hierarchy and the relations."""
        (file,) = self.input_files(path)
        yield from to_term_edges(read_terms(file), _to_infores(file), file)


def _to_infores(file: Path) -> str:
    return "infores:" + re.sub(r"[^a-z0-9]+", "-", file.name.partition(".")[0].lower())
