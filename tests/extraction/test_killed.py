"""A process that is killed while it reads: nothing is lost, nothing is read twice, whichever process it was."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from extraction import jobs
from extraction.jobs import annotate_files, read_into_graph
from kg.errors import ResourceError
from kg.store import GraphStore, open_graph

NUM_DOCUMENTS = 400
DIES_AT = 128
TEXT = "Metformin is used for type 2 diabetes. Lisinopril caused cough in case {n}."

READ_AND_DIE = f"""
import os, signal, sys
from pathlib import Path
from extraction.jobs import read_into_graph
from kg.store import open_graph

def die(label, done, total):
    if label == "documents" and done >= {DIES_AT}:
        os.kill(os.getpid(), signal.SIGKILL)

with open_graph(sys.argv[1]) as store:
    read_into_graph(store, [Path(sys.argv[2])], model="dictionary", workers=1, progress=die)
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    lines = (json.dumps({"document_id": str(n), "text": TEXT.format(n=n)}) for n in range(NUM_DOCUMENTS))
    path.write_text("\n".join(lines), "utf-8")
    return path


def workers() -> list[psutil.Process]:
    """Return the pool's processes: those of this process that run Python's spawn entry."""
    children = psutil.Process().children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_killed_worker_loses_and_repeats_nothing(corpus: Path) -> None:
    alone = list(annotate_files([corpus], model="dictionary", workers=1))
    found = []
    for item in annotate_files([corpus], model="dictionary", workers=2):
        if not found:
            os.kill(workers()[0].pid, signal.SIGKILL)
        found.append(item)
    assert found == alone


def die(_batch: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_keep_dying_end_with_a_sentence(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_annotate_here", die)
    monkeypatch.setattr(jobs, "_MAX_RESTARTS", 0)
    with pytest.raises(ResourceError, match="keep dying; use fewer workers"):
        list(annotate_files([corpus], model="dictionary", workers=2))


def what_stands(store: GraphStore) -> list[dict[str, object]]:
    query = "MATCH (m:Mention)-[:MENTIONED_IN]->(d:Document) RETURN d.document_id AS document, count(m) AS mentions "
    return store.cypher(query + "ORDER BY document")


def test_killed_reading_goes_on_where_it_stopped(corpus: Path, tmp_path: Path) -> None:
    selector = f"embedded:{tmp_path / 'graph'}"
    with open_graph(selector) as store:
        store.create_constraints()
        killed = subprocess.run([sys.executable, "-c", READ_AND_DIE, selector, str(corpus)])
        assert killed.returncode == -signal.SIGKILL
        written = len(what_stands(store))
        assert DIES_AT <= written < NUM_DOCUMENTS
        report = read_into_graph(store, [corpus], model="dictionary", workers=1)
        assert (report.documents, report.unchanged) == (NUM_DOCUMENTS - written, written)
        assert [row["mentions"] for row in what_stands(store)] == [4] * NUM_DOCUMENTS
