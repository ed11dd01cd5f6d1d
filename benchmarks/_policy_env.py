"""The learner in an environment of others: what it earns there, and how often harm comes, beside a plain Q ensemble.

The log is a uniformly random policy's, or a file of some other policy's episodes there, halved: to learn from, and to
judge offline on. The peer is an ensemble of networks with gamma 0 and no conservatism that does what it values most, on
the same states. An environment says of harm in `info["adverse_event"]`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gymnasium
import numpy as np
import torch
from torch import Tensor

from kg.errors import InputError
from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.episodes import Episodes, read_episodes
from recommender.policy.evaluate import flatten_observation, make_env
from recommender.policy.ope import evaluate_offline
from recommender.policy.sequential import Networks
from recommender.policy.state import History, States, build_states
from recommender.policy.train import choose_config, fit_policy

Decide = Callable[[States], Ints]
NUM_BESIDE: Final = 500
NUM_JUDGED: Final = 2000
MAX_STEPS: Final = 100
NUM_PEERS, PEER_STEPS = 5, 2000


def measure_env(name: str, sizes: tuple[int, ...], path: Path | None = None) -> dict[str, str]:
    """Returns and harm by size of log, and whether the doubly robust interval on another log holds the truth."""
    envs = [make_env(name) for _ in range(NUM_BESIDE)]
    num_actions = int(envs[0].action_space.n)  # type: ignore[attr-defined]
    log = read_episodes(path) if path else _log_at_random(envs, 2 * max(sizes), num_actions)
    half = log.num_episodes // 2
    found = {f"log, {path.name if path else 'uniformly random'}": _say(log.returns())}
    for size in sizes:
        if size > half:
            raise InputError(f"The log holds {log.num_episodes} episodes; {2 * size} are needed for --sizes {size}.")
        part, other = log.take(np.arange(size)), log.take(np.arange(size) + half)
        policy = fit_policy(part, 0, choose_config(part))
        judged, harm = treat(envs, NUM_JUDGED, lambda s, p=policy: p.decide(s).action, num_actions)  # type: ignore[misc]
        found[f"{size} episodes, ours"] = f"{_say(judged.returns())}, harm {_say(harm, 4)}"
        states = build_states(other, num_actions)
        offline = evaluate_offline(other, states, policy.decide(states).action)
        best, truth = offline.best, float(judged.returns().mean())
        held = "holds the truth" if best.low <= truth <= best.high else "misses the truth"
        verdict = "refused" if offline.refused else f"{best.low:.1f} to {best.high:.1f}, {held}"
        found[f"{size} episodes, ours, offline"] = (
            f"{verdict}; effective sample size {offline.effective_sample_size:.0f}"
        )
        judged, harm = treat(envs, NUM_JUDGED, _fit_peer(part, num_actions), num_actions)
        found[f"{size} episodes, Q ensemble"] = f"{_say(judged.returns())}, harm {_say(harm, 4)}"
        print({k: v for k, v in found.items() if k.startswith(f"{size} ")}, flush=True)
    return found


def _log_at_random(envs: list[gymnasium.Env[Any, Any]], size: int, num_actions: int) -> Episodes:
    rng = np.random.default_rng(0)
    return treat(envs, size, lambda states: rng.integers(0, num_actions, states.size), num_actions)[0]


def treat(envs: list[gymnasium.Env[Any, Any]], size: int, decide: Decide, num_actions: int) -> tuple[Episodes, Bools]:
    """`size` episodes as a log with uniform propensities, and in which of them harm came [size]."""
    rows: list[tuple[int, int, Floats, int, float, bool]] = []
    harm = np.zeros(size, dtype=bool)
    for start in range(0, size, len(envs)):
        _treat_some(envs[: size - start], start, decide, num_actions, rows, harm)
    rows.sort(key=lambda row: row[:2])
    episode, step, seen, action, reward, done = zip(*rows, strict=True)
    log = Episodes(
        ids=tuple(map(str, range(size))),
        episode=np.array(episode),
        step=np.array(step),
        observation=np.array(seen),
        action=np.array(action),
        reward=np.array(reward),
        propensity=np.full(len(rows), 1.0 / num_actions),
        terminal=np.array(done),
        evidence="simulated",
    )
    return log, harm


def _treat_some(
    envs: list[gymnasium.Env[Any, Any]], start: int, decide: Decide, num_actions: int, rows: list[Any], harm: Bools
) -> None:
    space = envs[0].observation_space
    seen = [env.reset()[0] for env in envs]
    width = gymnasium.spaces.flatdim(space)
    history, is_open = History(len(envs), num_actions), np.ones(len(envs), dtype=bool)
    for step in range(MAX_STEPS):
        flat = np.concatenate([flatten_observation(space, x, width) for x in seen])
        states = history.observe(flat)
        actions, rewards = np.zeros(len(envs), dtype=np.int64), np.zeros(len(envs))
        actions[is_open] = decide(states.take(is_open))
        for i in np.flatnonzero(is_open):
            seen[i], rewards[i], over, cut, info = envs[i].step(np.int64(actions[i]))
            is_open[i] = not (over or cut)
            harm[start + i] |= bool(info.get("adverse_event", False))
            rows.append((start + i, step, flat[i], int(actions[i]), float(rewards[i]), bool(over)))
        history.act(actions, rewards)
        if not is_open.any():
            return


def _fit_peer(log: Episodes, num_actions: int) -> Decide:
    """Five plain networks that regress the reward on state and action, in units of its spread."""
    states = build_states(log, num_actions)
    seen, unit = _flatten(states), float(log.reward.std())
    centre, scale = seen.mean(0), seen.std(0) + 1e-6
    inputs, rewards = (seen - centre) / scale, torch.from_numpy(log.reward / unit).float()
    actions = torch.from_numpy(log.action)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = Networks(NUM_PEERS, inputs.shape[1], 64, num_actions, 0.1)
        optimiser = torch.optim.AdamW(networks.parameters(), lr=2e-3, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, PEER_STEPS)
        for _ in range(PEER_STEPS):
            drawn = torch.randint(len(inputs), (NUM_PEERS, 128))
            said = networks(inputs[drawn]).gather(2, actions[drawn][..., None])[..., 0]
            optimiser.zero_grad()
            ((said - rewards[drawn]) ** 2).sum(0).mean().backward()
            optimiser.step()
            schedule.step()
    networks.eval()

    def decide(asked: States) -> Ints:
        with torch.no_grad():
            values = networks(((_flatten(asked) - centre) / scale).expand(NUM_PEERS, -1, -1))
        return np.asarray(values.mean(0).argmax(1).numpy())

    return decide


def _flatten(states: States) -> Tensor:
    flat = states.options.reshape(states.size, -1)
    return torch.from_numpy(np.concatenate([states.context, flat], axis=1)).float()


def _say(values: Floats | Bools, digits: int = 2) -> str:
    """Mean and half-width of its 95 % interval over episodes."""
    return f"{values.mean():.{digits}f} ± {1.96 * values.std() / values.size**0.5:.{digits}f}"
