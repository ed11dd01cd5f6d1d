"""Everything that a plan is made from, indexed once and never changed.

`Knowledge.from_rows` is pure: it takes plain rows. `recommender/read_knowledge.py` reads the rows from a graph and the
curated tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from recommender.facts import (
    Advice,
    AgeLimit,
    Citation,
    Concept,
    Contraindication,
    CrossReactivity,
    GeneDrug,
    HepaticLimit,
    Indication,
    Interaction,
    LifestyleLimit,
    Link,
    Modifier,
    Monitoring,
    QtRisk,
    RenalLimit,
    ReproductiveLimit,
    Rows,
    SideEffect,
)
from recommender.silence import find_doubtful

Row = TypeVar("Row")

_SAME_THING_CATEGORIES = frozenset({"Disease", "PhenotypicFeature"})


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The facts by what they are looked up with; every tuple keeps the order of its rows."""

    concepts: Mapping[str, Concept]
    indications_of: Mapping[str, tuple[Indication, ...]]
    conditions_of: Mapping[str, tuple[Indication, ...]]
    contraindications_of: Mapping[str, tuple[Contraindication, ...]]
    interactions_of: Mapping[str, tuple[Interaction, ...]]
    doubtful_silence: Mapping[tuple[str, str], str]
    modifiers: tuple[Modifier, ...]
    classes_of: Mapping[str, tuple[str, ...]]
    members_of: Mapping[str, tuple[str, ...]]
    membership_citation: Mapping[tuple[str, str], Citation]
    cross_reactivity_of: Mapping[str, tuple[CrossReactivity, ...]]
    renal_limits_of: Mapping[str, tuple[RenalLimit, ...]]
    hepatic_limits_of: Mapping[str, tuple[HepaticLimit, ...]]
    reproductive_limits_of: Mapping[str, tuple[ReproductiveLimit, ...]]
    age_limits_of: Mapping[str, tuple[AgeLimit, ...]]
    gene_drug_of: Mapping[str, tuple[GeneDrug, ...]]
    qt_risk_of: Mapping[str, tuple[QtRisk, ...]]
    lifestyle_limits_of: Mapping[str, tuple[LifestyleLimit, ...]]
    coverage: Mapping[tuple[str, str], Citation]
    covered_in_part: frozenset[tuple[str, str]]
    side_effects_of: Mapping[str, tuple[SideEffect, ...]]
    monitoring_of: Mapping[str, tuple[Monitoring, ...]]
    stop_rules_of: Mapping[str, tuple[Advice, ...]]
    non_drug_measures_of: Mapping[str, tuple[Advice, ...]]
    parents_of: Mapping[str, tuple[str, ...]]
    same_as: Mapping[str, tuple[str, ...]]
    broader_than_rules: Mapping[str, frozenset[str]]
    links_of: Mapping[str, tuple[Link, ...]]
    products: Mapping[str, tuple[str, ...]]
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def from_rows(cls, rows: Rows) -> Knowledge:
        """Index plain rows."""
        parents, same = _pairs(rows.parents), _same_things(rows.concepts)
        members = _pairs((m.drug_class, m.drug) for m in rows.memberships)
        mechanisms = [c.curie for c in rows.concepts if c.kind == "pharmacological"]
        return cls(
            concepts={c.curie: c for c in rows.concepts},
            indications_of=_group(rows.indications, lambda r: (r.condition,)),
            conditions_of=_group(rows.indications, lambda r: (r.drug,)),
            contraindications_of=_group(rows.contraindications, lambda r: (r.drug,)),
            interactions_of=_group(rows.interactions, lambda r: {r.first, r.second}),
            doubtful_silence=find_doubtful(rows.interactions, members, mechanisms),
            modifiers=rows.modifiers,
            classes_of=_pairs((m.drug, m.drug_class) for m in rows.memberships),
            members_of=members,
            membership_citation={(m.drug, m.drug_class): m.citation for m in rows.memberships},
            cross_reactivity_of=_group(rows.cross_reactivity, lambda r: {r.first, r.second}),
            renal_limits_of=_group(rows.renal_limits, lambda r: (r.drug,)),
            hepatic_limits_of=_group(rows.hepatic_limits, lambda r: (r.drug,)),
            reproductive_limits_of=_group(rows.reproductive_limits, lambda r: (r.drug,)),
            age_limits_of=_group(rows.age_limits, lambda r: (r.drug,)),
            gene_drug_of=_group(rows.gene_drug, lambda r: (r.drug,)),
            qt_risk_of=_group(rows.qt_risks, lambda r: (r.drug,)),
            lifestyle_limits_of=_group(rows.lifestyle_limits, lambda r: (r.drug,)),
            coverage={(c.drug, c.check): c.citation for c in rows.coverage if c.is_whole},
            covered_in_part=frozenset((c.drug, c.check) for c in rows.coverage if not c.is_whole),
            side_effects_of=_group(rows.side_effects, lambda r: (r.drug,)),
            monitoring_of=_group(rows.monitoring, lambda r: (r.drug,)),
            stop_rules_of=_group(rows.stop_rules, lambda r: (r.subject,)),
            non_drug_measures_of=_group(rows.non_drug_measures, lambda r: (r.subject,)),
            parents_of=parents,
            same_as=same,
            broader_than_rules={c: _closure(c, parents, same) for c in {r.condition for r in rows.contraindications}},
            links_of=_group(rows.links, lambda r: {r.subject, r.object}),
            products=dict(rows.products),
            versions=rows.versions,
        )

    def name(self, curie: str) -> str:
        """The concept's name, or the CURIE itself when the graph has no name for it."""
        concept = self.concepts.get(curie)
        return concept.name if concept and concept.name else curie

    def closure(self, curie: str) -> frozenset[str]:
        """The concept, what is the same thing, and every broader concept of those."""
        return _closure(curie, self.parents_of, self.same_as)

    def is_narrower(self, curie: str, broad: str) -> bool:
        """True when a rule's condition lies below the broad concept, or is named as a kind of it."""
        name = self.name(broad).lower()
        below = broad in self.broader_than_rules.get(curie, ()) or self.name(curie).lower().endswith(f" {name}")
        return below and curie != broad

    def identities(self, drug: str) -> tuple[str, ...]:
        """The drug and its classes: everything that a rule may call it by."""
        return (drug, *self.classes_of.get(drug, ()))

    def classes_of_kind(self, drug: str, *kinds: str) -> tuple[str, ...]:
        """The drug's classes of the given kinds (therapeutic, allergy, pharmacological)."""
        return tuple(c for c in self.classes_of.get(drug, ()) if c in self.concepts and self.concepts[c].kind in kinds)

    def knows(self, drug: str, check: str) -> bool:
        """True when a source is said to cover the drug for the check, in part at least.

        Rules do not count: one that speaks against a drug must not make it eligible.
        """
        return (drug, check) in self.coverage or (drug, check) in self.covered_in_part


def _closure(
    curie: str, parents_of: Mapping[str, tuple[str, ...]], same_as: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    found: set[str] = set()
    waiting = [curie]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += [*same_as.get(current, ()), *parents_of.get(current, ())]
    return frozenset(found)


def _group(rows: Iterable[Row], keys: Callable[[Row], Iterable[str]]) -> dict[str, tuple[Row, ...]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for key in keys(row):
            grouped[key].append(row)
    return {key: tuple(found) for key, found in grouped.items()}


def _pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, dict[str, None]] = defaultdict(dict)
    for key, value in pairs:
        grouped[key][value] = None
    return {key: tuple(values) for key, values in grouped.items()}


def _same_things(concepts: Iterable[Concept]) -> dict[str, tuple[str, ...]]:
    """Diseases and findings that share a name or cross-refer: `hyperkalemia` is one thing under HP and under DOID."""
    by_name: dict[str, list[str]] = defaultdict(list)
    relevant = {c.curie: c for c in concepts if c.category in _SAME_THING_CATEGORIES}
    for concept in relevant.values():
        by_name[concept.name.lower()].append(concept.curie)
    pairs = [(a, b) for group in by_name.values() if len(group) > 1 for a in group for b in group if a != b]
    for concept in relevant.values():
        pairs += [p for x in concept.xrefs if x in relevant for p in ((concept.curie, x), (x, concept.curie))]
    return _pairs(pairs)
