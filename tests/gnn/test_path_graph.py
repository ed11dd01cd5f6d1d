"""The layered graph holds what lies on a walk to a tail, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from gnn.path_graph import PathData, build_path_data, keep_heaviest
from gnn.space import build_task_graph
from gnn.task import build_task
from gnn.triples import Row, build_triples

ROWS: list[Row] = [
    ("Drug::1", "treats", "Disease::1"),
    ("Drug::2", "treats", "Disease::2"),
    ("Drug::1", "binds", "Gene::1"),
    ("Drug::2", "binds", "Gene::1"),
    ("Drug::2", "binds", "Gene::2"),
    ("Drug::3", "binds", "Gene::3"),
    ("Gene::2", "linked_to", "Disease::1"),
    ("Gene::2", "part_of", "Process::1"),
]


def build(num_layers: int) -> PathData:
    triples = build_triples(ROWS)
    return build_path_data(build_task_graph(triples, build_task(triples, "treats")), num_layers, 100)


def hops(data: PathData) -> list[list[tuple[str, int]]]:
    return [[(hop.step.name, hop.matrix.nnz) for hop in layer] for layer in data.hops]


def test_two_hops_keep_only_what_leads_to_a_tail() -> None:
    # gene 2 alone is linked to a disease; processes, gene 1 and gene 3 lead nowhere in the one hop that is left
    data = build(2)
    assert hops(data) == [[("binds", 1)], [("linked_to", 1)]]
    assert data.nodes[0]["Gene"].tolist() == [1]


def test_a_third_hop_goes_on_from_another_head_along_its_known_tails_only() -> None:
    # binds back: genes 1 and 2 to drugs 1 and 2, gene 3 to drug 3 only, who has no known tail
    data = build(3)
    layers = hops(data)
    assert layers[0] == [("binds", 3)]
    assert ("<binds", 3) in layers[1]
    assert sorted(layers[2]) == [("linked_to", 1), ("treats", 2)]
    assert data.nodes[1]["Drug"].tolist() == [0, 1]


def test_bundles_hold_the_same_edges_as_the_hops() -> None:
    data = build(3)
    for hops_in_layer, bundles in zip(data.hops[1:], data.bundles, strict=True):
        bundled = sum(int(bundle.forward.values().numel()) for bundle in bundles)
        assert bundled == sum(hop.matrix.nnz for hop in hops_in_layer)
        for bundle in bundles:
            assert np.array_equal(bundle.forward.to_dense().T, bundle.backward.to_dense())


def test_known_pairs_are_weighted_by_the_degree_of_their_head_alone() -> None:
    rows = [*ROWS, ("Drug::1", "treats", "Disease::2")]
    triples = build_triples(rows)
    data = build_path_data(build_task_graph(triples, build_task(triples, "treats")), 3, 100)
    known = next(hop.matrix for hop in data.hops[2] if hop.step.name == "treats").toarray()
    assert known == pytest.approx(np.array([[2**-0.4, 2**-0.4], [0.0, 1.0]]))


def test_the_heaviest_edges_are_kept() -> None:
    matrix = sp.csr_matrix(np.array([[1.0, 3.0], [2.0, 2.0]]))
    assert keep_heaviest(matrix, 2).toarray().tolist() == [[0.0, 3.0], [2.0, 0.0]]
    assert keep_heaviest(matrix, 4) is matrix


def test_only_the_relations_that_a_network_knows_are_walked() -> None:
    triples = build_triples([row for row in ROWS if row[1] != "part_of"])
    known = build_path_data(build_task_graph(triples, build_task(triples, "treats")), 3, 100).steps
    new = build_triples([row for row in ROWS if row[1] != "linked_to"] + [("Gene::1", "eases", "Disease::1")])
    data = build_path_data(build_task_graph(new, build_task(new, "treats")), 3, 100, known)
    assert data.steps == known
    walked = {name for layer in hops(data) for name, _ in layer}
    assert not walked & {"eases", "linked_to"}
    assert walked >= {"binds", "<binds", "treats"}


def test_similar_names_are_walked_as_edges() -> None:
    names = {
        "Drug::1": "lovastatin",
        "Drug::2": "simvastatin",
        "Drug::3": "ibuprofen",
        "Disease::1": "x",
        "Disease::2": "y",
    }
    triples = build_triples(ROWS, names=names)
    data = build_path_data(build_task_graph(triples, build_task(triples, "treats")), 2, 100)
    similar = next(hop.matrix.toarray() for hop in data.hops[0] if hop.step.name == "similar name")
    # layer 1 holds the drugs with a known disease: from each of the two statins to the other, nothing from ibuprofen
    assert data.nodes[0]["Drug"].tolist() == [0, 1]
    assert (similar > 0).tolist() == [[False, True], [True, False], [False, False]]
