"""Fitted Q evaluation on a chain whose values are sums of what is still to come."""

from __future__ import annotations

import numpy as np

from recommender.policy.episodes import check_rows
from recommender.policy.fqe import fit_values
from recommender.policy.state import build_states

from .logs import row


def test_the_values_of_a_chain() -> None:
    """Three steps, each earns its action: always doing 1 is worth 3, then 2, then 1 from each step on."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(400):
        for step in range(3):
            action = int(rng.integers(2))
            more = {"observation": [float(step)], "reward": float(action), "terminal": step == 2}
            rows.append(row(f"{i:03d}", step, action, **more))
    log = check_rows(rows)
    ones = np.ones(log.action.size, dtype=np.int64)
    found = fit_values(log, build_states(log, 2), ones, np.ones(log.action.size, dtype=bool), 0)
    for step, value in ((0, 3.0), (1, 2.0), (2, 1.0)):
        np.testing.assert_allclose(found.decided[log.step == step].mean(), value, atol=0.1)
        did_nothing = (log.step == step) & (log.action == 0)
        np.testing.assert_allclose(found.logged[did_nothing].mean(), value - 1, atol=0.1)
