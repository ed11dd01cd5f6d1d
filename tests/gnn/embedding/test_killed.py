"""A training process killed with SIGKILL, resumed, ends with the weights of one that nobody disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from gnn.embedding.checkpoint import NAME
from gnn.run import train_run
from gnn.settings import read_settings
from gnn.triples import Triples
from tests.gnn.toy import toy_rows

RUN = """\
relation: treats
out: {out}
model: {family}
triples: [g.tsv]
device: cpu
settings: {{dim: 8, epochs: 150, batch_size: 32, share: 8, num_negatives: 8, evaluate_every: 1, patience: 0}}
"""


def no_graph() -> Triples:
    raise AssertionError("the graph store is not asked where files are given")


@pytest.mark.parametrize("family", ["complex", "rgcn"])
def test_a_process_killed_while_training_resumes_to_the_same_weights(family: str, tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("".join("\t".join(row) + "\n" for row in toy_rows()), encoding="utf-8")
    runs = {out: tmp_path / f"{out}.yaml" for out in ("whole", "cut")}
    for out, path in runs.items():
        path.write_text(RUN.format(out=out, family=family), encoding="utf-8")
    kill_at_first_checkpoint(runs["cut"], tmp_path / "cut")
    train_run(read_settings(runs["cut"]), no_graph, resume=True)
    train_run(read_settings(runs["whole"]), no_graph)
    whole, cut = (torch.load(tmp_path / out / "weights.pt", weights_only=True) for out in ("whole", "cut"))
    assert whole.keys() == cut.keys()
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert not (tmp_path / "cut" / NAME).exists()


def kill_at_first_checkpoint(config: Path, out: Path) -> None:
    theragraph = str(Path(sys.executable).parent / "theragraph")
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads()), "NO_COLOR": "1"}
    process = subprocess.Popen(
        [theragraph, "train", "--config", str(config)], env=environment, stderr=subprocess.DEVNULL
    )
    ends = time.monotonic() + 120
    while not (out / NAME).is_file() and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert (out / NAME).is_file()
    assert not (out / "weights.pt").exists(), "the process was killed too late to have been training"
