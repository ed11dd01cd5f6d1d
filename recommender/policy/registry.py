"""Every version of the policy, which one serves, which one only watches, and the way back."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from kg.errors import InputError, ModelError, ResourceError
from recommender.policy.arrays import rank_rows
from recommender.policy.episodes import Episodes, read_episodes
from recommender.policy.evaluate import check_fit
from recommender.policy.ope import Evaluation, evaluate_offline
from recommender.policy.state import build_states
from recommender.policy.train import PolicyInfo, load_info, load_policy

RECORDED: Final = "recorded"
_STATE: Final = "state.json"
_VERSIONS: Final = "versions"


@dataclass(frozen=True, slots=True)
class RegistryState:
    """Which version serves and which one is in shadow, "" for none; `history` holds what served before."""

    promoted: str = ""
    shadow: str = ""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of a wish to promote: the evidence on both sides, and why not."""

    version: str
    promoted: bool
    reason: str
    value: float | None = None
    interval: tuple[float, float] | None = None
    base_value: float | None = None


def read_state(registry: Path) -> RegistryState:
    """The state of a registry; a folder without one has promoted nothing."""
    path = registry / _STATE
    if not path.is_file():
        return RegistryState()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return RegistryState(stored["promoted"], stored["shadow"], tuple(stored["history"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f'"{path}" is damaged ({error}); restore it or name another registry.') from error


def find_version(registry: Path, version: str) -> Path:
    """The folder of a version; InputError when the registry does not hold it."""
    folder = registry / _VERSIONS / version
    if not version or not folder.is_dir():
        raise InputError(f'The registry "{registry}" holds no policy "{version}"; register one with `policy promote`.')
    return folder


def shadow_policy(policy_dir: Path, registry: Path) -> PolicyInfo:
    """Keep the policy as a version and let it watch: it is asked, its answer is logged, nothing changes."""
    info = load_info(policy_dir)
    kept = registry / _VERSIONS / info.version
    try:
        if not kept.is_dir():
            whole = kept.with_suffix(".new")  # a copy that was broken off must not look like a version
            shutil.rmtree(whole, ignore_errors=True)
            shutil.copytree(policy_dir, whole)
            whole.rename(kept)
        _write_state(registry, replace(read_state(registry), shadow=info.version))
    except OSError as error:
        raise ResourceError(f'The registry "{registry}" cannot be written ({error}); name another.') from error
    return info


def promote_policy(policy_dir: Path, registry: Path, episodes_path: Path, *, for_demo: bool = False) -> Promotion:
    """Promote when the lower bound of the policy's value beats the base ranking's; else leave it in shadow.

    `episodes_path` must be a log that the policy did not learn from. Policies of simulated or demo evidence are
    promoted only `for_demo`.
    """
    info = shadow_policy(policy_dir, registry)
    policy, _ = load_policy(policy_dir)
    episodes = read_episodes(episodes_path)
    check_fit(episodes, info)
    states = build_states(episodes, info.num_actions)
    found = evaluate_offline(episodes, states, policy.decide(states).action)
    base = base_value(episodes)
    reason = find_objection(found, base, info, for_demo=for_demo)
    if not reason:
        state = read_state(registry)
        earlier = state.promoted not in ("", info.version)
        history = (*state.history, state.promoted) if earlier else state.history
        _write_state(registry, RegistryState(info.version, "", history))
    best = found.best
    return Promotion(info.version, not reason, reason, best.value, (best.low, best.high), base)


def base_value(episodes: Episodes) -> float:
    """The value of the base ranking's first option, or of the behaviour policy where no base ranking is logged."""
    if episodes.base is None:
        return float(episodes.returns().mean())
    states = build_states(episodes, episodes.num_actions)
    first = np.argmin(rank_rows(episodes.base, states.mask), axis=1)
    return evaluate_offline(episodes, states, first).best.value


def find_objection(found: Evaluation, base: float, info: PolicyInfo, *, for_demo: bool = False) -> str:
    """Why the policy stays in shadow, or an empty string."""
    if found.refused:
        return found.reason
    if found.best.low <= base:
        return f"the lower bound {found.best.low:.4g} of its value does not beat the base ranking's {base:.4g}"
    if info.config.evidence != RECORDED and not for_demo:
        return f"it rests on {info.config.evidence} evidence, which stays in shadow"
    return ""


def rollback_policy(registry: Path) -> RegistryState:
    """Take the promoted policy back: the one before it serves again, or the base ranking alone."""
    state = read_state(registry)
    if not state.promoted:
        raise InputError(f'The registry "{registry}" has promoted nothing; there is nothing to roll back.')
    before = RegistryState(state.history[-1] if state.history else "", state.promoted, state.history[:-1])
    _write_state(registry, before)
    return before


def _write_state(registry: Path, state: RegistryState) -> None:
    """Replace the state file in one move, so that a reader sees the old or the new one."""
    registry.mkdir(parents=True, exist_ok=True)
    fresh = registry / f"{_STATE}.new"
    fresh.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    os.replace(fresh, registry / _STATE)
