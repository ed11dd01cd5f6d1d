"""Entity resolution on hand-made concepts."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.cliques import AUTHORITIES
from kg.model import Node
from kg.resolve import resolve_nodes
from kg.sources import open_source
from ontologies.biolink import Category

A, B = "infores:a", "infores:b"


def disease(
    curie: str, name: str = "x", source: str = A, xrefs: tuple[str, ...] = (), synonyms: tuple[str, ...] = ()
) -> Node:
    return Node(curie, Category.DISEASE, name, source, synonyms=synonyms, xrefs=xrefs)


def test_concepts_join_over_a_shared_identifier_and_the_preferred_prefix_speaks() -> None:
    result = resolve_nodes(
        [
            disease("OMIM:125853", "NIDDM", B, xrefs=("UMLS:C0011860",), synonyms=("T2DM",)),
            disease("DOID:9352", "type 2 diabetes mellitus", A, xrefs=("UMLS:C0011860",)),
        ]
    )
    (node,) = result.nodes
    assert (node.curie, node.name) == ("DOID:9352", "type 2 diabetes mellitus")
    assert node.synonyms == ("NIDDM", "T2DM")
    assert node.xrefs == ("OMIM:125853", "UMLS:C0011860")
    assert dict(node.properties)["sources"] == (A, B)
    assert result.resolve("OMIM:125853") == result.resolve("UMLS:C0011860") == "DOID:9352"
    assert result.num_merged == 1


def test_two_concepts_of_one_authority_are_never_joined() -> None:
    result = resolve_nodes([disease("DOID:1", xrefs=("MESH:D1",)), disease("DOID:2", "y", xrefs=("MESH:D1",))])
    assert [n.curie for n in result.nodes] == ["DOID:1", "DOID:2"]
    (ambiguity,) = result.ambiguities
    assert (ambiguity.curie, ambiguity.concepts) == ("MESH:D1", ("DOID:1", "DOID:2"))
    assert result.resolve("MESH:D1") == "MESH:D1"


def test_a_concept_that_names_two_others_of_one_authority_joins_neither() -> None:
    result = resolve_nodes(
        [disease("DOID:1", xrefs=("OMIM:1", "OMIM:2")), disease("OMIM:1", "a"), disease("OMIM:2", "b")]
    )
    assert len(result.nodes) == 3
    assert result.ambiguities[0].concepts == ("OMIM:1", "OMIM:2")


def test_a_chain_that_would_join_two_is_taken_apart() -> None:
    nodes = [disease("DOID:1", xrefs=("UMLS:C1",)), disease("OMIM:5", "m", xrefs=("UMLS:C1", "MESH:D9"))]
    nodes.append(disease("DOID:2", "z", xrefs=("MESH:D9",)))
    result = resolve_nodes(nodes)
    assert len(result.nodes) == 3
    assert result.ambiguities[0].reason == "chain joins different concepts"


def test_a_chain_is_cut_at_its_weakest_link() -> None:
    """One disease of two ontologies that also share an identifier with a gene locus of its own."""
    shared = ("MESH:D003924", "UMLS:C0011860")
    nodes = [
        disease("DOID:9352", "t2d", xrefs=(*shared, "OMIM:601283")),
        disease("MONDO:0005148", "type 2 diabetes", xrefs=("DOID:9352", *shared)),
        disease("MONDO:0011027", "susceptibility", xrefs=("OMIM:601283",)),
    ]
    result = resolve_nodes(nodes)
    assert [node.curie for node in result.nodes] == ["DOID:9352", "MONDO:0011027"]
    assert result.resolve("MONDO:0005148") == "DOID:9352"
    (ambiguity,) = result.ambiguities
    assert ambiguity.concepts == ("DOID:9352", "MONDO:0005148", "MONDO:0011027")


def test_a_disease_never_becomes_a_phenotype() -> None:
    finding = Node("HP:0000822", Category.PHENOTYPIC_FEATURE, "Hypertension", A, xrefs=("UMLS:C0020538",))
    result = resolve_nodes([finding, disease("DOID:10763", "hypertension", xrefs=("UMLS:C0020538",))])
    assert {n.curie for n in result.nodes} == {"HP:0000822", "DOID:10763"}


def test_a_phenotype_that_a_source_treats_as_a_disease_stays_one() -> None:
    result = resolve_nodes([disease("HP:0100785", xrefs=("UMLS:C1",)), disease("DOID:535", "y", xrefs=("UMLS:C1",))])
    assert {n.curie for n in result.nodes} == {"HP:0100785", "DOID:535"}


def test_codes_that_many_concepts_share_never_join() -> None:
    result = resolve_nodes([disease("DOID:1", xrefs=("ICD10CM:E11",)), disease("OMIM:1", "y", xrefs=("ICD10CM:E11",))])
    assert len(result.nodes) == 2


def test_drugs_and_chemicals_join() -> None:
    chemical = Node("CHEBI:6801", Category.CHEMICAL_ENTITY, "metformin", B, xrefs=("DRUGBANK:DB00331",))
    drug = Node("DRUGBANK:DB00331", Category.DRUG, "Metformin", A)
    (node,) = resolve_nodes([chemical, drug]).nodes
    assert (node.curie, node.category, node.xrefs) == ("DRUGBANK:DB00331", Category.DRUG, ("CHEBI:6801",))


def test_the_strongest_source_names_a_concept() -> None:
    nodes = [disease("DOID:1", "from a", A), disease("DOID:1", "from b", B)]
    (node,) = resolve_nodes(nodes, source_order=(B, A)).nodes
    assert (node.name, node.synonyms, node.source) == ("from b", ("from a",), B)


@pytest.mark.parametrize(
    ("curie", "name", "category"),
    [("DOID:4", "disease", Category.DISEASE), ("MESH:D1", "Therapeutic agent", Category.DRUG)],
)
def test_generic_concepts_are_set_aside(curie: str, name: str, category: Category) -> None:
    result = resolve_nodes([Node(curie, category, name, A), disease("DOID:9352")])
    assert [n.curie for n in result.nodes] == ["DOID:9352"]
    assert result.generic == {curie}


def test_an_identifier_of_a_generic_concept_leads_nowhere_and_joins_nothing() -> None:
    generic = disease("DOID:4", "disease")
    one, other = (disease(c, c, xrefs=("DOID:4", "UMLS:C0012634")) for c in ("OMIM:1", "ORPHA:2"))
    result = resolve_nodes([generic, disease("UMLS:C0012634", "Disease"), one, other])
    assert [node.curie for node in result.nodes] == ["OMIM:1", "ORPHA:2"]
    assert result.resolve("DOID:4") == "DOID:4"
    assert result.generic == {"DOID:4", "UMLS:C0012634"}


def test_the_order_of_nodes_changes_nothing() -> None:
    rng = random.Random(5)
    prefixes = ("DOID", "OMIM", "ORPHA", "MESH", "UMLS")
    identifiers = [f"{p}:{i}" for p in prefixes for i in range(10, 60)]
    nodes = [
        disease(c, f"name {i % 7}", rng.choice((A, B)), xrefs=tuple(rng.sample(identifiers, 1)))
        for i, c in enumerate(identifiers + identifiers[:20])
    ]
    expected = resolve_nodes(nodes)
    for _ in range(20):
        rng.shuffle(nodes)
        assert resolve_nodes(nodes) == expected
    assert expected.num_merged > 0
    assert expected.ambiguities


IDENTIFIERS = st.sampled_from([f"{p}:{i}" for p in ("DOID", "OMIM", "MESH", "UMLS", "HP", "ICD10CM") for i in (1, 2)])
NODES = st.lists(
    st.builds(
        Node,
        IDENTIFIERS,
        st.sampled_from((Category.DISEASE, Category.PHENOTYPIC_FEATURE)),
        st.sampled_from(("gout", "podagra", "disease")),
        st.sampled_from((A, B)),
        synonyms=st.lists(st.sampled_from(("x", "y")), max_size=2).map(tuple),
        xrefs=st.lists(IDENTIFIERS, max_size=3, unique=True).map(tuple),
    ),
    max_size=9,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), nodes=NODES)
def test_no_order_of_any_nodes_changes_anything(data: st.DataObject, nodes: list[Node]) -> None:
    result = resolve_nodes(nodes)
    assert resolve_nodes(data.draw(st.permutations(nodes))) == result
    assert resolve_nodes(nodes, source_order=(B, A)) == resolve_nodes(nodes[::-1], source_order=(B, A))


@settings(max_examples=300, deadline=None)
@given(nodes=NODES)
def test_nothing_is_lost_and_nothing_forbidden_is_joined(nodes: list[Node]) -> None:
    result = resolve_nodes(nodes)
    kept = {node.curie for node in result.nodes}
    assert all(n.curie in result.generic or result.resolve(n.curie) in kept for n in nodes)
    assert all(result.resolve(curie) == curie for curie in kept)
    for node in result.nodes:
        joined = [curie for curie, preferred in result.preferred.items() if preferred == node.curie]
        concepts = {n.curie for n in nodes}
        own = [c for c in (node.curie, *joined) if c in concepts and c.partition(":")[0] in AUTHORITIES]
        assert len({c.partition(":")[0] for c in own}) == len(own)
        assert not [c for c in joined if c.startswith("ICD10CM:") and c not in concepts]
    names = {name for n in nodes if n.curie not in result.generic for name in (n.name, *n.synonyms)}
    assert names == {name for n in result.nodes for name in (n.name, *n.synonyms)}


def test_the_ontologies_built_beside_it_move_no_identifier_of_the_starter_knowledge() -> None:
    nodes = {name: read_nodes(name) for name in ("starter", "do", "hpo")}
    result = resolve_nodes([node for group in nodes.values() for node in group])
    moved = {node.curie: result.resolve(node.curie) for node in nodes["starter"]}
    assert {old: new for old, new in moved.items() if old != new} == {}
    assert not result.generic & moved.keys()
    assert result.num_merged > 6_000


def read_nodes(name: str) -> list[Node]:
    return [node for node in open_source(name).read_nodes(None) if isinstance(node, Node)]
