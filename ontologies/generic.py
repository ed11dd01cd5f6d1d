"""Concepts too general to be anybody's condition or treatment ("disease", "therapeutic agent")."""

from __future__ import annotations

from typing import Final

from ontologies.biolink import Category

GENERIC_CURIES: Final = frozenset(
    {
        "DOID:4",
        "MONDO:0000001",
        "MONDO:0700096",
        "MESH:D004194",
        "MESH:D013577",
        "MESH:D004364",
        "UMLS:C0012634",
        "CHEBI:23888",
        "UMLS:C0013227",
    }
)
_GENERIC_NAMES: Final = {
    Category.DISEASE: frozenset(
        {
            "disease",
            "disorder",
            "syndrome",
            "illness",
            "human disease",
            "disease or disorder",
        }
    ),
    Category.DRUG: frozenset(
        {
            "drug",
            "drugs",
            "medication",
            "medicine",
            "pharmaceutical preparations",
            "placebo",
            "therapeutic agent",
            "agent",
        }
    ),
    Category.CHEMICAL_ENTITY: frozenset(
        {"chemical", "chemical entity", "drug", "therapeutic agent", "agent", "placebo"}
    ),
    Category.PHENOTYPIC_FEATURE: frozenset({"symptom", "side effect", "adverse event", "finding"}),
}


def is_generic(curie: str, name: str, category: Category) -> bool:
    """Return whether a concept says nothing because it stands for everything of its category.

    >>> is_generic("MESH:D000000", "Therapeutic agent", Category.DRUG)
    True
    >>> is_generic("DOID:9352", "type 2 diabetes mellitus", Category.DISEASE)
    False
    """
    return curie in GENERIC_CURIES or name.strip().lower() in _GENERIC_NAMES.get(category, frozenset())
