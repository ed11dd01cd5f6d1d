"""Plain triples of the user's in a delimited file, described by a mapping file (`mapping.yaml`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import FormatError, InputError
from kg.model import Edge, Node, Value, to_properties
from kg.sources.biolink_words import to_category
from kg.sources.confidence import read_confidence
from kg.sources.csv_mapping import CsvMapping, End, read_mapping
from kg.sources.files import read_table
from kg.sources.source import Skip, Source, SourceInfo
from ontologies.biolink import Category, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:csv"
_TRUE: Final = ("1", "negated", "not", "true", "yes")
_FALSE: Final = ("", "0", "false", "no")
Row = dict[str, str]


class CsvSource(Source):
    """One table, one edge a row."""

    info = SourceInfo(
        name="csv",
        title="Triples of the user's",
        infores=INFORES,
        licence="as the mapping file says",
        version="",
        url="docs/sources.md",
        repeatable=True,
        repeats=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the mapping file and the table that it names."""
        if path is None:
            raise InputError("The source csv needs its mapping file; give it with --from mapping.yaml.")
        mapping = path / "mapping.yaml" if path.is_dir() else path
        if not mapping.is_file():
            raise InputError(f'"{mapping}" does not exist; write one (docs/sources.md) and give it with --from.')
        table = mapping.parent / read_mapping(mapping).file
        if not table.is_file():
            raise InputError(f'"{table}", which {mapping.name} names in `file`, does not exist; correct the path.')
        return mapping, table

    def read_version(self, path: Path | None) -> str:
        """Return the release that the mapping file states."""
        return read_mapping(self.input_files(path)[0]).release

    def read_infores(self, path: Path | None) -> tuple[str, ...]:
        """Return the source that the mapping file states."""
        return (read_mapping(self.input_files(path)[0]).source,)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield the ends of every row, each once."""
        mapping_path, table = self.input_files(path)
        mapping = read_mapping(mapping_path)
        seen: set[str] = set()
        for number, row in _read_rows(mapping, table):
            for end in (mapping.subject, mapping.object):
                curie = _to_curie(end, row)
                if not curie:
                    yield Skip(f"`{end.column}` is empty", f"{table}, line {number}")
                elif curie not in seen:
                    seen.add(curie)
                    name = row[end.name] or curie if end.name else curie
                    yield Node(curie, _to_category(end, row), name, mapping.source)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield an edge a row; a relation that the mapping does not name is skipped and counted."""
        mapping_path, table = self.input_files(path)
        mapping = read_mapping(mapping_path)
        for number, row in _read_rows(mapping, table):
            predicate = _to_predicate(mapping, row)
            subject, object_ = _to_curie(mapping.subject, row), _to_curie(mapping.object, row)
            if predicate is None:
                word = row[mapping.predicate.column]
                yield Skip(f"relation {word} is not in the mapping", f"{table}, line {number}")
            elif subject and object_:
                yield _to_edge(mapping, row, (subject, predicate, object_), f"{table}", number)


def _read_rows(mapping: CsvMapping, table: Path) -> Iterator[tuple[int, Row]]:
    return read_table(table, mapping.columns, delimiter=mapping.delimiter, quoted=True)


def _to_curie(end: End, row: Row) -> str:
    value = row[end.column].strip()
    return normalise_curie(f"{end.prefix}:{value}" if value and end.prefix and ":" not in value else value)


def _to_category(end: End, row: Row) -> Category:
    return to_category([row[end.category_column]]) if end.category_column else end.category


def _to_predicate(mapping: CsvMapping, row: Row) -> Predicate | None:
    relation = mapping.predicate
    return relation.value or relation.words.get(row[relation.column])


def _to_edge(mapping: CsvMapping, row: Row, triple: tuple[str, Predicate, str], table: str, line: int) -> Edge:
    extra: dict[str, Value | None] = {name: row[column] for column, name in mapping.properties.items()}
    extra["licence"] = mapping.licence
    publications = row[mapping.publications].split("|") if mapping.publications else []
    return Edge(
        *triple,
        mapping.source,
        mapping.knowledge_level,
        mapping.agent_type,
        negated=_to_negated(mapping, row, table, line),
        publications=tuple(normalise_curie(p) for p in publications if p),
        confidence=read_confidence(table, line, mapping.confidence, row.get(mapping.confidence)),
        release=mapping.release,
        properties=to_properties(extra),
    )


def _to_negated(mapping: CsvMapping, row: Row, table: str, line: int) -> bool:
    """A word that says neither yes nor no is an error: taken for no, it would turn the statement around."""
    word = row[mapping.negated].strip().lower() if mapping.negated else ""
    if word not in (*_TRUE, *_FALSE):
        problem = f'`{mapping.negated}` is "{word}"'
        raise FormatError(
            table, problem, f"{', '.join(_TRUE)} negate the row, 0, false, no and an empty cell do not", line=line
        )
    return word in _TRUE
