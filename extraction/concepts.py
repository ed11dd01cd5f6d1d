"""The concepts that a mention can name: MeSH diseases and chemicals, with DrugBank's drugs that MeSH lacks.

`data/concepts.tsv.gz` holds type, CURIE, the graph's preferred CURIE, MeSH tree numbers and the look-up keys of the
names, the main one first; `data/SOURCES.md` says where they come from. Half a million names stay small in memory
because they are kept in columns.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extraction.document import EntityType
from extraction.lexicon import DATA
from kg.errors import ModelError

DISEASE, DRUG = "disease", "drug"
CONCEPT_TYPE: Mapping[EntityType, str] = {
    EntityType.DISEASE: DISEASE,
    EntityType.SYMPTOM: DISEASE,
    EntityType.DRUG: DRUG,
}

_SIGNS = "C23.888"
_DISEASES = ("DOID:", "MONDO:")

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class ConceptTable:
    """Columns over concepts, each known by its place in them; the name tables map a key to places, per type.

    `headings` maps a graph's CURIE back to the concept's own.
    """

    kinds: Sequence[str]
    curies: Sequence[str]
    graph_curies: Sequence[str]
    main_names: Sequence[str]
    trees: Mapping[int, str]
    names: Mapping[str, Mapping[str, int | tuple[int, ...]]]
    synonyms: Mapping[str, Mapping[str, int | tuple[int, ...]]]
    places: Mapping[str, int]
    headings: Mapping[str, str]

    def find_name(self, kind: str, key: str) -> tuple[int, ...]:
        """Return the places of the concepts of this type whose main name this is."""
        return to_places(self.names.get(kind, {}).get(key, ()))

    def find_synonym(self, kind: str, key: str) -> tuple[int, ...]:
        """Return the places of the concepts of this type that have this other name."""
        return to_places(self.synonyms.get(kind, {}).get(key, ()))

    def name_of(self, curie: str) -> str:
        """Return the look-up key of a concept's main name; "" where the table lacks it."""
        place = self.places.get(curie)
        return "" if place is None else self.main_names[place]

    def is_descriptor(self, place: int) -> bool:
        """Whether MeSH has the concept as a main heading."""
        return self.curies[place].startswith("MESH:D")

    def tree_numbers(self, curie: str) -> tuple[str, ...]:
        """Return the concept's places in MeSH's trees, such as `C14.907.489`; none when it is not a main heading."""
        numbers = self.trees.get(self.places.get(self.to_own(curie), -1), "")
        return tuple(numbers.split("|")) if numbers else ()

    def to_graph(self, curie: str) -> str:
        """Return the graph's preferred CURIE of a concept, its own when there is no other."""
        place = self.places.get(curie)
        return curie if place is None else self.graph_curies[place] or curie

    def to_own(self, curie: str) -> str:
        """Return the table's CURIE of a concept that is known by the graph's."""
        return self.headings.get(curie, curie)

    def disease_named(self, key: str) -> str:
        """Return the graph's disease (DOID, MONDO) whose main name this is, "" for signs, findings and all else.

        >>> read_concepts().disease_named("pneumonia"), read_concepts().disease_named("headache")
        ('DOID:552', '')
        """
        for place in self.find_name(DISEASE, key):
            is_sign = any(number.startswith(_SIGNS) for number in self.trees.get(place, "").split("|"))
            if not is_sign and self.graph_curies[place].startswith(_DISEASES):
                return self.graph_curies[place]
        return ""

    def comparable_names(self, kind: str) -> Iterator[tuple[str, int]]:
        """Yield (key, place) of the names worth comparing letter by letter: of chemicals, headings and known drugs."""
        for table in (self.names, self.synonyms):
            for key, places in table.get(kind, {}).items():
                for place in to_places(places):
                    if kind == DISEASE or self.is_descriptor(place) or self.graph_curies[place]:
                        yield key, place


def to_places(found: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return one place or several as a tuple."""
    return (found,) if isinstance(found, int) else found


def build_concepts(rows: Iterable[Row]) -> ConceptTable:
    """Return the table of rows (type, CURIE, graph CURIE, tree numbers, keys), the last two joined by `|`."""
    kinds: list[str] = []
    curies: list[str] = []
    graph_curies: list[str] = []
    main_names: list[str] = []
    trees: dict[int, str] = {}
    names: dict[str, dict[str, int | tuple[int, ...]]] = {DISEASE: {}, DRUG: {}}
    synonyms: dict[str, dict[str, int | tuple[int, ...]]] = {DISEASE: {}, DRUG: {}}
    for place, (kind, curie, graph_curie, numbers, keys) in enumerate(rows):
        kind = DISEASE if kind == DISEASE else DRUG
        kinds.append(kind)
        curies.append(curie)
        graph_curies.append(graph_curie)
        if numbers:
            trees[place] = numbers
        main, *others = keys.split("|")
        main_names.append(main)
        _add(names[kind], main, place)
        for key in others:
            _add(synonyms[kind], key, place)
    places = {curie: place for place, curie in enumerate(curies)}
    headings = {graph: curie for graph, curie in zip(reversed(graph_curies), reversed(curies), strict=True) if graph}
    return ConceptTable(kinds, curies, graph_curies, main_names, trees, names, synonyms, places, headings)


def _add(table: dict[str, int | tuple[int, ...]], key: str, place: int) -> None:
    known = table.get(key)
    table[key] = place if known is None else (*to_places(known), place)


def _read_rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            kind, curie, graph_curie, trees, keys = line.rstrip("\n").split("\t")
            yield kind, curie, graph_curie, trees, keys


@cache
def read_concepts(path: Path = DATA / "concepts.tsv.gz") -> ConceptTable:
    """Read the shipped table; ModelError when it is missing."""
    if not path.is_file():
        raise ModelError(f"{path}: the table of concepts is missing; install the package again.")
    return build_concepts(_read_rows(path))
