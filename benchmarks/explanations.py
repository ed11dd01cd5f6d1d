"""Are the path GNN's explanations true to the model, and do they agree with curated mechanisms?

Run: `python benchmarks/explanations.py --hetionet ../shared/data/hetionet --xref ../shared/data/hetionet_xref
--drugmechdb ../shared/data/drugmechdb`

A path GNN is trained on Hetionet's 483 training pairs. Fidelity: for each dev pair, the best walk to its disease is
taken out of the graph, then a random one of as many hops among its 200 best; the falls of the log-probability are
compared, paired. Agreement: for each compound–disease pair of DrugMechDB whose curated proteins are genes of the graph
(compound by DrugBank identifier, disease by the MeSH cross-references of the Disease Ontology, UniProt to Entrez by
DrugBank's table), all genes are ranked by their share of the score; a hit at k means a curated gene among the first k.
Beside it stand genes ranked by how rare the compound's and disease's edges to them are (one metapath count), and the
compound's genes in random order.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from gnn.fidelity import Fidelity, measure_fidelity
from gnn.metagraph import Dense, damp
from gnn.path_gnn import PathGnn, PathGnnConfig, fit_path_gnn
from gnn.path_graph import PathData, build_path_data
from gnn.path_relevance import node_relevance
from gnn.ranking import bootstrap_interval
from gnn.read import read_pairs, read_triples
from gnn.space import TaskGraph, build_task_graph
from gnn.task import Queries, build_open_queries, build_task, build_test_queries, build_training_queries, to_places
from gnn.triples import Triples, to_pair_ids

RELATION = "CtD"
GENE = "Gene"
HITS_AT = (1, 3, 10)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A pair of places and the places of its curated genes."""

    head: int
    tail: int
    genes: frozenset[int]


def main() -> None:
    """Train, measure both, print the tables."""
    arguments = _read_arguments()
    torch.set_num_threads(1)
    triples = read_triples([arguments.hetionet], file_format="hetionet")
    graph = build_task_graph(triples, build_task(triples, RELATION))
    config = PathGnnConfig()
    data = build_path_data(graph, config.num_layers, config.max_edges)
    network = fit_path_gnn(config, data, build_training_queries(graph.task), arguments.seed)
    dev = to_places(graph.task, to_pair_ids(triples, read_pairs(arguments.hetionet / "ctd_dev.txt", RELATION)))
    measured = measure_all(network, data, build_test_queries(graph.task, dev), arguments.seed)
    sys.stdout.write(to_fidelity_table(measured, len(dev)))
    mechanisms = read_mechanisms(arguments.drugmechdb, arguments.xref, triples, graph)
    sys.stdout.write(to_agreement_table(network, data, graph, mechanisms, arguments.seed))


def measure_all(network: PathGnn, data: PathData, queries: Queries, seed: int) -> list[Fidelity]:
    """Measure every query that has more than one walk of the best one's length."""
    generator = np.random.default_rng(seed)
    rows = (queries.take(slice(row, row + 1)) for row in range(len(queries)))
    found = (measure_fidelity(network, data, query, int(query.targets[0]), generator) for query in rows)
    return [fidelity for fidelity in found if fidelity is not None]


def to_fidelity_table(measured: list[Fidelity], num_pairs: int) -> str:
    """Return the mean falls and their paired difference."""
    best, other = np.array([m.best for m in measured]), np.array([m.other for m in measured])
    lines = [f"Fidelity: {len(measured)} of {num_pairs} dev pairs; mean fall of the log-probability", ""]
    lines += ["| taken out | fall [95 %] |", "|---|---|"]
    for name, values in (("best walk", best), ("random walk", other), ("best minus random", best - other)):
        low, high = bootstrap_interval(values)
        lines.append(f"| {name} | {values.mean():+.3f} [{low:+.3f}, {high:+.3f}] |")
    share = np.mean([m.share for m in measured])
    return "\n".join(lines) + f"\n\nThe best walk's mean share is {share:.3f}.\n\n"


def read_mechanisms(folder: Path, xref: Path, triples: Triples, graph: TaskGraph) -> list[Mechanism]:
    """Return the pairs of DrugMechDB that the graph has, with at least one curated gene in it, one a pair."""
    ids = triples.entity_ids()
    diseases, genes = dict(_disease_rows(xref)), dict(_gene_rows(xref))
    found: dict[tuple[int, int], set[int]] = {}
    with gzip.open(folder / "paths.jsonl.gz", "rt", encoding="utf-8") as stream:
        for line in stream:
            told = json.loads(line)
            head = ids.get(f"Compound::{told['graph']['drugbank'].removeprefix('DB:')}")
            tail = ids.get(f"Disease::{diseases.get(told['graph']['disease_mesh'].removeprefix('MESH:'))}")
            proteins = [node["id"].removeprefix("UniProt:") for node in told["nodes"]]
            curated = {ids[f"Gene::{genes[p]}"] for p in proteins if p in genes and f"Gene::{genes[p]}" in ids}
            if head is not None and tail is not None and curated:
                found.setdefault((head, tail), set()).update(curated)
    members = graph.metagraph.members[GENE]
    places = to_places(graph.task, np.array(list(found)))
    return [
        Mechanism(int(head), int(tail), frozenset(np.searchsorted(members, sorted(curated)).tolist()))
        for (head, tail), curated in zip(places, found.values(), strict=True)
    ]


def to_agreement_table(
    network: PathGnn, data: PathData, graph: TaskGraph, mechanisms: list[Mechanism], seed: int
) -> str:
    """Return Hits@k of the curated genes for the explanation and for both floors."""
    generator = np.random.default_rng(seed)
    orders: dict[str, list[list[int]]] = {
        "explanation": [],
        "floor: rarest shared gene": [],
        "floor: random target": [],
    }
    for mechanism in mechanisms:
        shares = node_relevance(network, data, _query_of(data, mechanism), mechanism.tail)
        ranked = sorted((-share, place) for (name, place), share in shares.items() if name == GENE)
        orders["explanation"].append([place for _, place in ranked])
        near, targets = _gene_floors(graph, mechanism)
        orders["floor: rarest shared gene"].append(np.argsort(-near, kind="stable")[: max(HITS_AT)].tolist())
        orders["floor: random target"].append(generator.permutation(np.flatnonzero(targets)).tolist())
    lines = [
        f"DrugMechDB: {len(mechanisms)} pairs with a curated gene in the graph; Hits@k of curated genes [95 %]",
        "",
    ]
    lines += ["| genes ranked by | " + " | ".join(f"Hits@{k}" for k in HITS_AT) + " |", "|---|---|---|---|"]
    for name, ranked_genes in orders.items():
        cells = []
        for k in HITS_AT:
            pairs = zip(ranked_genes, mechanisms, strict=True)
            hits = np.array([float(bool(set(order[:k]) & mechanism.genes)) for order, mechanism in pairs])
            low, high = bootstrap_interval(hits)
            cells.append(f"{hits.mean():.3f} [{low:.3f}, {high:.3f}]")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _query_of(data: PathData, mechanism: Mechanism) -> Queries:
    """Ask for the pair with its own edge removed, whether it is known or not."""
    query = build_open_queries(data.task, np.array([mechanism.head]))
    query.known[0, mechanism.tail] = 0.0
    return Queries(query.heads, query.known, np.array([mechanism.tail]))


def _gene_floors(graph: TaskGraph, mechanism: Mechanism) -> tuple[Dense, Dense]:
    """Return each gene's degree-weighted edges to the head times those to the tail, and those to the head alone."""
    sides = []
    for node_type, place in ((graph.head_type, mechanism.head), (graph.tail_type, mechanism.tail)):
        steps = [s for s in graph.metagraph.steps_from(node_type) if s.target == GENE]
        sides.append(sum(damp(graph.metagraph.adjacency[s], 0.4)[[place]].toarray()[0] for s in steps))
    head, tail = (np.asarray(side, np.float32) for side in sides)
    return head * (tail + 1e-3), head


def _disease_rows(xref: Path) -> Iterator[tuple[str, str]]:
    """Yield MeSH descriptor and slim disease; the exact cross-references come last and win."""
    for row in _read_rows(xref / "do-xrefs-prop-slim.tsv"):
        if row["resource"] in {"MSH", "MESH"}:
            yield row["resource_id"], row["doid_code"]
    for row in _read_rows(xref / "DO-slim-to-mesh.tsv"):
        yield row["mesh_id"], row["doid_code"]


def _gene_rows(xref: Path) -> Iterator[tuple[str, str]]:
    for row in _read_rows(xref / "drugbank-proteins.tsv.gz"):
        if row["uniprot_id"] and row["entrez_gene_id"]:
            yield row["uniprot_id"], row["entrez_gene_id"]


def _read_rows(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        yield from csv.DictReader(stream, delimiter="\t")


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hetionet", type=Path, required=True, help="Hetionet's folder")
    parser.add_argument("--xref", type=Path, required=True, help="the folder of cross-references")
    parser.add_argument("--drugmechdb", type=Path, required=True, help="the folder of curated mechanisms")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
