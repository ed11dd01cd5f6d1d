"""Own ComplEx beside PyKEEN's, with the same hyper-parameters in the same run: ranking, speed, memory.

Run: `python benchmarks/kge.py --part sanity|speed|memory [--data ../shared/data]`

sanity   UMLS, Kinships and WN18RR: MRR of both (both sides, filtered, realistic rank), and PyKEEN's own vectors ranked
         by our harness, which must give PyKEEN's number.
speed    edges a second of training ComplEx, dim 256, over Hetionet's tables. Both see the same random edges; a step's
         cost does not depend on how many follow, so a sample stands for the epoch.
memory   R-GCN steps on a random graph of ten times Hetionet's edges and entities: peak memory.

PyKEEN is installed by uv into an environment of its own in a temporary folder, which is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gnn.embedding.batches import build_source
from gnn.embedding.config import EmbeddingConfig, config_of_family
from gnn.embedding.distributed import World
from gnn.embedding.fit import Hooks, State, fit_state, start_state, train_batch
from gnn.embedding.neighbours import build_adjacency
from gnn.embedding.network import Network
from gnn.embedding.steps import prepare_epoch
from gnn.ranking import Floats, rank_targets
from gnn.read import read_triples
from gnn.triples import Ids, Triples, build_triples

PYKEEN = "pykeen==1.11.1"
SETS = {
    "UMLS": ("pykeen/umls", ("train.txt", "valid.txt", "test.txt")),
    "Kinships": ("pykeen/kinships", ("train.txt", "valid.txt", "test.txt")),
    "WN18RR": ("WN18RR", ("train.txt.gz", "dev.txt", "test.txt")),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "UMLS": {"dim": 64, "epochs": 30, "batch_size": 256, "num_negatives": 16, "learning_rate": 0.1},
    "Kinships": {"dim": 64, "epochs": 30, "batch_size": 256, "num_negatives": 16, "learning_rate": 0.1},
    "WN18RR": {"dim": 64, "epochs": 30, "batch_size": 1024, "num_negatives": 16, "learning_rate": 0.1},
}
Job = dict[str, Any]


def main() -> None:
    """Print one part's table."""
    arguments = _read_arguments()
    torch.set_num_threads(arguments.threads)
    if arguments.part == "memory":
        sys.stdout.write(measure_memory())
        return
    with pykeen_python(arguments.pykeen_python) as python, TemporaryDirectory() as folder:
        part: Callable[..., str] = {"sanity": measure_sanity, "speed": measure_speed}[arguments.part]
        sys.stdout.write(part(arguments, python, Path(folder)))


@contextmanager
def pykeen_python(given: Path | None) -> Iterator[Path]:
    """Yield the Python of an environment with PyKEEN and this environment's torch version."""
    if given:
        yield given
        return
    uv = str(Path(sys.executable).parent / "uv")
    with TemporaryDirectory() as folder:
        python = Path(folder) / "env" / "bin" / "python"
        subprocess.run([uv, "venv", "--quiet", str(python.parents[1])], check=True)
        torch_version = f"torch=={str(torch.__version__).split('+')[0]}"
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), PYKEEN, torch_version], check=True)
        yield python


def run_pykeen(python: Path, folder: Path, parts: dict[str, Ids], job: Job) -> Job:
    """Let PyKEEN train on the numbered triples; return what it measured."""
    np.savez(folder / "triples.npz", **parts)
    told = job | {"triples": str(folder / "triples.npz"), "out": str(folder / "pykeen")}
    (folder / "job.json").write_text(json.dumps(told), encoding="utf-8")
    script = Path(__file__).with_name("_pykeen.py")
    subprocess.run([str(python), str(script), str(folder / "job.json")], check=True, cwd=folder)
    answer: Job = json.loads((folder / "pykeen.json").read_text(encoding="utf-8"))
    return answer


def measure_sanity(arguments: argparse.Namespace, python: Path, folder: Path) -> str:
    """Return the table of MRR, ours beside PyKEEN's: mean and standard deviation over seeds.

    Both draw from generators of their own, so that equal seeds do not make a pair: one seed's difference says little.
    """
    lines = [
        "| set | seeds | MRR, ours | MRR, PyKEEN | difference | PyKEEN's vectors, our ranks | CPU s, ours | PyKEEN |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in arguments.sets or SETS:
        triples, parts = read_set(arguments.data / "kge_sanity", name)
        rows = [
            compare_once(triples, parts, name, seed, python, folder, arguments.threads)
            for seed in range(arguments.seeds)
        ]
        ours, theirs, again, own_s, their_s = np.mean(rows, axis=0)
        spreads = [f" ± {one:.3f}" if len(rows) > 1 else "" for one in np.std(rows, axis=0, ddof=min(1, len(rows) - 1))]
        lines.append(
            f"| {name} | {len(rows)} | {ours:.3f}{spreads[0]} | {theirs:.3f}{spreads[1]} | {ours - theirs:+.3f} | "
            f"{again:.3f} | {own_s:.0f} | {their_s:.0f} |"
        )
        sys.stderr.write(lines[-1] + "\n")
    return "\n".join(lines) + "\n"


def compare_once(
    triples: Triples, parts: dict[str, Ids], name: str, seed: int, python: Path, folder: Path, threads: int
) -> tuple[float, float, float, float, float]:
    """Return our MRR, PyKEEN's, PyKEEN's vectors' in our harness, and both training times in CPU seconds."""
    config = to_config(triples, seed, **SETTINGS[name])
    started = process_time()
    state = train_plain(replace(triples, edges=parts["train"]), config)
    own_s = process_time() - started
    truth = np.concatenate(list(parts.values()))
    ours = float((1.0 / rank_both_sides(state.network, state.table, parts["test"], truth)).mean())
    told = run_pykeen(python, folder, parts, to_job(triples, config, threads))
    network = Network(config, len(triples.relations))
    with np.load(folder / "pykeen.npz") as arrays, torch.no_grad():
        network.relations.copy_(torch.from_numpy(arrays["relations"]))
        ranks = rank_both_sides(network, torch.from_numpy(arrays["table"]), parts["test"], truth)
    return ours, told["mrr"], float((1.0 / ranks).mean()), own_s, told["cpu_s"]


def to_config(triples: Triples, seed: int, **changes: Any) -> EmbeddingConfig:
    """Return ComplEx as PyKEEN trains it: corruptions drawn for each edge alone, of any type, no selection."""
    config = replace(
        config_of_family("complex", triples.relations[0], seed), loss="logistic", share=1, typed_negatives=False
    )
    return replace(config, initial_scale=0.1, patience=0, **changes)


def to_job(triples: Triples, config: EmbeddingConfig, threads: int) -> Job:
    """Return the same hyper-parameters for PyKEEN."""
    names = ("seed", "dim", "epochs", "batch_size", "num_negatives", "learning_rate", "initial_scale")
    sizes = {"num_entities": triples.num_entities, "num_relations": len(triples.relations), "threads": threads}
    return {name: getattr(config, name) for name in names} | sizes


def train_plain(triples: Triples, config: EmbeddingConfig) -> State:
    """Train all epochs without looking at any dev pair."""
    state = start_state(config, triples.num_entities, len(triples.relations), "cpu")
    hooks = Hooks(lambda _: 0.0, lambda _: None, lambda _: None)
    fit_state(state, config, build_source(triples, config), None, hooks, World())
    return state


def rank_both_sides(network: Network, table: Tensor, edges: Ids, truth: Ids, step: int = 256) -> Floats:
    """Return the filtered realistic ranks of each edge's tail, then of each edge's head, among all entities."""
    ranks: list[Floats] = []
    with torch.no_grad():
        for known, answer, move in ((0, 2, network.decoder.to_tail_query), (2, 0, network.decoder.to_head_query)):
            others = _group(truth, known, answer)
            for start in range(0, len(edges), step):
                some = edges[start : start + step]
                queries = move(table[some[:, known]], network.relations[some[:, 1]])
                scores = network.decoder.compare(queries, table).numpy()
                hidden = np.zeros(scores.shape, bool)
                for row, (entity, relation) in enumerate(some[:, [known, 1]].tolist()):
                    hidden[row, others[entity, relation]] = True
                hidden[np.arange(len(some)), some[:, answer]] = False
                ranks.append(rank_targets(scores, some[:, answer], hidden))
    return np.concatenate(ranks)


def _group(edges: Ids, known: int, answer: int) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for entity, relation, other in edges[:, [known, 1, answer]].tolist():
        found.setdefault((entity, relation), []).append(other)
    return found


def read_set(data: Path, name: str) -> tuple[Triples, dict[str, Ids]]:
    """Return a sanity set's names and its numbered parts."""
    folder, files = SETS[name]
    triples = read_triples([data / folder / file for file in files])
    parts = {}
    for part, file in zip(("train", "dev", "test"), files, strict=True):
        rows = read_triples([data / folder / file])
        entities, relations = triples.entity_ids(), {r: n for n, r in enumerate(triples.relations)}
        numbers = np.array([entities[e] for e in rows.entities]), np.array([relations[r] for r in rows.relations])
        parts[part] = np.stack(
            [numbers[0][rows.edges[:, 0]], numbers[1][rows.edges[:, 1]], numbers[0][rows.edges[:, 2]]], axis=1
        )
    return triples, parts


def measure_speed(arguments: argparse.Namespace, python: Path, folder: Path) -> str:
    """Return the table of edges a CPU second (and a second) on Hetionet."""
    triples = read_triples([arguments.data / "hetionet"], file_format="hetionet")
    sample = np.random.default_rng(0).permutation(len(triples.edges))[: arguments.edges]
    sampled = replace(triples, edges=triples.edges[np.sort(sample)])
    nothing = np.zeros((0, 3), np.int64)
    lines = [
        f"ComplEx, dim 256, {triples.num_entities} entities, {len(sampled.edges)} of {len(triples.edges)} edges, "
        f"{arguments.threads} thread(s), Adagrad, logistic loss; edges a CPU second (edges a second)",
        "",
        "| batch | negatives an edge | corruptions | ours | PyKEEN | ours ÷ PyKEEN, CPU (wall) |",
        "|---|---|---|---|---|---|",
    ]
    for batch_size in arguments.batch_sizes:
        config = to_config(triples, 0, dim=256, epochs=1, batch_size=batch_size, num_negatives=16, learning_rate=0.1)
        job = to_job(triples, config, arguments.threads)
        told = run_pykeen(python, folder, {"train": sampled.edges, "dev": nothing, "test": nothing}, job)
        theirs = np.array([len(sampled.edges) / told["cpu_s"], len(sampled.edges) / told["wall_s"]])
        for share, kind in ((1, "own for each edge, as PyKEEN"), (64, "shared by 64 edges")):
            started, worked = monotonic(), process_time()
            train_plain(sampled, replace(config, share=share))
            ours = len(sampled.edges) / np.array([process_time() - worked, monotonic() - started])
            lines.append(
                f"| {batch_size} | 32 | {kind} | {ours[0]:.0f} ({ours[1]:.0f}) | {theirs[0]:.0f} ({theirs[1]:.0f}) | "
                f"{ours[0] / theirs[0]:.1f} ({ours[1] / theirs[1]:.1f}) |"
            )
            sys.stderr.write(lines[-1] + "\n")
    return "\n".join(lines) + "\n"


def measure_memory(num_steps: int = 20) -> str:
    """Return the table of peak memory while an R-GCN is trained on ten times Hetionet."""
    triples = build_large(10 * 47_031, 10 * 1_856_128, 24)
    before = _peak_gb()
    config = config_of_family("rgcn", "r0")
    state = start_state(config, triples.num_entities, len(triples.relations), "cpu")
    adjacency, source = build_adjacency(triples), build_source(triples, config)
    started = monotonic()
    state.network.train()
    for step in islice(prepare_epoch(source, adjacency, 0, World(), in_threads=False), num_steps):
        train_batch(state, config, step, World())
    step_s = (monotonic() - started) / num_steps
    trained = _peak_gb()
    state.network.eval()
    state.network.encode_all(state.table, adjacency)
    return (
        f"| {triples.num_entities} entities, {len(triples.edges)} edges | peak GB |\n|---|---|\n"
        f"| the graph, numbered | {before:.1f} |\n"
        f"| R-GCN, dim {config.dim}, {num_steps} steps of {config.batch_size} edges ({step_s:.2f} s each) "
        f"| {trained:.1f} |\n"
        f"| and all entities encoded from all their messages | {_peak_gb():.1f} |\n"
    )


def build_large(num_entities: int, num_edges: int, num_relations: int) -> Triples:
    """Return a random graph whose degrees are as uneven as a power law's."""
    generator = np.random.default_rng(0)
    ends = [(num_entities * generator.random(num_edges) ** 3).astype(np.int64) for _ in range(2)]
    edges = np.stack([ends[0], generator.integers(0, num_relations, num_edges), ends[1]], axis=1)
    edges = edges[np.lexsort((edges[:, 2], edges[:, 1], edges[:, 0]))]
    small = build_triples([("e", f"r{number:02}" if number else "r0", "e") for number in range(num_relations)])
    entities = tuple(f"e{number:07}" for number in range(num_entities))
    kinds = ("entity",) * num_entities
    return replace(small, entities=entities, types=kinds, names=("",) * num_entities, edges=edges)


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("sanity", "speed", "memory"), required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="*", choices=tuple(SETS), help="which sanity sets; all when absent")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each sanity set")
    parser.add_argument("--edges", type=int, default=50_000, help="edges of the speed sample")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1024, 4096], help="of the speed part")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pykeen-python", type=Path, help="an environment that has PyKEEN already")
    return parser.parse_args()


if __name__ == "__main__":
    main()
