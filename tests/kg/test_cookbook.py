"""Every query of docs/cypher.md returns rows with the columns it promises, the same on every server; so do plans."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.build import build_graph
from kg.model import MODEL_SOURCE, Document, Edge, Statement
from kg.read_only import check_read_only
from kg.store import GraphStore, open_graph
from ontologies.biolink import AgentType, KnowledgeLevel, Predicate
from tests.kg.cookbook import Recipe, read_cookbook

COOKBOOK = read_cookbook()
METFORMIN, DIABETES, HYPERTENSION = "DRUGBANK:DB00331", "DOID:9352", "DOID:10763"
ROOT = Path(__file__).parents[2]
ROWS: dict[str, list[dict[str, Any]]] = {}
PLANS: dict[str, list[dict[str, Any]]] = {}


@pytest.fixture(scope="module")
def starter(graph_selector: str) -> Iterator[GraphStore]:
    """The starter knowledge, two texts that contradict each other and a prediction."""
    with open_graph(graph_selector) as store:
        store.create_constraints()
        store.cypher("MATCH (n) DETACH DELETE n", write=True)
        build_graph(store, ["starter"])
        store.write_documents(
            [read("doc:1", "Metformin is used for type 2 diabetes."), read("doc:2", "It is not.", True)]
        )
        level, agent = KnowledgeLevel.PREDICTION, AgentType.COMPUTATIONAL_MODEL
        guess = Edge(METFORMIN, Predicate.TREATS, HYPERTENSION, MODEL_SOURCE, level, agent, confidence=0.25, run="r1")
        store.write_edges([guess])
        yield store
        store.cypher("MATCH (n) DETACH DELETE n", write=True)


def read(name: str, sentence: str, negated: bool = False) -> tuple[Document, list[Any], list[Statement]]:
    confidence = 0.5 if negated else 0.75
    statement = Statement(
        name, METFORMIN, Predicate.TREATS, DIABETES, 0, 9, sentence, negated=negated, confidence=confidence
    )
    return Document(name, "", sentence, "abstract", "test", "1"), [], [statement]


def test_there_are_twenty_recipes_numbered_and_documented() -> None:
    assert len(COOKBOOK) >= 20
    assert [recipe.title.partition(".")[0] for recipe in COOKBOOK] == [str(i + 1) for i in range(len(COOKBOOK))]
    for recipe in COOKBOOK:
        check_read_only(recipe.query)
        assert set(re.findall(r"\$(\w+)", recipe.query)) == set(recipe.parameters), recipe.title


@pytest.mark.parametrize("recipe", COOKBOOK, ids=lambda recipe: recipe.title)
def test_a_recipe_returns_what_it_promises(starter: GraphStore, recipe: Recipe) -> None:
    rows = starter.cypher(recipe.query, recipe.parameters)
    assert rows, "no rows"
    assert tuple(rows[0]) == recipe.columns
    assert rows == ROWS.setdefault(recipe.title, rows), "another server answers otherwise"


def test_known_answers(starter: GraphStore) -> None:
    """Worked out by hand from the fixture and the tables."""
    recipes = {recipe.title.partition(".")[0]: recipe for recipe in COOKBOOK}

    def ask(number: str) -> list[dict[str, Any]]:
        return starter.cypher(recipes[number].query, recipes[number].parameters)

    sentences = [("Metformin is used for type 2 diabetes.", False), ("It is not.", True)]
    assert [(row["sentence"], row["negated"]) for row in ask("18")] == sentences
    assert [(row["negated"], row["num_conflicting"]) for row in ask("19")] == [(False, 1), (True, 1)]
    assert ask("20") == [{"drug": "metformin", "condition": "hypertension", "probability": 0.25, "run": "r1"}]
    assert ask("22")[0]["name"] == "metformin"
    assert [row["source"] for row in ask("24")] == ["starter"]


def test_plans_are_the_same_on_every_server_and_in_every_process(starter: GraphStore, graph_selector: str) -> None:
    """Python orders sets anew in every process; no plan may show it."""
    for seed in ("1", "2"):
        command = [sys.executable, "-c", "from cli import app; app()", "--graph", graph_selector]
        command += ["recommend", "examples/patients", "--batch", "--json"]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=environment)
        plans = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(plans) == 3
        assert any(plan["lines"] for plan in plans)
        assert plans == PLANS.setdefault("plans", plans)
