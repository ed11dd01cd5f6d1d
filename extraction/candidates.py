"""Which concepts a name may mean: by memory, by the same name, by look-alike names; each with its evidence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from extraction.concepts import ConceptTable
from extraction.memory import NIL, Memory
from extraction.opposites import are_opposite
from extraction.similar import SimilarNames, build_similar_names

FEATURES = (
    "name",
    "synonym",
    "remembered_share",
    "remembered_count",
    "similarity",
    "similarity_squared",
    "expanded",
    "prior",
    "descriptor",
    "in_document",
    "rewritten",
    "rank",
    "short_synonym",
)
_SHORT = 4
_REMEMBERED = 10_000
_PLACE = {name: place for place, name in enumerate(FEATURES)}

_REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (
            r"\b(?:acute|chronic|severe|mild|moderate|recurrent|transient|marked|fatal|refractory|bilateral) ",
            "",
        ),
        (r"\b\S+ (?:induced|associated|related|mediated) ", ""),
        (r"\b(?:cancer|carcinoma|tumou?r|malignanc(?:y|ie))\b", "neoplasm"),
        (r"\brenal\b", "kidney"),
        (r"\b(?:renal|kidney) (?:impairment|dysfunction|damage|failure)\b", "renal insufficiency"),
        (r"\bhepatic\b", "liver"),
        (r"\bcardiac\b", "heart"),
        (r"\bpulmonary\b", "lung"),
        (r"\bimpairment\b|\bdeficit\b|\bdysfunction\b|\babnormalitie?\b|\bdisturbance\b", "disorder"),
        (r"\bdisorder\b", "disease"),
        (r"\boedema", "edema"),
        (r"\banaemi", "anemi"),
        (r"\bhaem", "hem"),
        (r"aemia\b", "emia"),
        (r"\boest", "est"),
        (r"\bleuco", "leuko"),
        (r"rrhoea\b", "rrhea"),
        (r"\btumour", "tumor"),
        (r"ic\b", "ia"),
        (r"tic\b", "sis"),
        (r"ive\b", "ion"),
        (r"al\b", ""),
        (r" (?:hydrochloride|hcl|sulfate|sulphate|sodium|chloride|acetate|maleate|tartrate|phosphate|citrate)\b", ""),
        (r"^(?:d|l|dl|r|s|n) ", ""),
    )
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name to be linked: its concept type, its key and whether it is the long form of an abbreviation."""

    kind: str
    key: str
    expanded: bool = False


@dataclass(slots=True)
class CandidateFinder:
    """Finds the concepts of names; look-alike names are searched only for names that nothing else explains."""

    table: ConceptTable
    memory: Memory
    num_similar: int = 12
    _indexes: dict[str, tuple[SimilarNames, Sequence[int]]] = field(default_factory=dict, repr=False)
    _similar: dict[tuple[str, str], list[tuple[int, str, float]]] = field(default_factory=dict, repr=False)

    def certain(self, name: Name) -> set[str]:
        """Return the CURIEs that the name itself gives, without looking for similar names."""
        places = self.table.find_name(name.kind, name.key) or self.table.find_synonym(name.kind, name.key)
        remembered = self.memory.counts.get((name.kind, name.key), {})
        return {self.table.curies[p] for p in places} | {c for joined in remembered for c in joined.split("|")} - {NIL}

    def prepare(self, mentions: Iterable[Sequence[Name]]) -> None:
        """Search the look-alikes of many mentions' names at once, which is several times faster than one by one."""
        wanted: dict[str, dict[str, None]] = {}
        for names in mentions:
            if not any(map(self.certain, names)):
                for name in names:
                    if (name.kind, name.key) not in self._similar:
                        wanted.setdefault(name.kind, {})[name.key] = None
        for kind, keys in wanted.items():
            self._search(kind, list(keys))

    def find(self, names: Sequence[Name], document: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return the evidence for each candidate CURIE of a mention's names, [len(FEATURES)] each.

        `document` holds the CURIEs that other mentions of the document certainly have.
        """
        found: dict[str, NDArray[np.float32]] = {}
        for name in names:
            self._add_certain(found, name)
        if not any(values[[0, 1, 2]].any() for values in found.values()):
            for name in names:
                self._add_rewritten(found, name)
                self._add_similar(found, name)
        nearby = set(document)
        for curie, values in found.items():
            values[_PLACE["prior"]] = math.log1p(self.memory.totals.get(curie, 0))
            values[_PLACE["descriptor"]] = curie.startswith("MESH:D")
            values[_PLACE["in_document"]] = curie in nearby
        return found

    def _add_certain(self, found: dict[str, NDArray[np.float32]], name: Name) -> None:
        for feature, places in (
            ("name", self.table.find_name(name.kind, name.key)),
            ("synonym", self.table.find_synonym(name.kind, name.key)),
        ):
            for place in places:
                _raise(found, self.table.curies[place], feature, 1.0, name.expanded)
                if feature == "synonym" and len(name.key) <= _SHORT:
                    _raise(found, self.table.curies[place], "short_synonym", 1.0, name.expanded)
        remembered = self.memory.counts.get((name.kind, name.key), {})
        total = sum(remembered.values())
        for joined, count in remembered.items():
            for curie in joined.split("|"):
                if curie != NIL:
                    _raise(found, curie, "remembered_share", count / total, name.expanded)
                    _raise(found, curie, "remembered_count", math.log1p(count), name.expanded)

    def _add_rewritten(self, found: dict[str, NDArray[np.float32]], name: Name) -> None:
        for key in rewrite(name.key):
            curies = self.certain(Name(name.kind, key))
            if curies and not are_opposite(name.kind, name.key, key):
                for curie in curies:
                    _raise(found, curie, "rewritten", 1.0, name.expanded)

    def _add_similar(self, found: dict[str, NDArray[np.float32]], name: Name) -> None:
        if (name.kind, name.key) not in self._similar:
            self._search(name.kind, [name.key])
        for rank, curie, similarity in self._similar[name.kind, name.key]:
            _raise(found, curie, "similarity", similarity, name.expanded)
            _raise(found, curie, "similarity_squared", similarity**2, name.expanded)
            _raise(found, curie, "rank", 1 / (1 + rank), name.expanded)

    def _search(self, kind: str, keys: Sequence[str]) -> None:
        """Remember look-alikes that do not mean the reverse, of as many names as fit; all are forgotten at once."""
        if len(self._similar) + len(keys) > _REMEMBERED:
            self._similar.clear()
        index, places = self._index(kind)
        for key, found in zip(keys, index.search(keys, self.num_similar), strict=True):
            best: dict[str, float] = {}
            for place, similarity in found:
                best.setdefault(self.table.curies[places[place]], similarity)
            self._similar[kind, key] = [
                (rank, curie, similarity)
                for rank, (curie, similarity) in enumerate(best.items())
                if not are_opposite(kind, key, self.table.name_of(curie))
            ]

    def _index(self, kind: str) -> tuple[SimilarNames, Sequence[int]]:
        if kind not in self._indexes:
            pairs = list(self.table.comparable_names(kind))
            pairs += self._remembered_names(kind)
            self._indexes[kind] = build_similar_names([k for k, _ in pairs]), [p for _, p in pairs]
        return self._indexes[kind]

    def _remembered_names(self, kind: str) -> Iterable[tuple[str, int]]:
        for (other, key), counts in self.memory.counts.items():
            if other == kind:
                for joined in counts:
                    place = self.table.places.get(joined)
                    if place is not None:
                        yield key, place


def rewrite(key: str) -> set[str]:
    """Return other spellings of a key: general words dropped, British to American, adjectives to nouns, organ synonyms.

    >>> "edema" in rewrite("severe oedema"), "hypertension" in rewrite("hypertensive")
    (True, True)
    """
    forms, latest = {key}, {key}
    for _ in range(2):
        latest = {pattern.sub(new, form).strip() for form in latest for pattern, new in _REWRITES} - forms
        forms |= latest
    words = key.split()
    forms |= {" ".join(words[:n]) for n in range(2, len(words))} | {" ".join(words[n:]) for n in range(1, len(words))}
    return {form for form in forms if len(form) > 2} - {key}


def _raise(found: dict[str, NDArray[np.float32]], curie: str, feature: str, value: float, expanded: bool) -> None:
    values = found.setdefault(curie, np.zeros(len(FEATURES), np.float32))
    values[_PLACE[feature]] = max(values[_PLACE[feature]], value)
    if expanded:
        values[_PLACE["expanded"]] = 1.0
