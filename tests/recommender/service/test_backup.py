"""Backup and restore: everything is destroyed, and everything is back."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from kg.backup import count_graph, restore_backup, write_backup
from kg.embedded import stop_server
from kg.errors import FormatError, InputError
from kg.model import Edge, Node
from kg.store import open_graph
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from recommender.service.accounts import keep_account
from recommender.service.backup import restore_archive, write_archive
from recommender.service.chained_log import ChainedLog, verify_log
from recommender.service.config import ServiceConfig
from tests.recommender.service.service_world import PASSWORD

NODES = (
    Node("DRUGBANK:1", Category.DRUG, "aspirin", "infores:test", ("ASS",), ("CAS:50-78-2",), (("kind", "small"),)),
    Node("DOID:1", Category.DISEASE, "pain", "infores:test"),
)
SAID = ((Predicate.TREATS, False), (Predicate.TREATS, True), (Predicate.CONTRAINDICATED_IN, False))
EDGES = tuple(
    Edge(
        "DRUGBANK:1",
        predicate,
        "DOID:1",
        "infores:test",
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        negated=negated,
        confidence=0.0 if negated else None,
        publications=("PMID:1",),
    )
    for predicate, negated in SAID
)


def fill(selector: str) -> None:
    with open_graph(selector) as store:
        store.create_constraints()
        store.write_nodes(NODES)
        store.write_edges(EDGES)
        store.keep_source("test", {"infores": "infores:test", "release": "1"})
        document = "CREATE (d:Document {document_id: 'D1', text: 'x'}) "
        store.cypher(
            document + "CREATE (m:Mention {mention_id: 'D1:0', document_id: 'D1', start: 0})-[:MENTIONED_IN]->(d) "
            "CREATE (o:Mention {mention_id: 'D1:1', document_id: 'D1', start: 5})-[:MENTIONED_IN]->(d) "
            "CREATE (o)-[:DOSE_OF {amount: 500.0, unit: 'mg'}]->(m) "
            "CREATE (s:Statement {statement_id: 'S1', document_id: 'D1', edge_key: 'k'})-[:STATED_IN]->(d)",
            write=True,
        )


def whole(selector: str) -> str:
    """Everything that stands in a graph, in one order."""
    with open_graph(selector) as store:
        nodes = store.cypher("MATCH (n) RETURN labels(n) AS labels, properties(n) AS p")
        edges = store.cypher(
            "MATCH (a)-[r]->(b) RETURN properties(a) AS a, type(r) AS t, properties(r) AS r, properties(b) AS b"
        )
    rows = [{**row, "labels": sorted(row["labels"])} for row in nodes] + edges
    return "\n".join(sorted(json.dumps(row, sort_keys=True) for row in rows))


def test_a_graph_comes_back_whole(graph_selector: str, tmp_path: Path) -> None:
    """From whichever server, into an embedded one."""
    with open_graph(graph_selector) as store:
        store.cypher("MATCH (n) DETACH DELETE n", write=True)
    fill(graph_selector)
    with open_graph(graph_selector) as store:
        counts = write_backup(store, tmp_path / "backup")
        store.cypher("MATCH (n) DETACH DELETE n", write=True)
    selector = f"embedded:{tmp_path / 'other'}"
    with open_graph(selector) as store:
        assert restore_backup(store, tmp_path / "backup") == counts == count_graph(store)
        with pytest.raises(InputError, match="not empty"):
            restore_backup(store, tmp_path / "backup")
    assert counts == {"nodes": 2, "edges": 3, "sources": 1, "documents": 1, "mentions": 2, "doses": 1, "statements": 1}


def test_everything_is_destroyed_and_restored_in_one_command(tmp_path: Path) -> None:
    selector, state, models = f"embedded:{tmp_path / 'graph'}", tmp_path / "state", tmp_path / "models"
    config = ServiceConfig(state_dir=state)
    fill(selector)
    keep_account(config.accounts_file, "ann", PASSWORD, ["clinician"])
    log = ChainedLog(config.audit_file)
    for number in range(3):
        log.append({"action": f"act {number}"})
    store = config.open_patients()
    store.keep("ann", "MARKER-1", {"id": "MARKER-1"}, {})
    store.close()
    (models / "a").mkdir(parents=True)
    (models / "a" / "weights.bin").write_bytes(b"weights")
    before, archive = whole(selector), tmp_path / "backup.tar"

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli.app, ["--graph", selector, *words, "--state", str(state)])
        assert done.exit_code == 0, done.output
        return done.output

    assert "field.keys" in run("backup", str(archive), "--models", str(models))  # while the log is open
    log.close()
    assert archive.stat().st_mode & 0o077 == 0
    keys = (state / "field.keys").read_bytes()
    stop_server(tmp_path / "graph")
    for folder in (tmp_path / "graph", state, models):
        shutil.rmtree(folder)

    run("restore", str(archive))
    (state / "field.keys").write_bytes(keys)
    (state / "field.keys").chmod(0o600)
    assert whole(selector) == before
    assert (models / "a" / "weights.bin").read_bytes() == b"weights"
    assert verify_log(config.audit_file).num_lines == 3
    store = config.open_patients()
    assert [patient_id for patient_id, _ in store.all_facts()] == ["MARKER-1"]
    store.close()


def test_a_changed_archive_restores_nothing(embedded_selector: str, tmp_path: Path) -> None:
    state, archive = tmp_path / "state", tmp_path / "backup.tar"
    with open_graph(embedded_selector) as store:
        write_archive(store, state, [], archive, with_keys=False)
        with tarfile.open(archive) as tar:
            member = tar.getmember("./graph/nodes.jsonl.gz")
        data = bytearray(archive.read_bytes())
        data[member.offset_data + 12] ^= 1
        archive.write_bytes(data)
        with pytest.raises(FormatError, match="was changed"):
            restore_archive(store, state, archive)
    assert not state.exists()


def test_what_is_no_archive_is_said(embedded_selector: str, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_bytes(b"nothing")
    with open_graph(embedded_selector) as store, pytest.raises(FormatError, match="no whole backup"):
        restore_archive(store, tmp_path / "state", path)
