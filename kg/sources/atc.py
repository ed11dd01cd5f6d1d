"""The Anatomical Therapeutic Chemical classification as a table of codes and names.

The WHO Collaborating Centre holds the rights; the user brings the file (`atc_code`, `atc_name`, more columns allowed).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import InputError
from kg.model import Edge, Node, to_properties
from kg.sources.files import read_table
from kg.sources.source import Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:atc-codes-umls"
_LEVELS: Final = (1, 3, 4, 5, 7)


class AtcSource(Source):
    """Classes of four levels, substances of the fifth, and what belongs to what."""

    info = SourceInfo(
        name="atc",
        title="ATC classification",
        infores=INFORES,
        licence="WHO Collaborating Centre for Drug Statistics Methodology (no redistribution)",
        version="",
        url="https://atcddd.fhi.no/atc_ddd_index/",
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the one table; in a folder, the only file whose name holds `atc`."""
        if path is None:
            raise InputError("The source atc needs its table; give it with --from FILE.csv.")
        found = [path] if path.is_file() else sorted(p for p in path.glob("*atc*.csv*") if p.is_file())
        if len(found) != 1:
            raise InputError(f'"{path}" holds {len(found)} files named *atc*.csv; give the one table with --from FILE.')
        return (found[0],)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield classes and substances, each once."""
        (file,) = self.input_files(path)
        seen: set[str] = set()
        for number, row in _read_rows(file):
            code = row["atc_code"]
            if code in seen:
                continue
            seen.add(code)
            if len(code) not in _LEVELS:
                yield Skip("code of no ATC level", f"{file}, line {number}")
            else:
                yield _to_node(code, row["atc_name"])

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield each code's membership in the class above it."""
        (file,) = self.input_files(path)
        codes = dict.fromkeys(row["atc_code"] for _, row in _read_rows(file))
        for code in codes:
            if len(code) in _LEVELS[1:]:
                parent = code[: _LEVELS[_LEVELS.index(len(code)) - 1]]
                yield Edge(
                    f"ATC:{code}",
                    Predicate.SUBCLASS_OF,
                    f"ATC:{parent}",
                    INFORES,
                    KnowledgeLevel.KNOWLEDGE_ASSERTION,
                    AgentType.MANUAL_AGENT,
                )


def _read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    delimiter = "\t" if ".tsv" in path.name else ","
    return read_table(path, ("atc_code", "atc_name"), delimiter=delimiter, quoted=True)


def _to_node(code: str, name: str) -> Node:
    is_substance = len(code) == _LEVELS[-1]
    category = Category.DRUG if is_substance else Category.CHEMICAL_ENTITY
    kind = to_properties({"class_kind": None if is_substance else "therapeutic"})
    return Node(f"ATC:{code}", category, name.lower() if name.isupper() else name, INFORES, properties=kind)
