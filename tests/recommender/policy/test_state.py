"""The state: history in numbers, missing values flagged, the log and the running history agreeing."""

from __future__ import annotations

import numpy as np

from recommender.policy.episodes import check_rows
from recommender.policy.state import History, build_states
from recommender.policy.trail import NOTHING

from .logs import clinic_log, row


def test_the_state_by_hand() -> None:
    log = check_rows(
        [
            row("a", 0, 1, observation=[2.0, None], reward=-1.0),
            row("a", 1, 0, observation=[4.0, 6.0], reward=3.0),
            row("b", 0, 0, observation=[1.0, 1.0]),
        ]
    )
    states = build_states(log, 2)
    # today (2), mean so far (2), missing (2), last reward, step, tried (2)
    assert states.context[0].tolist() == [2, 0, 2, 0, 0, 1, 0, 0, 0, 0]
    assert states.context[1].tolist() == [4, 6, 3, 6, 0, 0, -1, 1, 0, 1]
    assert states.context[2].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert states.options[1].tolist() == [[0, 0], [1, -1]]


def test_log_and_running_history_agree() -> None:
    episodes = clinic_log().episodes
    whole = build_states(episodes, 6)
    rows = np.flatnonzero(episodes.episode == 3)
    history = History(1, 6)
    assert episodes.mask is not None
    assert episodes.base is not None
    for i in rows:
        state = history.observe(episodes.observation[[i]], episodes.mask[[i]], episodes.base[[i]])
        np.testing.assert_allclose(state.context[0], whole.context[i])
        np.testing.assert_allclose(state.options[0], whole.options[i])
        history.act(episodes.action[[i]], episodes.reward[[i]])


def test_actions_beyond_mask_and_base_ranking_are_blocked() -> None:
    rows = [row(f"{i}", action=i, action_mask=[True, i == 0], base_scores=[2.0, 1.0]) for i in range(1)]
    states = build_states(check_rows(rows), 3)
    assert states.mask.tolist() == [[True, True, False]]
    assert states.base is not None
    assert states.base.tolist() == [[2.0, 1.0, 1.0]]


def test_who_does_not_know_an_action_does_not_see_it() -> None:
    log = check_rows([row("a", 0, 2, reward=5.0), row("a", 1, 0)])
    seen = build_states(log, 3).narrow(2)
    assert seen.num_actions == 2
    assert seen.context[1].tolist() == [0, 1, 0, 1, 0, 0, 5, 1, 0, 0]
    assert seen.trail is not None
    assert seen.trail.action[1].tolist() == [NOTHING, NOTHING]
