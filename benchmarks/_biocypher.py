"""BioCypher as a peer: an environment of its own, the same nodes and edges, its files through the same import tool."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks._graph_peers import Seconds, measure
from kg.model import Edge, Node
from kg.neo4j_server import Neo4jServer
from kg.rows import to_edge_row, to_node_row

PACKAGE: Final = "biocypher[neo4j]==0.17.0"
_WRITER: Final = Path(__file__).with_name("_biocypher_writer.py")
_ONTOLOGY: Final = "@prefix : <http://example.org/> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
_CLASS: Final = ':{name} a owl:Class ; <http://www.w3.org/2000/01/rdf-schema#label> "{label}"{parent} .\n'


def time_biocypher(server: Neo4jServer, folder: Path, nodes: Sequence[Node], edges: Sequence[Edge]) -> Seconds:
    """Seconds BioCypher takes to write nodes and edges, and Neo4j to import them; the reading of its input is free."""
    folder.mkdir()
    python = _make_environment(folder / "env")
    _write_input(folder, nodes, edges)
    _write_configuration(folder, {node.category.value for node in nodes}, {e.predicate.value for e in edges})
    done = subprocess.run([python, _WRITER, folder], capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        raise SystemExit(f"BioCypher failed: {done.stderr[-2000:]}")
    written = Seconds(*map(float, done.stdout.split()[-2:]))
    call = (folder / "out" / "neo4j-admin-import-call.sh").read_text(encoding="utf-8")
    words = shlex.split(next(line for line in call.splitlines() if "database import full" in line))
    inputs = {kind: [w.partition("=")[2] for w in words if w.startswith(f"--{kind}=")] for kind in _KINDS}
    options = [word for word in words if word.startswith("--") and word.partition("=")[0] in _OPTIONS]
    counted: list[tuple[int, int]] = []
    imported = measure(lambda: counted.append(server.import_csv(inputs["nodes"], inputs["relationships"], options)))
    if counted != [(len(nodes), len(edges))]:
        raise SystemExit(f"BioCypher's files came to {counted[0]} nodes and edges: {done.stderr[-2000:]}")
    print(f"  BioCypher: written in {written.wall:.1f} s, imported in {imported.wall:.1f} s")
    return written + imported


_KINDS: Final = ("nodes", "relationships")
_OPTIONS: Final = ("--delimiter", "--array-delimiter", "--quote", "--skip-bad-relationships", "--skip-duplicate-nodes")


def _make_environment(folder: Path) -> Path:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}")
    if uv is None:
        raise SystemExit("uv is not installed beside this Python; run `make .venv/.ready`.")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, PACKAGE], check=True)
    return python


def _write_input(folder: Path, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    with (folder / "nodes.jsonl").open("w", encoding="utf-8") as file:
        for node in nodes:
            file.write(json.dumps([node.curie, node.category.value, to_node_row(node)["properties"]]) + "\n")
    with (folder / "edges.jsonl").open("w", encoding="utf-8") as file:
        # All edges of a class must have the same properties; with others it writes none and says so in its log alone.
        empty = dict.fromkeys((name for edge in edges for name, _ in edge.properties), "")
        for edge in edges:
            row = to_edge_row(edge)
            item = [row["key"], edge.subject, edge.object, edge.predicate.value, empty | row["properties"]]
            file.write(json.dumps(item) + "\n")


def _write_configuration(folder: Path, categories: set[str], predicates: set[str]) -> None:
    """A small ontology of our categories and predicates, and a schema that maps each to itself."""
    labels = {_to_label(name): name for name in sorted(categories | predicates)}
    classes = [_CLASS.format(name="entity", label="entity", parent="")]
    classes += [
        _CLASS.format(name=label.title().replace(" ", ""), label=label, parent=" ; rdfs:subClassOf :entity")
        for label in labels
    ]
    prefix = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    (folder / "ontology.ttl").write_text(_ONTOLOGY + prefix + "".join(classes), encoding="utf-8")
    schema = {
        label: {"represented_as": "node", "preferred_id": "curie", "input_label": name}
        if name in categories
        else {"represented_as": "edge", "input_label": name}
        for label, name in labels.items()
    }
    settings = {
        "biocypher": {
            "offline": True,
            "dbms": "neo4j",
            "schema_config_path": str(folder / "schema.yaml"),
            "output_directory": str(folder / "out"),
            "head_ontology": {"url": str(folder / "ontology.ttl"), "root_node": "entity"},
        },
        "neo4j": {"file_format": "csv", "delimiter": ";", "array_delimiter": "|", "quote_character": '"'},
    }
    (folder / "schema.yaml").write_text(json.dumps(schema), encoding="utf-8")
    (folder / "config.yaml").write_text(json.dumps(settings), encoding="utf-8")


def _to_label(name: str) -> str:
    """BioCypher's sentence case: `PhenotypicFeature` and `has_phenotype` as lower words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
