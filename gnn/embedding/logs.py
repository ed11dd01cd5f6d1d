"""What a run tells while it goes on: TensorBoard's event files in `logs/`, where TensorBoard is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from gnn.embedding.fit import EpochReport

Tell = Callable[[EpochReport], None]


@contextmanager
def told_to_tensorboard(out: Path, *, told: bool = True) -> Iterator[Tell]:
    """Yield what logs each epoch's loss, speed and dev MRR; nothing without TensorBoard, or unless `told`."""
    if not told or find_spec("tensorboard") is None:
        yield lambda report: None
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(out / "logs")) as writer:

        def tell(report: EpochReport) -> None:
            values = {"train/loss": report.loss, "train/edges_per_s": report.num_edges / max(report.seconds, 1e-9)}
            if report.dev_mrr is not None:
                values["dev/mrr"] = report.dev_mrr
            for name, value in values.items():
                writer.add_scalar(name, value, report.epoch)

        yield tell
