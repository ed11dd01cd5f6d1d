"""The schema of a graph, read and drawn."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.errors import InputError
from kg.schema import read_schema
from kg.schema_picture import draw_schema, write_picture
from kg.status import count_edges
from kg.store import GraphStore
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge

SVG = "{http://www.w3.org/2000/svg}"
SCHEMA = {
    "nodes": [{"label": label, "num": num, "properties": ["curie"]}
              for label, num in (("Disease", 3), ("Document", 1), ("Drug", 1200), ("Gene", 5), ("Mention", 7))],
    "edges": [
        {"subject": "Drug", "type": "TREATS", "object": "Disease", "num": 1526, "properties": ["negated"]},
        {"subject": "Drug", "type": "CAUSES", "object": "Disease", "num": 2, "properties": []},
        {"subject": "Disease", "type": "SUBCLASS_OF", "object": "Disease", "num": 3, "properties": []},
        {"subject": "Gene", "type": "AFFECTS", "object": "Drug", "num": 4, "properties": []},
        {"subject": "Mention", "type": "MENTIONED_IN", "object": "Document", "num": 7, "properties": []},
    ],
}  # fmt: skip


def test_labels_types_properties_and_counts(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), drug("X:3"), disease("X:2")])
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2", properties={"dose": "5 mg"}),
                       edge("X:3", Predicate.TREATS, "X:2")])  # fmt: skip
    store.cypher("CREATE (:Mention {mention_id: 'm'})-[:MENTIONED_IN]->(:Document {document_id: 'd'})", write=True)
    schema = read_schema(store)
    assert {n["label"]: n["num"] for n in schema["nodes"]} == {"Disease": 1, "Document": 1, "Drug": 2, "Mention": 1}
    treats, mentioned = sorted(schema["edges"], key=lambda e: -e["num"])
    assert (treats["subject"], treats["type"], treats["object"], treats["num"]) == ("Drug", "TREATS", "Disease", 2)
    assert {"dose", "edge_key", "negated"} <= set(treats["properties"])
    assert (mentioned["subject"], mentioned["type"], mentioned["object"]) == ("Mention", "MENTIONED_IN", "Document")


def test_several_labels_and_odd_ones_count_once(store: GraphStore) -> None:
    store.write_nodes([drug("X:1"), disease("X:2")])
    store.write_edges([edge("X:1", Predicate.TREATS, "X:2")])
    store.cypher(
        "MATCH (b:Entity {curie: 'X:2'}) CREATE (a:Entity {curie: 'X:9'})-[:LIKES]->(b) "
        "CREATE (c:`My Label` {name: 'x'})-[:LIKES]->(a)",
        write=True,
    )
    assert count_edges(store) == {"LIKES": 2, "TREATS": 1}
    assert {n["label"] for n in read_schema(store)["nodes"]} == {"Disease", "Drug", "Entity", "My Label"}


def test_the_picture_names_every_label_type_and_count() -> None:
    root = ElementTree.fromstring(draw_schema(SCHEMA))
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"Disease", "Drug", "1,200", "TREATS 1,526", "CAUSES 2", "MENTIONED_IN 7", "Drug → Disease"} <= texts
    assert draw_schema(SCHEMA) == draw_schema(SCHEMA)


def test_no_label_stands_out_of_the_picture_or_on_a_node() -> None:
    root = ElementTree.fromstring(draw_schema(SCHEMA))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    nodes = [box(g) for g in root.iter(f"{SVG}g") if g.attrib["class"].startswith("node")]
    for group in root.iter(f"{SVG}g"):
        x, y, w, h = box(group)
        assert 0 <= x <= width - w
        assert 0 <= y <= height - h
        if group.attrib["class"] == "edge":
            assert all(x + w <= nx or nx + nw <= x or y + h <= ny or ny + nh <= y for nx, ny, nw, nh in nodes)


def box(group: ElementTree.Element) -> tuple[float, float, float, float]:
    rect = group.find(f"{SVG}rect")
    assert rect is not None
    return tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))  # type: ignore[return-value]


def test_files_are_self_contained(tmp_path: Path) -> None:
    for name in ("schema.svg", "schema.html"):
        write_picture(SCHEMA, tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text
        assert "TREATS" in text
    with pytest.raises(InputError, match=r'"a.png" is no picture; name a file that ends with .svg or .html'):
        write_picture(SCHEMA, Path("a.png"))


def test_an_empty_graph_has_an_empty_picture() -> None:
    assert ElementTree.fromstring(draw_schema({"nodes": [], "edges": []})).tag == f"{SVG}svg"
