"""Five-fold cross-validation of the link model on Hetionet's "compound treats disease", beside every floor.

Run: `python benchmarks/linkpred.py --data ../shared/data/hetionet --out runs/linkpred`

The folds are those of ctd_folds.tsv: a fold's pairs are removed from the graph, everything is fitted on the rest, and
each removed pair's disease is ranked among all diseases (tail side, filtered by all 604 pairs, realistic rank). No
fold has a dev set, so the blend's weights are the configuration's own. Finished folds are kept in `--out` and not
computed again. `--no-names` computes them without the encoder of names; where both are kept, the table pairs the two.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic, process_time

import numpy as np
import torch
from numpy.typing import NDArray

from gnn.blend import fit_blend
from gnn.evaluate import hide_others
from gnn.features import build_features
from gnn.floors import score_co_treatment, score_popularity
from gnn.listwise import ListwiseConfig
from gnn.metagraph import Dense
from gnn.model import (
    METAPATH_FLOOR,
    Ground,
    ModelConfig,
    Weights,
    additive_columns,
    choose_ground,
    fit_weights,
    member_spreads,
    score_members,
    without_floor,
)
from gnn.ranking import Mask, paired_difference, rank_targets, to_metrics
from gnn.read import read_triples
from gnn.scorers import NetworkConfig, TreesConfig, fit_network, fit_trees, score_network, score_trees
from gnn.task import Queries, build_test_queries, build_training_queries, to_places, types_of
from gnn.triples import Ids, Triples, exclude_pairs, to_pair_ids

RELATION = "CtD"
NO_NAMES = "-no-names"
NUM_FLOOR_NETWORKS = 3
RECIPE_FLOOR = "own-edge-removed MLPs + LightGBM"
Ranks = dict[str, list[float]]


def main() -> None:
    """Run or resume the five folds and write the table."""
    arguments = _read_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    triples, pairs, folds = read_folds(arguments.data)
    config = ModelConfig(RELATION, arguments.seed)
    if arguments.no_names:
        config = replace(config, space=replace(config.space, max_bridges=0))
    ending = f"seed-{arguments.seed}{NO_NAMES if arguments.no_names else ''}.json"
    paths = [arguments.out / f"fold-{fold}-{ending}" for fold in range(int(folds.max()) + 1)]
    for fold, path in enumerate(paths):
        if not path.exists():
            started, worked = monotonic(), process_time()
            ranks = rank_fold(triples, pairs, folds == fold, config)
            told = {"ranks": ranks, "wall_s": monotonic() - started, "cpu_s": process_time() - worked}
            path.write_text(json.dumps(told | {"config": asdict(config)}), encoding="utf-8")
            sys.stderr.write(f"fold {fold}: {told['wall_s']:.0f} s\n")
    sys.stdout.write(to_table(paths))


def read_ranks(paths: list[Path]) -> dict[str, NDArray[np.float64]]:
    """Return the ranks of every model over all folds; the ensemble's own without names where those folds are kept."""
    folds = [json.loads(path.read_text(encoding="utf-8"))["ranks"] for path in paths]
    plain = [path.with_name(f"{path.stem}{NO_NAMES}.json") for path in paths]
    if all(path.exists() for path in plain):
        for fold, path in zip(folds, plain, strict=True):
            fold["ensemble without names"] = json.loads(path.read_text(encoding="utf-8"))["ranks"]["ensemble"]
    return {name: np.concatenate([fold[name] for fold in folds]) for name in folds[0]}


def read_folds(data: Path) -> tuple[Triples, Ids, NDArray[np.int64]]:
    """Return the graph with all 604 pairs in it, those pairs and the fold of each."""
    triples = read_triples([data, data / "ctd_dev.txt"], file_format="hetionet")
    with (data / "ctd_folds.tsv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    pairs = to_pair_ids(triples, [(row["head"], row["tail"]) for row in rows])
    return triples, pairs, np.array([int(row["fold"]) for row in rows])


def rank_fold(triples: Triples, pairs: Ids, chosen: Mask, config: ModelConfig) -> Ranks:
    """Fit without the chosen pairs and rank them with every model; `unseen` marks compounds without another pair."""
    training = exclude_pairs(triples, RELATION, pairs[chosen])
    _, ground = choose_ground(training, config, types_of(triples, RELATION))
    weights = fit_weights(config, ground)
    places = to_places(ground.task, pairs[chosen])
    queries = build_test_queries(ground.task, places)
    hidden = hide_others(ground.task, queries, [places])
    scores = score_members(ground, weights, queries)
    members = without_floor(scores)
    spreads = member_spreads(ground, weights, config.seed)

    def blended(chosen_members: dict[str, Dense]) -> Dense:
        nothing = {name: values[:0] for name, values in chosen_members.items()}
        blend = fit_blend(nothing, queries.targets[:0], hidden[:0], dict(config.prior_weights), spreads=spreads)
        return blend.score(chosen_members, hidden)

    without = {name: values for name, values in members.items() if name != "path GNN"}
    scorers = {
        "ensemble": blended(members),
        "ensemble without the path GNN": blended(without),
        **members,
        "floor: popularity": score_popularity(ground.task, queries),
        "floor: co-treatment": score_co_treatment(ground.task, queries),
        "floor: metapaths, additive": scores[METAPATH_FLOOR],
        f"floor: {RECIPE_FLOOR}": score_recipe(ground, weights, queries, config),
    }
    ranks = {name: rank_targets(values, queries.targets, hidden).tolist() for name, values in scorers.items()}
    return ranks | {"unseen": (~queries.known.any(axis=1)).astype(float).tolist()}


def score_recipe(ground: Ground, weights: Weights, queries: Queries, config: ModelConfig) -> Dense:
    """Score with the strongest published-style recipe: plain metapath features, small MLPs and LambdaRank trees."""
    known = build_training_queries(ground.task)
    names, raw = build_features(ground.space, ground.ridges, known)
    columns = additive_columns(names, weights.scaling) > 0
    inputs = weights.scaling.apply(raw)[..., columns]
    asked = weights.scaling.apply(build_features(ground.space, ground.ridges, queries)[1])[..., columns]
    plain = NetworkConfig(feature_dropout=0.0, fit=ListwiseConfig(epochs=60))
    seeds = range(config.seed * 1000, config.seed * 1000 + NUM_FLOOR_NETWORKS)
    networks = [score_network(fit_network(plain, inputs, known.targets, known.hidden, s), asked) for s in seeds]
    leaves = replace(
        TreesConfig(), objectives=("lambdarank",), num_trees=200, min_rows_in_leaf=20, feature_fraction=0.3
    )
    trees = score_trees(fit_trees(leaves, inputs, known.targets, known.hidden, config.seed), asked)
    total: Dense = _standard(np.mean(networks, axis=0)) + _standard(trees)
    return total


def to_table(paths: list[Path]) -> str:
    """Return the Markdown table over all finished folds."""
    folds = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    ranks = read_ranks(paths)
    unseen = ranks.pop("unseen") > 0
    lines = [
        f"{len(folds)} folds, {len(unseen)} pairs, tail side, filtered, realistic rank; "
        f"{sum(f['cpu_s'] for f in folds) / len(folds):.0f} s of one core a fold",
        "",
        "| model | MRR [95 %] | Hits@1 | Hits@3 | Hits@10 | MRR, unseen compounds | ensemble minus it [95 %] |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_to_row(name, values, ranks["ensemble"], unseen) for name, values in ranks.items()]
    return "\n".join(lines) + "\n"


def _to_row(name: str, ranks: NDArray[np.float64], ensemble: NDArray[np.float64], unseen: Mask) -> str:
    metrics = to_metrics(ranks)
    mean, low, high = paired_difference(ensemble, ranks)
    hits = " | ".join(f"{value:.3f}" for _, value in metrics.hits)
    interval = f"{metrics.mrr:.3f} [{metrics.interval[0]:.3f}, {metrics.interval[1]:.3f}]"
    gain = "" if name == "ensemble" else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"| {name} | {interval} | {hits} | {(1.0 / ranks[unseen]).mean():.3f} | {gain} |"


def _standard(scores: Dense) -> Dense:
    centred = scores - scores.mean(axis=1, keepdims=True)
    result: Dense = centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-9)
    return result


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Hetionet's folder")
    parser.add_argument("--out", type=Path, required=True, help="where finished folds are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-names", action="store_true", help="encode no names")
    return parser.parse_args()


if __name__ == "__main__":
    main()
