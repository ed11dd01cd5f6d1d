"""From the codes and texts of a record to the graph's CURIEs.

The order is: a code that is the CURIE of a node or stands among its cross-references (exact), the text as a name or
synonym (close), a truncated ICD code or a broader reading of the text (broad). An NDC leads to the ingredients of its
product where a directory of products was built and every ingredient is a drug of the graph. Nothing is guessed beyond
that; what did not map stays unmapped and is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ontologies.codes import CodeTable, normalise_code
from ontologies.ndc import PREFIX as NDC
from ontologies.ndc import to_product
from ontologies.prefixes import from_fhir_code
from ontologies.tables import read_rows
from recommender.facts import Concept as Node
from recommender.knowledge import Knowledge
from recommender.names import (
    broader_texts,
    clean_allergen,
    clean_condition,
    find_drugs,
    split_history,
    to_word_key,
)
from recommender.patient import Coding, Concept
from recommender.patient import Mapping as Kind

MAX_REMEMBERED: Final = 10_000  # what records say repeats, and a service must not keep all that it ever read
_PREFIX_ORDER: Final = ("DOID", "MONDO", "HP", "OMIM", "ORPHA", "SYMP", "MESH", "UMLS")
_CONDITIONS: Final = frozenset({"Disease", "PhenotypicFeature"})
_CLASS_PREFIX: Final = "theragraph.class:"

_Found = tuple[tuple[str, ...], Kind]
_NOTHING: Final[_Found] = ((), Kind.UNMAPPED)


def to_coding(system: str, code: str, display: str) -> Coding:
    """A FHIR coding as a CURIE; an unknown code system leaves it empty."""
    curie = from_fhir_code(system, code)
    return Coding(normalise_code(curie) if curie else "", display)


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """The look-up tables, made once from the graph's concepts. The newest answers are remembered."""

    condition_codes: CodeTable
    condition_order: Mapping[str, int]
    conditions_by_name: Mapping[str, str]
    conditions_by_words: Mapping[str, str]
    conditions_as_recorded: Mapping[str, tuple[str, Kind]]
    drug_codes: CodeTable
    drugs_by_name: Mapping[str, tuple[str, ...]]
    drug_words: tuple[str, ...]
    classes_by_name: Mapping[str, str]
    treated: frozenset[str]
    products: Mapping[str, tuple[str, ...]]
    _seen: dict[tuple[str, Concept], _Found] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_knowledge(cls, knowledge: Knowledge) -> CodeIndex:
        """Build the tables."""
        nodes = list(knowledge.concepts.values())
        conditions = sorted((n for n in nodes if n.category in _CONDITIONS), key=lambda n: _preference(n, knowledge))
        drugs = [n for n in nodes if n.category == "Drug"]
        names = _first((text, n.curie) for n in conditions for text in _texts(n))
        drug_names = _drug_names(drugs)
        return cls(
            condition_codes=CodeTable.from_xrefs((n.curie, n.xrefs) for n in conditions),
            condition_order={n.curie: i for i, n in enumerate(conditions)},
            conditions_by_name=names,
            conditions_by_words=_first((to_word_key(text), curie) for text, curie in names.items()),
            conditions_as_recorded=_recorded_conditions(names),
            drug_codes=CodeTable.from_xrefs((n.curie, n.xrefs) for n in drugs),
            drugs_by_name=drug_names,
            drug_words=tuple(n for n in drug_names if " " not in n),
            classes_by_name=_class_names(nodes),
            treated=frozenset(knowledge.indications_of),
            products=knowledge.products,
        )

    def map_condition(self, concept: Concept) -> Concept:
        """The concept with the disease or finding that it means."""
        return self._mapped("condition", concept)

    def map_medication(self, concept: Concept) -> Concept:
        """The concept with its ingredients."""
        return self._mapped("medication", concept)

    def map_allergy(self, concept: Concept) -> Concept:
        """The concept with the drugs or drug classes that it is an allergy to."""
        return self._mapped("allergy", concept)

    def _mapped(self, kind: str, concept: Concept) -> Concept:
        key = (kind, concept)
        found = self._seen.get(key)
        if found is None:
            find = {"condition": self._condition, "medication": self._drug, "allergy": self._allergen}[kind]
            found = find(concept)
            if len(self._seen) >= MAX_REMEMBERED:
                self._seen.clear()
            self._seen[key] = found
        curies, mapping = found
        return Concept(concept.text, concept.codings, curies, mapping)

    def _condition(self, concept: Concept) -> _Found:
        """By code, else by text; a text that names a treated condition beats a code of an untreated one."""
        by_code = self._condition_code(concept)
        if by_code[1] is Kind.EXACT and by_code[0][0] in self.treated:
            return by_code
        texts = [split_history(clean_condition(t))[0] for t in _all_texts(concept)]
        recorded = next((self.conditions_as_recorded[t] for t in texts if t in self.conditions_as_recorded), None)
        if recorded:
            return (recorded[0],), recorded[1]
        named = [c for text in texts if (c := self._named(text))]
        named = [c for c in named if c in self.treated] or named
        if named and (by_code[1] is not Kind.EXACT or named[0] in self.treated):
            return (named[0],), Kind.CLOSE
        return by_code if by_code[0] else self._broader_text(texts)

    def _named(self, text: str) -> str:
        return self.conditions_by_name.get(text) or self.conditions_by_words.get(to_word_key(text), "")

    def _condition_code(self, concept: Concept) -> _Found:
        """The preferred concept of the first code that has any; an exact match of a later code is better."""
        broad = _NOTHING
        for coding in concept.codings:
            matches = self.condition_codes.match(coding.curie) if coding.curie else ()
            if matches:
                best = min(matches, key=lambda m: self.condition_order[m.curie])
                if best.mapping == "exact":
                    return (best.curie,), Kind.EXACT
                broad = broad if broad[0] else ((best.curie,), Kind.BROAD)
        return broad

    def _broader_text(self, texts: list[str]) -> _Found:
        for text in texts:
            for broader in broader_texts(text):
                curie = self._named(broader)
                if curie:
                    return (curie,), Kind.BROAD
        return _NOTHING

    def _drug(self, concept: Concept) -> _Found:
        by_code = self._drug_code(concept)
        if by_code[0]:
            return by_code
        for text in _all_texts(concept):
            curies, is_exact = find_drugs(text, self.drugs_by_name, self.drug_words)
            if curies:
                return curies, Kind.EXACT if is_exact else Kind.CLOSE
        return _NOTHING

    def _drug_code(self, concept: Concept) -> _Found:
        for coding in concept.codings:
            matches = self.drug_codes.match(coding.curie) if coding.curie else ()
            if len(matches) == 1:
                return (matches[0].curie,), Kind.EXACT
            if ingredients := self._ingredients(coding.curie):
                return ingredients, Kind.EXACT
        return _NOTHING

    def _ingredients(self, code: str) -> tuple[str, ...]:
        """What the product of an NDC holds; nothing unless every ingredient is known: half a product is not safe."""
        prefix, _, local = code.partition(":")
        names = self.products.get(f"{NDC}:{to_product(local)}", ()) if prefix == NDC else ()
        found = [self._ingredient(name) for name in names]
        return tuple(dict.fromkeys(curie for curies in found for curie in curies)) if all(found) else ()

    def _ingredient(self, name: str) -> tuple[str, ...]:
        if ":" in name:
            return tuple(match.curie for match in self.drug_codes.match(name)[:1])
        curies, is_exact = find_drugs(name, self.drugs_by_name, ())
        return curies if is_exact else ()

    def _allergen(self, concept: Concept) -> _Found:
        by_code = self._drug_code(concept)
        if by_code[0]:
            return by_code
        for text in map(clean_allergen, _all_texts(concept)):
            if text in self.classes_by_name:
                return (self.classes_by_name[text],), Kind.EXACT
            curies, is_exact = find_drugs(text, self.drugs_by_name, self.drug_words)
            if curies:
                return curies, Kind.EXACT if is_exact else Kind.CLOSE
        return _NOTHING


def _all_texts(concept: Concept) -> list[str]:
    return list(dict.fromkeys(t for t in (concept.text, *(c.display for c in concept.codings)) if t))


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.lower() for text in (node.name, *node.synonyms) if text))


def _preference(node: Node, knowledge: Knowledge) -> tuple[int, int, str]:
    """Concepts that treatments are known for first, then the preferred prefixes."""
    prefix = node.curie.partition(":")[0]
    order = _PREFIX_ORDER.index(prefix) if prefix in _PREFIX_ORDER else len(_PREFIX_ORDER)
    return (0 if node.curie in knowledge.indications_of else 1, order, node.curie)


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


def _drug_names(drugs: Iterable[Node]) -> dict[str, tuple[str, ...]]:
    """Drugs by name and synonym, then by the brand and older names that records use, which may have two ingredients."""
    found: dict[str, tuple[str, ...]] = {
        t: (c,) for t, c in _first((t, n.curie) for n in drugs for t in _texts(n)).items()
    }
    for row in read_rows("record_names"):
        if row["kind"] == "drug":
            ingredients = tuple(c for name in row["names"].split("|") for c in found.get(name, ()))
            if ingredients and (row["text"] not in found or len(ingredients) > 1):
                found[row["text"]] = ingredients
    return found


def _recorded_conditions(names: Mapping[str, str]) -> dict[str, tuple[str, Kind]]:
    """Conditions by the abbreviations and phrases that records use."""
    rows = (row for row in read_rows("record_names") if row["kind"] == "condition")
    return {row["text"]: (names[row["names"]], Kind(row["mapping"])) for row in rows if row["names"] in names}


def _class_names(nodes: Iterable[Node]) -> dict[str, str]:
    """Classes by name, and by the names that allergy lists use for them."""
    classes = {n.curie: n for n in nodes if n.kind}
    found = _first((text, n.curie) for n in classes.values() for text in _texts(n))
    for row in read_rows("allergy_names"):
        curie = _CLASS_PREFIX + row["class_id"]
        if curie in classes:
            found.setdefault(row["name"], curie)
    return found
