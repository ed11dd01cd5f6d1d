"""Two processes under torchrun, over Gloo, end with the weights of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gnn.embedding.distributed import World
from gnn.run import train_run
from gnn.settings import read_settings
from gnn.triples import Triples
from tests.gnn.toy import toy_rows

RUN = """\
relation: treats
out: {out}
model: complex
triples: [g.tsv]
device: cpu
settings: {{dim: 8, epochs: 3, batch_size: 64, share: 8, num_negatives: 8, evaluate_every: 1}}
"""


def no_graph() -> Triples:
    raise AssertionError("the graph store is not asked where files are given")


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text("".join("\t".join(row) + "\n" for row in toy_rows()), encoding="utf-8")
    for out in ("one", "two"):
        (tmp_path / f"{out}.yaml").write_text(RUN.format(out=out), encoding="utf-8")
    train_run(read_settings(tmp_path / "one.yaml"), no_graph)
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--no-python"]
    theragraph = str(Path(sys.executable).parent / "theragraph")
    command = [theragraph, "train", "--config", str(tmp_path / "two.yaml"), "--json"]
    done = subprocess.run([*launch, *command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"run"') == 1
    one, two = (torch.load(tmp_path / out / "weights.pt", weights_only=True) for out in ("one", "two"))
    for name in one:
        assert torch.allclose(one[name], two[name], atol=1e-4), name


@pytest.mark.parametrize("num", [0, 1, 5])
def test_every_row_is_some_process_share(num: int) -> None:
    shares = [World(rank, 3).share_of(num) for rank in range(3)]
    assert [row for share in shares for row in range(num)[share]] == list(range(num))


def test_one_process_exchanges_nothing() -> None:
    ids, rows = torch.tensor([1, 3]), torch.ones(2, 4)
    assert World().exchange(ids, rows) == (ids, rows)
