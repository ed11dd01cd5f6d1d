"""Random graphs for property tests: unicode names, negated edges, qualifiers, parallel edges, lists, numbers."""

from typing import Any

from hypothesis import strategies as st

from kg.model import Edge, Node, Properties, to_properties
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=12).filter(str.strip)
ITEMS = st.lists(TEXT, max_size=3, unique=True).map(sorted).map(tuple)
LOCAL = st.text(st.sampled_from("AZ09._-ü"), min_size=1, max_size=4)
CURIES = st.builds("{}:{}".format, st.sampled_from(["DOID", "DRUGBANK", "HP", "mine", "theragraph.class"]), LOCAL)
SOURCES = st.sampled_from(["infores:theragraph-starter", "infores:hetionet"])


def _to_properties(values: dict[str, Any]) -> Properties:
    return to_properties(values)


PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "dose": TEXT,
        "line_of_therapy": st.integers(-5, 5),
        "weight": st.floats(allow_nan=False, allow_infinity=False),
        "approved": st.booleans(),
        "partners": ITEMS,
        "score": st.one_of(TEXT, st.integers(0, 9), st.floats(0, 1), st.booleans(), ITEMS),
        "steps": st.lists(TEXT, min_size=1, max_size=4).map(tuple),
        "severity_qualifier": TEXT,
    },
).map(_to_properties)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """A few nodes with distinct CURIEs and edges with distinct keys between them."""
    curies = draw(st.lists(CURIES, min_size=2, max_size=5, unique=True))
    nodes = [
        Node(c, draw(st.sampled_from(Category)), draw(TEXT), draw(SOURCES), draw(ITEMS), xrefs, draw(PROPERTIES))
        for c in curies
        for xrefs in [tuple(sorted(set(draw(st.lists(CURIES, max_size=2))) - {c}))]
    ]
    edges = draw(st.lists(_edges(curies), max_size=6, unique_by=lambda e: e.edge_key))
    return tuple(sorted(nodes, key=lambda n: n.curie)), tuple(sorted(edges, key=lambda e: e.edge_key))


@st.composite
def _edges(draw: st.DrawFn, curies: list[str]) -> Edge:
    is_prediction = draw(st.booleans())
    levels = [level for level in KnowledgeLevel if level is not KnowledgeLevel.PREDICTION]
    agents = [agent for agent in AgentType if agent is not AgentType.COMPUTATIONAL_MODEL]
    return Edge(
        draw(st.sampled_from(curies)),
        draw(st.sampled_from(Predicate)),
        draw(st.sampled_from(curies)),
        draw(SOURCES),
        KnowledgeLevel.PREDICTION if is_prediction else draw(st.sampled_from(levels)),
        AgentType.COMPUTATIONAL_MODEL if is_prediction else draw(st.sampled_from(agents)),
        negated=draw(st.booleans()),
        publications=tuple(sorted(draw(st.sets(st.sampled_from(["PMID:1", "PMID:2", "doc:x"]))))),
        confidence=draw(st.none() | st.floats(0, 1)),
        release=draw(st.sampled_from(["", "2026-01"])),
        run="run1" if is_prediction else "",
        properties=draw(PROPERTIES),
    )
