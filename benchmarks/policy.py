"""The ranking policy's numbers: `python -m benchmarks.policy [SECTION …] [--seeds 10] [--json FILE]`.

Sections: `learning` (share of the gap from base ranking to oracle, beside imitation and random rewards), `ablations`,
`modalities` (leave one out), `ope` (coverage and refusals), `safety` (a million decisions), `speed`; with `--env
MODULE:CLASS` in its place an environment of others (`env`), beside a plain Q ensemble, learnt from a uniformly random
log or from `--episodes FILE`. All simulated, so nothing here says anything about patients. Intervals are Student's at
95 % over the seeds, which count from `--first-seed`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from scipy import stats

from benchmarks._policy_env import measure_env
from benchmarks._policy_modalities import draw, measure_modalities
from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.behaviour import fit_behaviour
from recommender.policy.contextual import ContextualConfig
from recommender.policy.episodes import Episodes
from recommender.policy.latent import need_trail
from recommender.policy.ope import evaluate_offline
from recommender.policy.policy import Policy, TrustConfig
from recommender.policy.simulate import Choose, choose_as_clinician, choose_base, choose_oracle, follow, simulate
from recommender.policy.simulator import Cohort
from recommender.policy.state import States, build_states
from recommender.policy.train import TrainConfig, choose_config, fit_policy
from recommender.policy.world import SimulatorConfig, World, build_world

Result = TypeVar("Result")

NUM_JUDGED: Final = 2000
LOG_SEED, JUDGE_SEED = 7, 99
SIZES: Final = (512, 2048, 5000)
NUM_LOGS: Final = 200
NUM_DECISIONS: Final = 1_000_000


def to_interval(values: list[float]) -> str:
    """Mean and 95 % interval over seeds."""
    mean, size = float(np.mean(values)), len(values)
    half = float(stats.t.ppf(0.975, size - 1) * np.std(values, ddof=1) / size**0.5) if size > 1 else float("nan")
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


class Judge:
    """One world with its base ranking and oracle; `share` places a rule between the two."""

    def __init__(self, seed: int) -> None:
        self.config = SimulatorConfig(seed=seed)
        self.world = build_world(self.config)
        self.base, self.base_harm = self.value(choose_base)
        self.oracle, _ = self.value(choose_oracle)

    def value(self, rule: Choose) -> tuple[float, float]:
        """The true value and the share of patients with a severe adverse event."""
        found = simulate(self.world, self.config, NUM_JUDGED, JUDGE_SEED, rule)
        return found.value, found.num_adverse / NUM_JUDGED

    def share(self, rule: Choose) -> tuple[float, float]:
        """The share of the gap between base ranking and oracle, and the adverse events per patient."""
        value, harm = self.value(rule)
        return (value - self.base) / (self.oracle - self.base), harm

    def log(self, size: int) -> Episodes:
        """A confounded log."""
        return simulate(self.world, self.config, size, LOG_SEED, choose_as_clinician).episodes


def imitate(episodes: Episodes) -> Choose:
    """The rule that does what the log's people most probably did."""
    model = fit_behaviour(build_states(episodes, episodes.num_actions), episodes.action, 0)

    def choose(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
        actions = np.argmax(model.propensities(states), axis=1)
        return actions, np.ones(actions.size)

    return choose


def shuffle_rewards(episodes: Episodes) -> Episodes:
    """The log with its rewards dealt at random."""
    return replace(episodes, reward=np.random.default_rng(0).permutation(episodes.reward))


def hide_columns(policy: Policy, hidden: Bools) -> Choose:
    """The rule that asks a policy trained without some columns of the observation, with these left out."""

    def choose(cohort: Cohort, states: States) -> tuple[Ints, Floats]:
        width = hidden.size
        context = states.context.copy()
        context[:, :width][:, hidden] = context[:, width : 2 * width][:, hidden] = 0.0
        context[:, 2 * width : 3 * width][:, hidden] = 1.0
        trail = need_trail(states)
        blind = replace(trail, seen=np.where(hidden, np.nan, trail.seen))
        return follow(policy)(cohort, replace(states, context=context, trail=blind))

    return choose


def measure_learning(seeds: range, sizes: tuple[int, ...]) -> dict[str, str]:
    """Shares of the gap by size of log, imitation and random rewards; true values and harm."""
    rows: dict[str, list[float]] = {}
    for seed in seeds:
        judge = Judge(seed)
        log = judge.log(max(sizes))
        found = {f"share, {n} episodes": follow(fit_policy(log.take(np.arange(n)), 0, TrainConfig())) for n in sizes}
        found["share, imitation"] = imitate(log)
        found["share, random rewards"] = follow(fit_policy(shuffle_rewards(log), 0, TrainConfig()))
        for name, rule in found.items():
            share, harm = judge.share(rule)
            rows.setdefault(name, []).append(share)
            rows.setdefault(name.replace("share", "adverse events"), []).append(harm)
        for name, value in (("base", judge.base), ("oracle", judge.oracle), ("adverse events, base", judge.base_harm)):
            rows.setdefault(name, []).append(value)
        print(f"seed {seed}: " + ", ".join(f"{k} {v[-1]:.3f}" for k, v in rows.items()), flush=True)
    return {name: to_interval(values) for name, values in rows.items()}


def measure_ablations(seeds: range) -> dict[str, str]:
    """Shares of the gap without one part at a time, at 2,048 episodes."""
    rows: dict[str, list[float]] = {}
    for seed in seeds:
        judge = Judge(seed)
        log = judge.log(2048)
        for name, rule in build_ablations(log, judge.world).items():
            rows.setdefault(name, []).append(judge.share(rule)[0])
        print(f"seed {seed}: " + ", ".join(f"{k} {v[-1]:.3f}" for k, v in rows.items()), flush=True)
    return {name: to_interval(values) for name, values in rows.items()}


def build_ablations(log: Episodes, world: World) -> dict[str, Choose]:
    """The whole policy and its poorer siblings."""
    whole = fit_policy(log, 0, TrainConfig())
    trust = TrustConfig(max_rank=world.num_treatments, doubt=0.0)
    rules: dict[str, Choose] = {
        "whole": follow(whole),
        "without conservatism": follow(replace(whole, trust=trust)),
        "without option features": follow(_fit(log, ContextualConfig(use_options=False))),
        "without double robustness": follow(_fit(log, ContextualConfig(is_doubly_robust=False))),
        "without hidden classes": follow(_fit(log, ContextualConfig(use_classes=False))),
        "random rewards": follow(fit_policy(shuffle_rewards(log), 0, TrainConfig())),
        "sequential (double DQN, CQL)": follow(fit_policy(log, 0, TrainConfig(learner="sequential"))),
    }
    num_symptoms, width = world.symptoms.shape[1], log.observation.shape[1]
    columns = np.arange(width)
    modalities = {
        "symptoms": columns < num_symptoms,
        "severity": columns == num_symptoms,
        "flags": columns > num_symptoms,
    }
    for name, hidden in modalities.items():
        blind = replace(log, observation=np.where(hidden, np.nan, log.observation))
        rules[f"without {name}"] = hide_columns(fit_policy(blind, 0, TrainConfig()), hidden)
    return rules


def _fit(log: Episodes, config: ContextualConfig) -> Policy:
    return fit_policy(log, 0, TrainConfig(contextual=config))


def measure_ope(num_logs: int) -> dict[str, str]:
    """Coverage of the 95 % intervals over logs of 1,000 three-visit episodes, and refusals where overlap is poor."""
    config = SimulatorConfig(seed=3, max_visits=3)
    world = build_world(config)
    truth = simulate(world, config, 40_000, JUDGE_SEED, choose_base).value
    inside: dict[str, list[bool]] = {}
    refused = 0
    for i in range(num_logs):
        log = simulate(world, config, 1000, 1000 + i, choose_as_clinician).episodes
        found = evaluate_offline(log, build_states(log, world.num_treatments), _by_base(log, 1.0), i)
        refused += found.refused
        for estimate in found.estimates:
            inside.setdefault(estimate.method, []).append(estimate.low <= truth <= estimate.high)
    coverage = {f"coverage, {name}": f"{np.mean(hits):.3f} of {len(hits)}" for name, hits in inside.items()}
    return coverage | {"refused, fair overlap": f"{refused} of {num_logs}"} | _measure_refusals()


def _by_base(log: Episodes, sign: float) -> Ints:
    """What the base ranking puts first (sign 1) or last (-1) among what the gate lets pass [N]."""
    states = build_states(log, log.num_actions)
    return np.asarray(np.argmax(np.where(states.mask, sign * np.asarray(states.base), -np.inf), axis=1))


def _measure_refusals() -> dict[str, str]:
    """Eight visits and 300 episodes leave a deterministic policy no overlap worth the name."""
    config = SimulatorConfig(seed=3)
    world, refused = build_world(config), 0
    for i in range(20):
        log = simulate(world, config, 300, 1000 + i, choose_as_clinician).episodes
        states = build_states(log, world.num_treatments)
        refused += evaluate_offline(log, states, _by_base(log, -1.0), i).refused
    return {"refused, poor overlap": f"{refused} of 20"}


def measure_safety(num_decisions: int) -> dict[str, str]:
    """Unsafe actions in so many decisions; mask and trust region bound them, so a small ensemble serves."""
    config = SimulatorConfig(seed=1)
    world = build_world(config)
    log = simulate(world, config, 1000, LOG_SEED, choose_as_clinician).episodes
    policy = _fit(log, ContextualConfig(num_members=2, num_rounds=5, correction_rounds=2))
    decided = unsafe = chunk = 0
    while decided < num_decisions:
        found = simulate(world, config, 20_000, 100 + chunk, follow(policy))
        decided, unsafe, chunk = decided + found.episodes.action.size, unsafe + found.num_unsafe, chunk + 1
    return {"decisions": str(decided), "unsafe": str(unsafe)}


def measure_speed() -> dict[str, str]:
    """Training on 100,000 logged decisions, and scoring a slate of 200 candidates, beside a reference operation.

    Wall time on a busy machine says little, so the processor's own time is printed, too.
    """
    config = SimulatorConfig(seed=1)
    log = simulate(build_world(config), config, 32_000, LOG_SEED, choose_as_clinician).episodes
    log = log.take(np.unique(log.episode[:100_000]))
    found = {
        "reference, 1000 x 1000 matrix product": _time(lambda: np.ones((1000, 1000)) @ np.ones((1000, 1000)), 5)[1]
    }
    _, spent = _time(lambda: fit_policy(log, 0, TrainConfig()), 1)
    found[f"training, contextual, {log.action.size} decisions"] = spent
    print(found, flush=True)
    _, found["training, double DQN + CQL"] = _time(lambda: fit_policy(log, 0, TrainConfig(learner="sequential")), 1)
    found["scoring 200 candidates"] = _time_scoring()
    return found


def _time_scoring() -> str:
    """A slate of 200 described candidates, as plans have them."""
    rng = np.random.default_rng(0)
    described = draw(2_000, rng).log(rng)
    assert described.options is not None
    policy = fit_policy(described, 0, choose_config(described))
    context = build_states(described.take(np.arange(1)), described.num_actions).context
    options = np.concatenate([rng.normal(0, 1, (1, 200, described.options.shape[2])), np.zeros((1, 200, 2))], axis=2)
    slate = States(context, options, np.ones((1, 200), dtype=bool), np.zeros((1, 200)))
    return _time(lambda: policy.values.predict(slate), 50)[1]


def _time(work: Callable[[], Result], repeats: int) -> tuple[Result, str]:
    """What the work returns, and its median time by the clock and by the processor."""
    walls, processors = [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return result, f"{np.median(walls):.4f} s by the clock, {np.median(processors):.4f} s of a processor"


SECTIONS: Final = ("learning", "ablations", "modalities", "ope", "safety", "speed")


def main() -> None:
    """Measure the wished sections and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all without any")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--logs", type=int, default=NUM_LOGS)
    parser.add_argument("--decisions", type=int, default=NUM_DECISIONS)
    parser.add_argument("--env", default="")
    parser.add_argument("--episodes", type=Path, help="with --env: the log to learn from, not a random one")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; take {', '.join(SECTIONS)}")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    measures: dict[str, Callable[[], dict[str, str]]] = {
        "learning": lambda: measure_learning(seeds, tuple(options.sizes)),
        "ablations": lambda: measure_ablations(seeds),
        "modalities": lambda: {k: to_interval(v) for k, v in measure_modalities(seeds).items()},
        "ope": lambda: measure_ope(options.logs),
        "safety": lambda: measure_safety(options.decisions),
        "speed": measure_speed,
        "env": lambda: measure_env(options.env, tuple(options.sizes), options.episodes),
    }
    found: dict[str, Any] = {}
    for section in ["env"] if options.env else options.sections or SECTIONS:
        found[section] = measures[section]()
        print(f"\n| {section} | |\n|---|---|")
        for name, value in found[section].items():
            print(f"| {name} | {value} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
