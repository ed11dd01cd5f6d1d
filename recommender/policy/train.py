"""From an episode file to a policy folder: policy, configuration, hashes of the data, seed and card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from kg.errors import InputError, ModelError, ResourceError, UnknownNameError
from recommender.policy.arrays import Bools
from recommender.policy.behaviour import Behaviour, fit_behaviour
from recommender.policy.contextual import MAX_WEIGHT, ContextualConfig, ContextualValues
from recommender.policy.episodes import EVIDENCE, Episodes, read_episodes, weakest_evidence
from recommender.policy.latent_fit import LatentConfig
from recommender.policy.learner import ActionValues, Batch
from recommender.policy.linear import LinearConfig
from recommender.policy.policy import Policy, TrustConfig, find_trusted, find_widest
from recommender.policy.sequential import SequentialConfig, SequentialValues
from recommender.policy.skill import measure_skill
from recommender.policy.state import build_states
from recommender.policy.support import MAX_ROWS, Support

LEARNERS: Final = ("contextual", "sequential")
FORMAT: Final = 4
MIN_EPISODES: Final = 20
_CONFIG: Final = "config.json"
_CARD: Final = "card.md"
_BEHAVIOUR: Final = "behaviour.npz"


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that training depends on besides data and seed.

    `evidence` says where the episodes are from: `recorded`, `demo` or `simulated`; only the first may be promoted.
    """

    learner: str = "contextual"
    evidence: str = "recorded"
    contextual: ContextualConfig = field(default_factory=ContextualConfig)
    sequential: SequentialConfig = field(default_factory=SequentialConfig)
    trust: TrustConfig = field(default_factory=TrustConfig)

    def __post_init__(self) -> None:
        """UnknownNameError on a learner or an evidence that does not exist."""
        if self.learner not in LEARNERS:
            raise UnknownNameError("learner", self.learner, LEARNERS)
        if self.evidence not in EVIDENCE:
            raise UnknownNameError("evidence", self.evidence, EVIDENCE)


@dataclass(frozen=True, slots=True)
class PolicyInfo:
    """What the folder says of itself; `version` is a hash of configuration, seed and data."""

    version: str
    config: TrainConfig
    seed: int
    num_actions: int
    observation_size: int
    has_base: bool
    num_episodes: int
    num_steps: int
    mean_return: float
    reward_scale: float
    skill: float
    widest: float | None
    data_sha256: str


def train_policy(
    episodes_path: Path, out: Path, seed: int = 0, config: TrainConfig | None = None, *, learner: str = LEARNERS[0]
) -> PolicyInfo:
    """Learn a policy from an episode file and write its folder; without a configuration the learner's default.

    InputError when there are fewer than 20 episodes; ResourceError when the folder cannot be written.
    """
    episodes = read_episodes(episodes_path)
    settings = _settle(config or choose_config(episodes, learner), episodes)
    policy = fit_policy(episodes, seed, settings)
    info = _describe(episodes, policy, seed, settings, hashlib.sha256(episodes_path.read_bytes()).hexdigest())
    try:
        save_policy(policy, info, out)
    except OSError as error:
        raise ResourceError(f'The policy folder "{out}" cannot be written ({error}); give another one.') from error
    return info


def choose_config(episodes: Episodes, learner: str = LEARNERS[0]) -> TrainConfig:
    """The default for a log: actions are told apart by number unless it describes them."""
    return TrainConfig(learner, contextual=ContextualConfig(by_index=episodes.options is None))


def fit_policy(episodes: Episodes, seed: int, config: TrainConfig) -> Policy:
    """Learn a policy from episodes, in memory."""
    if episodes.num_episodes < MIN_EPISODES:
        raise InputError(f"{episodes.num_episodes} episodes are too few to learn from; give {MIN_EPISODES} or more.")
    states = build_states(episodes, episodes.num_actions)
    check_learner(episodes, config)
    behaviour = fit_behaviour(states, episodes.action, seed)
    estimated = behaviour.propensities(states)[np.arange(episodes.action.size), episodes.action]
    propensity = np.where(np.isnan(episodes.propensity), np.maximum(estimated, 1e-3), episodes.propensity)
    batch = Batch(states, episodes.episode, episodes.action, episodes.reward, propensity, episodes.is_last)
    skill = measure_skill(batch, seed, config.contextual)
    at_once = replace(config.contextual.create().fit(batch, seed), blend=skill.blend, level=skill.level)
    values, share = (
        (at_once, skill.share)
        if config.learner == "contextual"
        else _look_ahead(batch, at_once, find_trusted(states, config.trust, behaviour), skill.share, seed, config)
    )
    policy = Policy(values, behaviour, config.trust, float(episodes.reward.std()), share)
    part = batch.take(np.random.default_rng([seed, 17]).permutation(batch.action.size)[:MAX_ROWS])
    return replace(policy, widest=find_widest(policy, part.states), support=_find_support(policy, part))


def _look_ahead(
    batch: Batch, at_once: ContextualValues, trusted: Bools, share: float, seed: int, config: TrainConfig
) -> tuple[ActionValues, float]:
    """The sequential learner's values, and its skill: that of the returns where rewards at once cannot be predicted."""
    values = config.sequential.create(at_once, trusted).fit(batch, seed)
    if share > 0:
        return values, share
    return values, measure_skill(batch.to_returns(config.sequential.gamma), seed, config.contextual).share


def _find_support(policy: Policy, batch: Batch) -> Support | None:
    """What moves will rest on; the sequential learner has no trees to say it."""
    if not isinstance(policy.values, ContextualValues):
        return None
    weight = np.minimum(1.0 / batch.propensity, MAX_WEIGHT)
    return Support(policy.values.find_leaves(batch.states, batch.action), weight, batch.episode)


def check_learner(episodes: Episodes, config: TrainConfig) -> None:
    """InputError when actions are told apart by number although the episodes describe them, or the reverse."""
    if (episodes.options is not None) == (config.learner == "sequential" or config.contextual.by_index):
        raise InputError(
            "Episodes that describe their actions (column options) need the contextual learner with by_index off; "
            "others need by_index on."
        )


def save_policy(policy: Policy, info: PolicyInfo, folder: Path) -> None:
    """Write the folder; an older policy in it is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("member*_stage*.txt"), *folder.glob("*.np[yz]")):
        old.unlink()
    policy.values.save(folder)
    policy.behaviour.save(folder / _BEHAVIOUR)
    if policy.support is not None:
        policy.support.save(folder)
    (folder / _CARD).write_text(write_card(info), encoding="utf-8")
    (folder / _CONFIG).write_text(json.dumps({"format": FORMAT} | asdict(info), indent=2), encoding="utf-8")


def load_policy(folder: Path) -> tuple[Policy, PolicyInfo]:
    """Read a policy folder; ModelError when it is missing, damaged or of another format."""
    info = load_info(folder)
    try:
        behaviour = Behaviour.load(folder / _BEHAVIOUR)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(f'The policy folder "{folder}" is damaged ({error}); train it again.') from error
    values = _load_values(folder, info.config)
    support = Support.load(folder) if isinstance(values, ContextualValues) else None
    widest = float("inf") if info.widest is None else info.widest
    return Policy(values, behaviour, info.config.trust, info.reward_scale, info.skill, widest, support), info


def load_info(folder: Path) -> PolicyInfo:
    """Read what a policy folder says of itself; ModelError as `load_policy`."""
    try:
        stored = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        if stored.pop("format") != FORMAT:
            raise ModelError(f'The policy folder "{folder}" has another format than {FORMAT}; train it again.')
        return PolicyInfo(**stored | {"config": _to_config(stored["config"])})
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f'"{folder}" is no policy folder ({error}); make one with `policy train`.') from error


def write_card(info: PolicyInfo) -> str:
    """The model card in Markdown."""
    return "\n".join(
        (
            f"# Ranking policy {info.version}",
            "",
            f"Learnt by the {info.config.learner} learner from {info.num_episodes} episodes, {info.num_steps} steps.",
            f"Evidence: {info.config.evidence}; seed {info.seed}; data sha256 {info.data_sha256}.",
            f"The log's own mean return is {info.mean_return:.4g}; of the rewards' variance on held-out episodes",
            f"{max(info.skill, 0):.1%} could be predicted.",
            *(() if info.skill > 0 else ("Nothing was learnt: the policy keeps to the base ranking.",)),
            "",
            "It may reorder options that passed the safety gate within its trust region, and nothing else. It is not",
            "for care. Confounding that the observations do not show cannot be corrected by any offline method.",
            *(() if info.config.evidence == "recorded" else ("", "It rests on no real outcomes: it stays in shadow.")),
            "",
        )
    )


def _settle(config: TrainConfig, episodes: Episodes) -> TrainConfig:
    """What the log says of its evidence counts, whatever the configuration claims."""
    return replace(config, evidence=weakest_evidence((config.evidence, episodes.evidence)))


def _load_values(folder: Path, config: TrainConfig) -> ActionValues:
    if config.learner == "contextual":
        return ContextualValues.load(folder, config.contextual)
    return SequentialValues.load(folder, config.sequential, config.contextual)


def _to_config(stored: dict[str, Any]) -> TrainConfig:
    return TrainConfig(
        learner=stored["learner"],
        evidence=stored["evidence"],
        contextual=ContextualConfig(
            **stored["contextual"]
            | {
                "linear": LinearConfig(**stored["contextual"]["linear"]),
                "latent": LatentConfig(**stored["contextual"]["latent"]),
            }
        ),
        sequential=SequentialConfig(**stored["sequential"]),
        trust=TrustConfig(**stored["trust"]),
    )


def _describe(episodes: Episodes, policy: Policy, seed: int, config: TrainConfig, data: str) -> PolicyInfo:
    identity = json.dumps([asdict(config), seed, data], sort_keys=True)
    return PolicyInfo(
        version=hashlib.sha256(identity.encode()).hexdigest()[:12],
        config=config,
        seed=seed,
        num_actions=episodes.num_actions,
        observation_size=int(episodes.observation.shape[1]),
        has_base=episodes.base is not None,
        num_episodes=episodes.num_episodes,
        num_steps=int(episodes.action.size),
        mean_return=float(episodes.returns().mean()),
        reward_scale=policy.reward_scale,
        skill=policy.skill,
        widest=policy.widest if np.isfinite(policy.widest) else None,
        data_sha256=data,
    )
