"""The sequential learner: double DQN (van Hasselt 2016), made conservative offline by CQL (Kumar 2020).

An ensemble of small networks is trained at once, its members side by side in batched matrix products: at this size
that is some ten times faster on a CPU than one library call per member and step. Actions are told apart by number.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from kg.errors import ModelError
from recommender.policy.arrays import Floats
from recommender.policy.learner import Batch
from recommender.policy.state import States

_FILE: Final = "networks.pt"
_BLOCKED: Final = -1e9


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

    def create(self) -> SequentialLearner:
        """The learner of this configuration."""
        return SequentialLearner(self)


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
    """The trained networks with the standardisation of their inputs."""

    config: SequentialConfig
    networks: Networks
    centre: Tensor
    scale: Tensor

    def predict(self, states: States) -> Floats:
        """The value of each action by each member [M, N, A]."""
        inputs = (_inputs(states) - self.centre) / self.scale
        with torch.no_grad():
            values = self.networks(inputs.expand(self.config.num_members, *inputs.shape))
        return np.asarray(values.numpy(), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write weights and standardisation."""
        stored = {"networks": self.networks.state_dict(), "centre": self.centre, "scale": self.scale}
        torch.save(stored | {"config": asdict(self.config)}, folder / _FILE)

    @classmethod
    def load(cls, folder: Path, config: SequentialConfig) -> SequentialValues:
        """Read what `save` wrote; ModelError when it is missing."""
        if not (folder / _FILE).is_file():
            raise ModelError(f'The policy folder "{folder}" has no {_FILE}; train it again.')
        stored = torch.load(folder / _FILE, weights_only=True)
        num_actions = stored["networks"]["biases.2"].shape[2]
        networks = Networks(config.num_members, stored["centre"].numel(), config.width, num_actions, config.dropout)
        networks.load_state_dict(stored["networks"])
        return cls(config, networks.eval(), stored["centre"], stored["scale"])


@dataclass(frozen=True, slots=True)
class SequentialLearner:
    """Fits the networks."""

    config: SequentialConfig

    def fit(self, batch: Batch, seed: int) -> SequentialValues:
        """Return the networks; the same seed and batch give the same ones."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return self._fit(batch)

    def _fit(self, batch: Batch) -> SequentialValues:
        config = self.config
        inputs = _inputs(batch.states)
        values = self._start(batch, inputs)
        target = self._start(batch, inputs).networks.eval()
        optimiser = torch.optim.AdamW(
            values.networks.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.num_steps)
        log = _Log.of(batch, (inputs - values.centre) / values.scale)
        for step in range(config.num_steps):
            if step % config.target_every == 0:
                target.load_state_dict(values.networks.state_dict())
            drawn = torch.randint(len(log.inputs), (config.num_members, config.batch_size))
            optimiser.zero_grad()
            self._loss(values.networks, target, log, drawn).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        values.networks.eval()
        return values

    def _start(self, batch: Batch, inputs: Tensor) -> SequentialValues:
        config = self.config
        networks = Networks(config.num_members, inputs.shape[1], config.width, batch.states.num_actions, config.dropout)
        return SequentialValues(config, networks, inputs.mean(0), inputs.std(0) + 1e-6)

    def _loss(self, networks: Networks, target: Networks, log: _Log, drawn: Tensor) -> Tensor:
        goal = log.rewards[drawn] + self.config.gamma * self._follow(networks, target, log, drawn)
        networks.train()
        values = networks(log.inputs[drawn])
        chosen = values.gather(2, log.actions[drawn][..., None])[..., 0]
        loss = ((chosen - goal) ** 2).sum(0).mean()
        excess = torch.logsumexp(values, 2) - chosen
        total: Tensor = loss + self.config.conservatism * excess.sum(0).mean()
        return total

    def _follow(self, networks: Networks, target: Networks, log: _Log, drawn: Tensor) -> Tensor:
        """Double DQN: the online networks choose the next action, the target networks value it."""
        networks.eval()
        following = log.following[drawn]
        with torch.no_grad():
            allowed = networks(log.inputs[following]).masked_fill(~log.masks[following], _BLOCKED)
            best = allowed.argmax(2, keepdim=True)
            value: Tensor = log.goes_on[drawn] * target(log.inputs[following]).gather(2, best)[..., 0]
        return value


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """The batch as tensors; `following` is the index of the next step of the same episode, or of itself."""

    inputs: Tensor
    actions: Tensor
    rewards: Tensor
    masks: Tensor
    following: Tensor
    goes_on: Tensor

    @classmethod
    def of(cls, batch: Batch, inputs: Tensor) -> _Log:
        following = np.arange(batch.action.size) + ~batch.is_last
        return cls(
            inputs,
            torch.from_numpy(batch.action),
            torch.from_numpy(batch.reward).float(),
            torch.from_numpy(batch.states.mask),
            torch.from_numpy(following),
            torch.from_numpy(~batch.is_last).float(),
        )


def _inputs(states: States) -> Tensor:
    flat = states.options.reshape(states.size, -1)
    return torch.from_numpy(np.concatenate([states.context, flat], axis=1)).float()
