"""The backing of a move, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kg.errors import ModelError
from recommender.policy.support import Support

LOG = Support(np.array([[0, 0], [0, 1], [1, 1], [0, 0]]), np.array([1.0, 2.0, 1.0, 3.0]), np.array([0, 1, 2, 0]))


def test_backing_by_hand() -> None:
    """Like [0, 0] are rows 0, 1 (by half) and 3, with weights 1, 1 and 3: (1 + 1 + 3)^2 / (1 + 1 + 9) = 25 / 11."""
    found = LOG.find(np.array([0, 0]))
    assert found.num_episodes == 2
    assert found.effective_size == pytest.approx(25 / 11)
    nothing = LOG.find(np.array([7, 7]))
    assert (nothing.num_episodes, nothing.effective_size) == (0, 0.0)


def test_round_trip(tmp_path: Path) -> None:
    LOG.save(tmp_path)
    assert Support.load(tmp_path).find(np.array([0, 0])) == LOG.find(np.array([0, 0]))
    with pytest.raises(ModelError, match="train it again"):
        Support.load(tmp_path / "absent")
