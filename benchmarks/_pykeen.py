"""PyKEEN's side of `benchmarks/kge.py`, run by a Python of an environment of its own: `_pykeen.py JOB.json`.

The job names an .npz with numbered `train`, `dev` and `test` triples and the hyper-parameters; the answer, and the
trained vectors, are written beside it.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from time import monotonic, process_time

import numpy as np
import torch
from pykeen.evaluation import RankBasedEvaluator
from pykeen.losses import SoftplusLoss
from pykeen.models import ComplEx
from pykeen.training import SLCWATrainingLoop
from pykeen.triples import CoreTriplesFactory


def main() -> None:
    """Train, time, evaluate."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(job["threads"])
    with np.load(job["triples"]) as arrays:
        parts = {name: torch.from_numpy(arrays[name]) for name in ("train", "dev", "test")}
    torch.manual_seed(job["seed"])
    factory = CoreTriplesFactory(parts["train"], num_entities=job["num_entities"], num_relations=job["num_relations"])
    # Training begins by drawing the parameters anew, so that the scale must be the initializer's own.
    initializer = partial(torch.nn.init.normal_, std=job["initial_scale"])
    model = ComplEx(
        triples_factory=factory,
        embedding_dim=job["dim"],
        loss=SoftplusLoss(reduction="mean"),
        entity_initializer=initializer,
        relation_initializer=initializer,
        regularizer=None,
        random_seed=job["seed"],
    )
    loop = SLCWATrainingLoop(
        model=model,
        triples_factory=factory,
        optimizer=torch.optim.Adagrad(model.parameters(), lr=job["learning_rate"]),
        negative_sampler="basic",
        negative_sampler_kwargs={"num_negs_per_pos": 2 * job["num_negatives"]},
    )
    wall, cpu = monotonic(), process_time()
    loop.train(factory, num_epochs=job["epochs"], batch_size=job["batch_size"], use_tqdm=False)
    told = {"wall_s": monotonic() - wall, "cpu_s": process_time() - cpu}
    if len(parts["test"]):
        result = RankBasedEvaluator(filtered=True).evaluate(
            model,
            parts["test"],
            additional_filter_triples=[parts["train"], parts["dev"]],
            use_tqdm=False,
            batch_size=64,
        )
        told["mrr"] = result.get_metric("both.realistic.inverse_harmonic_mean_rank")
        told["hits@10"] = result.get_metric("both.realistic.hits_at_10")
        vectors = {
            "table": model.entity_representations[0](indices=None).detach(),
            "relations": model.relation_representations[0](indices=None).detach(),
        }
        np.savez(job["out"] + ".npz", **{k: torch.view_as_real(v).flatten(1).numpy() for k, v in vectors.items()})
    Path(job["out"] + ".json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
