"""A first load of Neo4j by its import tool gives the graph that everyday writes give."""

from __future__ import annotations

import csv
import shlex
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from kg.build import build_graph
from kg.errors import InputError
from kg.export import read_content
from kg.import_files import ImportFiles
from kg.neo4j_server import Neo4jServer
from kg.store import open_graph
from kg.writes import WriteCount
from ontologies.biolink import Predicate
from tests.kg.graphs import disease, drug, edge, random_graph
from tests.kg.test_export import CONTENT, EDGES

KINDS = ("--nodes=", "--relationships=")


def read_files(arguments: list[str]) -> dict[str, list[list[str]]]:
    """Header and rows by label."""
    tables = {}
    for argument in arguments:
        label, _, paths = argument.partition("=")
        tables[label] = list(csv.reader(StringIO("".join(Path(path).read_text() for path in paths.split(",")))))
    return tables


def test_files_of_a_small_graph(tmp_path: Path) -> None:
    with ImportFiles(tmp_path / "new") as files:
        files.write_nodes([drug("X:1", name='a "b", c'), disease("X:2", synonyms=("s", "t"))])
        wanted = [edge("X:1", Predicate.TREATS, "X:2", confidence=0.5)] * 2 + [edge("X:1", Predicate.TREATS, "X:404")]
        assert files.write_edges(wanted) == WriteCount(created=1, unchanged=1, missing=1)
        files.keep_source("hpo", {"release": "2026"})
    nodes, edges = read_files(files.nodes), read_files(files.relationships)
    assert nodes["Entity:Drug"][1][:3] == ["0", "X:1", 'a "b", c']
    assert nodes["Entity:Disease"][1][4] == "s\x1ft"
    assert nodes["Source"] == [[":ID", "release:string", "name:string"], ["2", "2026", "hpo"]]
    header, row = edges["TREATS"]
    values = dict(zip(header, row, strict=True))
    assert (values[":START_ID"], values[":END_ID"], values["confidence:double"]) == ("0", "1", "0.5")
    assert values["negated:boolean"] == "false"
    assert "--multiline-fields=false" in files.options


def test_a_line_break_in_a_cell_is_told_to_the_tool(tmp_path: Path) -> None:
    with ImportFiles(tmp_path / "new") as files:
        files.write_nodes([drug("X:1", name="a\nb")])
    assert "--multiline-fields=true" in files.options


def test_a_node_twice_and_a_used_folder_are_refused(tmp_path: Path) -> None:
    with ImportFiles(tmp_path / "new") as files, pytest.raises(InputError, match="X:1 comes twice"):
        files.write_nodes([drug("X:1"), drug("X:1")])
    with pytest.raises(InputError, match="not empty"):
        ImportFiles(tmp_path / "new")


def test_the_imported_graph_is_the_everyday_one(server: Neo4jServer, tmp_path: Path) -> None:
    nodes, edges = random_graph(seed=3)
    edges = [*{e.edge_key: e for e in (*edges, *EDGES)}.values()]
    nodes = [*nodes, *CONTENT.nodes]
    with ImportFiles(tmp_path / "files") as files:
        files.write_nodes(nodes)
        files.write_edges(edges)
        files.keep_source("x", {"infores": "infores:x", "all_infores": ["infores:x"]})
    words = shlex.split(files.command)
    chosen = [[w.partition("=")[2] for w in words if w.startswith(kind)] for kind in KINDS]
    assert chosen == [files.nodes, files.relationships]
    counted = server.import_csv(files.nodes, files.relationships, files.options)
    assert counted == (len(nodes) + 1, len(edges))
    with server, open_graph(server.selector) as store:
        content = read_content(store)
        assert set(content.nodes) == set(nodes)
        assert set(content.edges()) == set(edges)
        assert store.read_sources() == [{"name": "x", "infores": "infores:x", "all_infores": ["infores:x"]}]
        store.create_constraints()
        assert store.write_nodes(nodes) == WriteCount(unchanged=len(nodes))
        assert store.write_edges(edges) == WriteCount(unchanged=len(edges))


def test_a_build_can_write_import_files(tmp_path: Path) -> None:
    with ImportFiles(tmp_path / "files") as files:
        report = build_graph(files, ["starter"])
    (starter,) = report.sources
    num = sum(len(rows) - 1 for rows in read_files(files.relationships).values())
    assert num > 0
    assert len(read_files(files.nodes)["Source"]) == 2
    assert starter.edges >= num


def test_the_verb_writes_files_and_a_build_of_the_imported_graph_changes_nothing(
    server: Neo4jServer, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    done = CliRunner().invoke(app, ["build", "starter", "--import-files", str(folder)])
    assert done.exit_code == 0, done.output
    words = shlex.split(done.stderr.partition("then run: ")[2].splitlines()[0])
    assert words[:4] == ["neo4j-admin", "database", "import", "full"]
    values = {
        kind: [w.partition("=")[2] for w in words if w.startswith(kind)] for kind in ("--nodes", "--relationships")
    }
    options = [word for word in words[6:] if not word.startswith(tuple(values))]
    server.import_csv(values["--nodes"], values["--relationships"], options)
    with server, open_graph(server.selector) as store:
        (report,) = build_graph(store, ["starter"]).sources
        assert report.unchanged
        assert {row["name"] for row in store.read_sources()} == {"starter"}
