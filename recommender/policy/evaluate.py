"""Evaluation of a policy folder: offline on an episode file, or online in any Gymnasium environment."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import gymnasium
import numpy as np

from kg.errors import InputError
from recommender.policy.arrays import Bools, Floats
from recommender.policy.episodes import Episodes, read_episodes
from recommender.policy.ope import Estimate, Evaluation, evaluate_offline, mean_estimate
from recommender.policy.policy import Policy
from recommender.policy.state import History, States, build_states
from recommender.policy.train import PolicyInfo, load_policy

DEFAULT_EPISODES: Final = 1000
MAX_STEPS: Final = 10_000
_RESAMPLES: Final = 500

Progress = Callable[[str, int, int | None], None]


def no_progress(label: str, done: int, total: int | None) -> None:
    """Report nothing."""


def evaluate_policy(
    policy_dir: Path,
    episodes_or_env: Path | str | gymnasium.Env[Any, Any],
    num_episodes: int = DEFAULT_EPISODES,
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Return the answer of `policy evaluate` for an episode file (a Path), or `MODULE:CLASS` or an environment.

    InputError when the data does not fit the policy or the environment cannot be made.
    """
    policy, info = load_policy(policy_dir)
    if isinstance(episodes_or_env, Path):
        return evaluate_file(policy, info, episodes_or_env, seed).to_json()
    env = make_env(episodes_or_env) if isinstance(episodes_or_env, str) else episodes_or_env
    return evaluate_online(policy, info, env, num_episodes, seed, progress).to_json()


def evaluate_file(policy: Policy, info: PolicyInfo, path: Path, seed: int = 0) -> Evaluation:
    """Evaluate offline; that the file is the one the policy learnt from is said, not hidden."""
    episodes = read_episodes(path)
    check_fit(episodes, info)
    states = build_states(episodes, info.num_actions)
    found = evaluate_offline(episodes, states, policy.decide(states).action, seed)
    if hashlib.sha256(path.read_bytes()).hexdigest() != info.data_sha256 or found.refused:
        return found
    note = "the policy learnt from these very episodes, so the value flatters it; evaluate on others"
    return replace(found, reason=note)


def check_fit(episodes: Episodes, info: PolicyInfo) -> None:
    """InputError when observations or the base ranking are not those the policy was trained with."""
    width = int(episodes.observation.shape[1])
    if width != info.observation_size:
        raise InputError(f"The observations have {width} values and the policy was trained on {info.observation_size}.")
    if episodes.options is not None and not info.has_base and episodes.num_actions != info.num_actions:
        raise InputError(
            f"The episodes describe {episodes.num_actions} actions a step and the policy was trained on "
            f"{info.num_actions}; without a base ranking the number must be the same."
        )
    if (episodes.base is not None) != info.has_base:
        need = "needs" if info.has_base else "was trained without"
        raise InputError(f"The policy {need} the column base_scores; give episodes of the layout it was trained on.")


def make_env(name: str) -> gymnasium.Env[Any, Any]:
    """Make the environment `MODULE:CLASS` without arguments; InputError when that fails."""
    module, separator, attribute = name.partition(":")
    if not separator or not attribute:
        raise InputError(f'"{name}" does not name an environment; write MODULE:CLASS.')
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # a module beside the user is found, as with `python -m`
    try:
        made = getattr(import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f'The environment "{name}" cannot be made ({error}); give an importable MODULE:CLASS.'
        ) from error
    if not isinstance(getattr(made, "action_space", None), gymnasium.spaces.Discrete):
        raise InputError(f'"{name}" has no discrete actions; give an environment with a Discrete action space.')
    return made  # type: ignore[no-any-return]


def evaluate_online(
    policy: Policy,
    info: PolicyInfo,
    env: gymnasium.Env[Any, Any],
    num_episodes: int = DEFAULT_EPISODES,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Evaluation:
    """Run the policy in the environment; the value is the mean return with its interval."""
    if num_episodes < 2:
        raise InputError(f"{num_episodes} episodes are too few for an interval; ask for 2 or more.")
    returns = np.empty(num_episodes)
    for i in range(num_episodes):
        returns[i] = run_episode(policy, info, env, seed if i == 0 else None)
        progress("episodes", i + 1, num_episodes)
    resamples = np.random.default_rng([seed, 5]).integers(0, num_episodes, (_RESAMPLES, num_episodes))
    estimate: Estimate = mean_estimate("online", returns, resamples)
    return Evaluation((estimate,), "online", float(num_episodes), num_episodes)


def run_episode(policy: Policy, info: PolicyInfo, env: gymnasium.Env[Any, Any], seed: int | None = None) -> float:
    """One episode from reset to its end, at most 10,000 steps; return its return."""
    observation, extra = env.reset(seed=seed)
    num_actions = max(info.num_actions, int(getattr(env.action_space, "n", 0)))
    first, history, total = int(getattr(env.action_space, "start", 0)), History(1, num_actions), 0.0
    for _ in range(MAX_STEPS):
        action = policy.decide(_to_states(observation, extra, history, env, info)).action
        observation, reward, terminated, truncated, extra = env.step(np.int64(int(action[0]) + first))
        history.act(action, np.array([float(reward)]))
        total += float(reward)
        if terminated or truncated:
            break
    return total


def _to_states(
    observation: Any, extra: dict[str, Any], history: History, env: gymnasium.Env[Any, Any], info: PolicyInfo
) -> States:
    flat = flatten_observation(env.observation_space, observation, info.observation_size)
    if flat.shape[1] != info.observation_size:
        raise InputError(
            f"The environment's observations have {flat.shape[1]} values and the policy was trained on "
            f"{info.observation_size}; train it on episodes of this environment."
        )
    return history.observe(flat, _to_mask(extra, env, history.num_actions), _to_base(extra, info))


def flatten_observation(space: gymnasium.Space[Any], observation: Any, width: int) -> Floats:
    """An observation as one row [1, D]; a discrete one stays its number where the policy was trained on one value."""
    is_number = isinstance(space, gymnasium.spaces.Discrete) and width == 1
    flat = observation if is_number else gymnasium.spaces.flatten(space, observation)
    return np.asarray(flat, dtype=np.float64).reshape(1, -1)


def _to_mask(extra: dict[str, Any], env: gymnasium.Env[Any, Any], num_actions: int) -> Bools:
    """What the environment allows; actions that it does not have are never allowed."""
    known = np.zeros((1, num_actions), dtype=bool)
    given = np.asarray(extra.get("action_mask", np.ones(int(getattr(env.action_space, "n", 0)))), dtype=bool)
    known[0, : given.size] = given[:num_actions]
    return known


def _to_base(extra: dict[str, Any], info: PolicyInfo) -> Floats | None:
    if not info.has_base:
        return None
    if "base_scores" not in extra:
        raise InputError('The policy needs the base ranking; the environment must give info["base_scores"].')
    return np.asarray(extra["base_scores"], dtype=np.float64).reshape(1, -1)
