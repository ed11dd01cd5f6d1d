"""The sequential learner: double DQN (van Hasselt 2016), made conservative offline by CQL (Kumar 2020).

What an action earns at once the contextual ensemble says better than a network can; the networks learn what follows
it, which is the best that the policy may do next inside its trust region. Each member is kept from a part of the
episodes, and on these it is asked how far what it says of the actions' differences is true: that share of it counts.
The members are trained side by side in batched matrix products: at this size that is some ten times faster on a CPU
than one library call per member and step. Actions are told apart by number.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from kg.errors import ModelError
from recommender.policy.arrays import Bools, Floats
from recommender.policy.contextual import ContextualConfig, ContextualValues
from recommender.policy.learner import ActionValues, Batch
from recommender.policy.state import States

_FILE: Final = "networks.pt"
_BLOCKED: Final = -1e9
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class SequentialConfig:
    """`gamma` weighs what follows; `conservatism` is CQL's alpha, 0 for plain double DQN."""

    num_members: int = 5
    gamma: float = 0.9
    conservatism: float = 0.05
    width: int = 64
    dropout: float = 0.1
    num_steps: int = 2000
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    target_every: int = 100

    def create(self, start: ActionValues, trusted: Bools) -> SequentialLearner:
        """The learner of this configuration, for a log of which `start` was learnt and where `trusted` [N, A] is what
        the policy may do at each decision."""
        return SequentialLearner(self, start, trusted)


class Networks(nn.Module):
    """M networks of two hidden layers, as stacked weights."""

    def __init__(self, num_members: int, num_inputs: int, width: int, num_actions: int, dropout: float) -> None:
        super().__init__()
        sizes = ((num_inputs, width), (width, width), (width, num_actions))
        gains = (2.0, 2.0, 0.01)
        self.weights = nn.ParameterList(
            torch.randn(num_members, i, o) * (gain / i) ** 0.5 for (i, o), gain in zip(sizes, gains, strict=True)
        )
        self.biases = nn.ParameterList(torch.zeros(num_members, 1, o) for _, o in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """Values [M, B, A] of inputs [M, B, C]."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            inputs = self.dropout(torch.relu(torch.baddbmm(bias, inputs, weight)))
        values: Tensor = torch.baddbmm(self.biases[-1], inputs, self.weights[-1])
        return values


@dataclass(frozen=True, slots=True, eq=False)
class SequentialValues:
    """The trained networks with the standardisation of their inputs; `unit` is the reward that they count in and
    `share` how much of what they tell actions apart by proved true."""

    config: SequentialConfig
    start: ActionValues
    networks: Networks
    centre: Tensor
    scale: Tensor
    unit: float
    share: float = 0.0

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]."""
        at_once = _find_start(self.start, states, self.config.num_members, self.unit)
        inputs = (_inputs(states, at_once) - self.centre) / self.scale
        with torch.no_grad():
            level, apart = _part(self.networks(inputs.expand(self.config.num_members, *inputs.shape)))
        return self.unit * np.asarray((at_once + level + self.share * apart).numpy(), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write weights and standardisation, and what they start from."""
        self.start.save(folder)
        stored = {"networks": self.networks.state_dict(), "centre": self.centre, "scale": self.scale}
        stored |= {"unit": self.unit, "share": self.share}
        torch.save(stored | {"config": asdict(self.config)}, folder / _FILE)

    @classmethod
    def load(cls, folder: Path, config: SequentialConfig, contextual: ContextualConfig) -> SequentialValues:
        """Read what `save` wrote; ModelError when it is missing."""
        start = ContextualValues.load(folder, contextual)
        if not (folder / _FILE).is_file():
            raise ModelError(f'The policy folder "{folder}" has no {_FILE}; train it again.')
        stored = torch.load(folder / _FILE, weights_only=True)
        num_actions = stored["networks"]["biases.2"].shape[2]
        networks = Networks(config.num_members, stored["centre"].numel(), config.width, num_actions, config.dropout)
        networks.load_state_dict(stored["networks"])
        return cls(config, start, networks.eval(), stored["centre"], stored["scale"], stored["unit"], stored["share"])


@dataclass(frozen=True, slots=True)
class SequentialLearner:
    """Fits the networks."""

    config: SequentialConfig
    start: ActionValues
    trusted: Bools

    def fit(self, batch: Batch, seed: int) -> SequentialValues:
        """Return the networks; the same seed and batch give the same ones."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return self._fit(batch)

    def _fit(self, batch: Batch) -> SequentialValues:
        config, unit = self.config, float(batch.reward.std()) or 1.0
        start = _find_start(self.start, batch.states, config.num_members, unit)
        values = self._begin(_inputs(batch.states, start), batch.states.num_actions, unit)
        target = deepcopy(values.networks).eval()
        optimiser = torch.optim.AdamW(
            values.networks.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.num_steps)
        log = _Log.of(batch, values, start, self.trusted)
        shown = [
            torch.from_numpy(np.flatnonzero(~_is_kept_back(batch, m, config.num_members)))
            for m in range(config.num_members)
        ]
        for step in range(config.num_steps):
            if step % config.target_every == 0:
                target.load_state_dict(values.networks.state_dict())
            drawn = torch.stack([rows[torch.randint(len(rows), (config.batch_size,))] for rows in shown])
            optimiser.zero_grad()
            self._loss(values.networks, target, log, drawn).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        values.networks.eval()
        return replace(values, share=self._find_share(values.networks, log, batch))

    def _begin(self, inputs: Tensor, num_actions: int, unit: float) -> SequentialValues:
        """Networks that say next to nothing yet."""
        config = self.config
        networks = Networks(config.num_members, inputs.shape[1], config.width, num_actions, config.dropout)
        return SequentialValues(config, self.start, networks, inputs.mean(0), inputs.std(0) + _TINY, unit)

    def _find_share(self, networks: Networks, log: _Log, batch: Batch) -> float:
        """The share, 0 to 1, of what the networks tell actions apart by that held-out steps speak for."""
        everything = torch.arange(len(log.inputs)).expand(self.config.num_members, -1)
        with torch.no_grad():
            level, apart = _part(networks(log.inputs[everything]))
            follows = self.config.gamma * self._follow(networks, networks, log, everything)
            said = apart.gather(2, log.actions[everything][..., None])[..., 0].numpy()
            left = (follows - level[..., 0]).numpy()
        kept_back = np.stack([_is_kept_back(batch, m, len(said)) for m in range(len(said))])
        said, left = said[kept_back], left[kept_back]
        said = said - said.mean()
        return float(np.clip(said @ (left - left.mean()) / max(float(said @ said), _TINY), 0.0, 1.0))

    def _loss(self, networks: Networks, target: Networks, log: _Log, drawn: Tensor) -> Tensor:
        goal = self.config.gamma * self._follow(networks, target, log, drawn)
        networks.train()
        following = networks(log.inputs[drawn])
        values, done = following + log.find_start(drawn), log.actions[drawn][..., None]
        loss = ((following.gather(2, done)[..., 0] - goal) ** 2).sum(0).mean()
        excess = torch.logsumexp(values, 2) - values.gather(2, done)[..., 0]
        total: Tensor = loss + self.config.conservatism * excess.sum(0).mean()
        return total

    def _follow(self, networks: Networks, target: Networks, log: _Log, drawn: Tensor) -> Tensor:
        """What follows, by double DQN: the online networks choose the next action, the target networks value it."""
        networks.eval()
        following = log.following[drawn]
        with torch.no_grad():
            inputs, start = log.inputs[following], log.find_start(following)
            allowed = (networks(inputs) + start).masked_fill(~log.trusted[following], _BLOCKED)
            best = allowed.argmax(2, keepdim=True)
            value: Tensor = log.goes_on[drawn] * (target(inputs) + start).gather(2, best)[..., 0]
        return value


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """The batch as tensors; `start` [M, N, A] is what the networks add to, `following` the index of
    the next step of the same episode, or of itself."""

    inputs: Tensor
    start: Tensor
    actions: Tensor
    trusted: Tensor
    following: Tensor
    goes_on: Tensor

    @classmethod
    def of(cls, batch: Batch, values: SequentialValues, start: Tensor, trusted: Bools) -> _Log:
        following = np.arange(batch.action.size) + ~batch.is_last
        return cls(
            (_inputs(batch.states, start) - values.centre) / values.scale,
            start,
            torch.from_numpy(batch.action),
            torch.from_numpy(trusted),
            torch.from_numpy(following),
            torch.from_numpy(~batch.is_last).float(),
        )

    def find_start(self, drawn: Tensor) -> Tensor:
        """What each member starts from at the decisions [M, B] drawn for it [M, B, A]."""
        return self.start[torch.arange(len(self.start))[:, None], drawn]


def _is_kept_back(batch: Batch, member: int, num_members: int) -> Bools:
    """Whether a step's episode is not shown to a member [N]; one alone is shown all."""
    return np.asarray(batch.episode % num_members == member) if num_members > 1 else np.zeros(batch.action.size, bool)


def _part(values: Tensor) -> tuple[Tensor, Tensor]:
    """The mean over the actions [M, N, 1], and what each action differs by [M, N, A]."""
    level = values.mean(dim=2, keepdim=True)
    return level, values - level


def _find_start(start: ActionValues, states: States, num_members: int, unit: float) -> Tensor:
    """What the networks add to [M, N, A], in units: each starts from one member of the ensemble."""
    values = start.predict(states) / unit
    return torch.from_numpy(values[np.arange(num_members) % len(values)]).float()


def _inputs(states: States, start: Tensor) -> Tensor:
    """The patient, each action so far, and what the ensemble expects of each action at once."""
    flat = states.options.reshape(states.size, -1)
    return torch.cat([torch.from_numpy(np.concatenate([states.context, flat], axis=1)).float(), start.mean(0)], dim=1)
