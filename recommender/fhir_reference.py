"""FHIR references: relative, absolute, of one version, `urn:uuid:`, or into the resource that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recommender.fhir_element import Element


def to_names(reference: str) -> tuple[str, ...]:
    """What a reference, or an entry's full URL, may be called by: itself, and its resource type with the id.

    >>> to_names("http://ehr.example/fhir/Medication/7/_history/2")
    ('http://ehr.example/fhir/Medication/7', 'Medication/7')
    """
    whole = reference.partition("/_history/")[0]
    parts = whole.rsplit("/", 2)
    return tuple(dict.fromkeys([whole, *(["/".join(parts[-2:])] if len(parts) > 1 else [])]))


def find_target(reference: str, holder: Element, known: Mapping[str, Element]) -> Element | None:
    """The resource that a reference means: contained in `holder`, or `known` by one of its names."""
    if reference.startswith("#"):
        return next((c for c in holder.children("contained") if c.value.get("id") == reference[1:]), None)
    return next((known[name] for name in to_names(reference) if name in known), None)


def index_by_name(resources: Iterable[tuple[Element, str]]) -> dict[str, Element]:
    """Resources by everything that a reference may call them; `resources` are elements with their full URLs."""
    found: dict[str, Element] = {}
    for element, full_url in resources:
        own = element.value.get("id")
        names = to_names(full_url) if full_url else ()
        if isinstance(own, str):
            names = (*names, f"{element.value.get('resourceType')}/{own}")
        found.update(dict.fromkeys(names, element))
    return found
