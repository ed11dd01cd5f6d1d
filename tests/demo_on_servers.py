"""The demonstration on the embedded server and on every Neo4j at hand: the same data and the same plans come out.

Run it with `python -m tests.demo_on_servers`; `.ci/run` does. It ends with 1 where servers differ. What may differ is
named here: ids of model runs (and the edge keys that hold them) and the times of the run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kg.errors import ResourceError
from kg.export import read_content
from kg.export_kgx import to_kgx_edge, to_kgx_node
from kg.neo4j_server import VERSIONS, Neo4jServer, Neo4jVersion, find_java, is_installed
from kg.store import open_graph

ROOT = Path(__file__).parents[1]
NEO4J = ROOT / ".neo4j"
PATIENTS = ROOT / "examples" / "patients"
POLICY_STEP = "6/6"


@dataclass(frozen=True)
class Outcome:
    """What the demonstration left: per label and type a count with a checksum of all content, and the plans; and what
    it said of its ranking policy, line by line."""

    content: dict[str, tuple[int, str]]
    plans: list[Any]
    policy: list[str]
    seconds: float


def run_demo(selector: str, folder: Path) -> Outcome:
    """Run the demonstration and read back what it left."""
    start = time.monotonic()
    said = _theragraph(selector, "demo", "--out", str(folder / "demo"), log=folder / "demo.log")
    seconds = time.monotonic() - start
    plans = _theragraph(selector, "recommend", str(PATIENTS), "--batch", "--json", log=folder / "recommend.log")
    policy = said.partition(POLICY_STEP)[2].splitlines()
    return Outcome(_read_content(selector), [json.loads(line) for line in plans.splitlines()], policy, seconds)


def find_differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Yield where two JSON values differ, deepest first difference each.

    >>> list(find_differences({"a": [1, 2]}, {"a": [1, 3]}))
    ['/a/1: 2 | 3']
    """
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from find_differences(one[key], other[key], f"{where}/{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for position, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from find_differences(a, b, f"{where}/{position}")
    elif one != other:
        yield f"{where}: {str(one)[:150]} | {str(other)[:150]}"


def compare(one: Outcome, other: Outcome) -> list[str]:
    """Return what differs between two servers; empty when nothing does."""
    keys = sorted({*one.content, *other.content})
    content = [f"{k}: {one.content.get(k)} | {other.content.get(k)}" for k in keys
               if one.content.get(k) != other.content.get(k)]  # fmt: skip
    parts = ((one.plans, other.plans, "plans"), (one.policy, other.policy, "policy"))
    return content + [difference for part in parts for difference in find_differences(*part)]


def _theragraph(selector: str, *words: str, log: Path) -> str:
    command = [sys.executable, "-c", "from cli import app; app()", "--graph", selector, *words]
    with log.open("w", encoding="utf-8") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"theragraph {words[0]} on {selector} ended with {done.returncode}: {log.read_text()[-2000:]}")
    return done.stdout


def _read_content(selector: str) -> dict[str, tuple[int, str]]:
    """Count and checksum per label and per relationship type; run ids and what is made of them are left out."""
    lines: dict[str, list[str]] = defaultdict(list)
    with open_graph(selector) as store:
        content = read_content(store)
        for node in content.nodes:
            lines[node.category].append(json.dumps(to_kgx_node(node), sort_keys=True))
        for edge in content.edges():
            record = {k: v for k, v in to_kgx_edge(edge).items() if not edge.run or k not in ("id", "run")}
            lines[edge.predicate.relationship_type].append(json.dumps(record, sort_keys=True))
    return {kind: (len(found), sha256("\n".join(sorted(found)).encode()).hexdigest()[:16])
            for kind, found in lines.items()}  # fmt: skip


@contextmanager
def _open_neo4j(version: Neo4jVersion, folder: Path) -> Iterator[str]:
    with Neo4jServer(version, NEO4J / version.number / "lib", folder / "home") as server:
        yield server.selector


def _run_on_neo4j(version: Neo4jVersion, folder: Path) -> Outcome | str:
    """The outcome, or one sentence on why there is none."""
    if not is_installed(version, NEO4J):
        return "it is not installed here (`make neo4j` needs Java and Maven)"
    try:
        find_java(version.java)
    except ResourceError as error:
        return str(error)
    folder.mkdir()
    with _open_neo4j(version, folder) as selector:
        return run_demo(selector, folder)


def main() -> int:
    """Run, compare, say what came out."""
    differing = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        embedded = run_demo(f"embedded:{folder / 'graph'}", folder)
        num = sum(count for count, _ in embedded.content.values())
        _say(f"embedded: demo in {embedded.seconds:.0f} s, {num} nodes and edges, {len(embedded.plans)} plans")
        for number, version in VERSIONS.items():
            outcome = _run_on_neo4j(version, folder / number)
            if isinstance(outcome, str):
                _say(f"Neo4j {number}: not compared: {outcome}")
                continue
            differences = compare(embedded, outcome)
            differing += bool(differences)
            _say(f"Neo4j {number}: demo in {outcome.seconds:.0f} s, {len(differences)} differences")
            _say("".join(f"  {line}\n" for line in differences[:20]), end="")
    return 1 if differing else 0


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
