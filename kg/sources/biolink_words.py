"""Biolink words as other graphs write them (`biolink:treats`, `biolink:SmallMolecule`) in this graph's vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

_CATEGORY_ALIASES: Final[dict[str, Category]] = {
    "SmallMolecule": Category.CHEMICAL_ENTITY,
    "MolecularMixture": Category.CHEMICAL_ENTITY,
    "ChemicalMixture": Category.CHEMICAL_ENTITY,
    "ComplexMolecularMixture": Category.CHEMICAL_ENTITY,
    "ChemicalSubstance": Category.CHEMICAL_ENTITY,
    "GrossAnatomicalStructure": Category.ANATOMICAL_ENTITY,
    "Polypeptide": Category.PROTEIN,
    "DiseaseOrPhenotypicFeature": Category.DISEASE,
    "BehavioralFeature": Category.PHENOTYPIC_FEATURE,
}

# Predicates of other Biolink releases or inverse ones: the predicate here, and whether the ends change places.
_PREDICATE_ALIASES: Final[dict[str, tuple[Predicate, bool]]] = {
    "treated_by": (Predicate.TREATS, True),
    "has_contraindication": (Predicate.CONTRAINDICATED_IN, True),
    "contraindicated_for": (Predicate.CONTRAINDICATED_IN, False),
    "side_effect_of": (Predicate.HAS_SIDE_EFFECT, True),
    "caused_by": (Predicate.CAUSES, True),
    "phenotype_of": (Predicate.HAS_PHENOTYPE, True),
    "condition_associated_with_gene": (Predicate.GENE_ASSOCIATED_WITH_CONDITION, True),
    "superclass_of": (Predicate.SUBCLASS_OF, True),
    "has_part": (Predicate.PART_OF, True),
    "expresses": (Predicate.EXPRESSED_IN, True),
    "location_of": (Predicate.LOCATED_IN, True),
    "has_participant": (Predicate.PARTICIPATES_IN, True),
    "regulated_by": (Predicate.REGULATES, True),
    "affected_by": (Predicate.AFFECTS, True),
    "has_biomarker": (Predicate.BIOMARKER_FOR, True),
    "has_manifestation": (Predicate.MANIFESTATION_OF, True),
    "prevents": (Predicate.PREVENTS, False),
    "ameliorates": (Predicate.AMELIORATES, False),
    "exacerbates": (Predicate.EXACERBATES, False),
}


def to_category(names: Iterable[str]) -> Category:
    """Return the first name that this graph has a category for, else `NamedThing`.

    >>> to_category(["biolink:SmallMolecule", "biolink:NamedThing"])
    <Category.CHEMICAL_ENTITY: 'ChemicalEntity'>
    """
    for name in names:
        short = name.rpartition(":")[2]
        if short in _CATEGORY_ALIASES:
            return _CATEGORY_ALIASES[short]
        if short in _CATEGORIES and short != Category.NAMED_THING:
            return Category(short)
    return Category.NAMED_THING


def to_predicate(name: str) -> tuple[Predicate, bool] | None:
    """Return the predicate and whether subject and object change places, or None when there is none here.

    >>> to_predicate("biolink:treated_by")
    (<Predicate.TREATS: 'treats'>, True)
    """
    short = name.rpartition(":")[2].replace(" ", "_").lower()
    return (Predicate(short), False) if short in _PREDICATES else _PREDICATE_ALIASES.get(short)


def to_knowledge_level(name: str) -> KnowledgeLevel:
    """Return the knowledge level of that name, `not_provided` for one that is none."""
    return KnowledgeLevel(name) if name in _KNOWLEDGE_LEVELS else KnowledgeLevel.NOT_PROVIDED


def to_agent_type(name: str) -> AgentType:
    """Return the agent type of that name, `not_provided` for one that is none."""
    return AgentType(name) if name in _AGENT_TYPES else AgentType.NOT_PROVIDED


_CATEGORIES: Final = frozenset(c.value for c in Category)
_PREDICATES: Final = frozenset(p.value for p in Predicate)
_KNOWLEDGE_LEVELS: Final = frozenset(k.value for k in KnowledgeLevel)
_AGENT_TYPES: Final = frozenset(a.value for a in AgentType)
