"""A clinic whose truth is hidden: partially observed patients, confounding by indication, harm, non-response.

Each patient has a hidden condition and may resist one class of drugs, which is hidden, too. Seen are noisy symptoms,
the severity and risk flags. Many patients are treated in step, so that a policy is asked for all of them at once.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from gymnasium import Env, spaces

from recommender.policy.arrays import Bools, Floats, Ints
from recommender.policy.world import NUM_CLASSES, NUM_FLAGS, SimulatorConfig, World, build_world

RESISTANCE_FACTOR: Final = 0.1
FAILED_FACTOR: Final = 0.3
CLASS_FAILED_FACTOR: Final = 0.8
FLAG_SHARE: Final = 0.2
REMISSION_REWARD: Final = 1.0
HARM_REWARD: Final = -1.0


class Cohort:
    """N patients under treatment. Public arrays have N rows; `is_open` [N] says whose episode goes on."""

    def __init__(self, world: World, config: SimulatorConfig, size: int, rng: np.random.Generator) -> None:
        self.world, self.config, self.rng = world, config, rng
        num_conditions, num_treatments = world.effect.shape
        self.condition: Ints = rng.integers(0, num_conditions, size)
        resists = rng.random(size) < config.resistant_share
        self.resists: Ints = np.where(resists, rng.integers(0, NUM_CLASSES, size), -1)
        self.severity: Floats = rng.beta(2, 3, size)
        self.flags: Bools = rng.random((size, NUM_FLAGS)) < FLAG_SHARE
        self.visit = 0
        self.is_open: Bools = np.ones(size, dtype=bool)
        self.adverse: Bools = np.zeros(size, dtype=bool)
        self.remission: Bools = np.zeros(size, dtype=bool)
        self.num_failures: Ints = np.zeros((size, num_treatments), dtype=np.int64)
        self._log_belief: Floats = np.zeros((size, num_conditions, NUM_CLASSES + 1))
        self._log_belief += np.log(_class_prior(config.resistant_share))
        self._see()

    def observe(self) -> Floats:
        """Symptoms, severity and flags [N, S + 1 + F]."""
        return np.concatenate([self._symptoms, self.severity[:, None], self.flags], axis=1)

    def mask(self) -> Bools:
        """Which treatments pass the gate [N, A]; where the flags block all, none is blocked."""
        blocked = (self.flags[:, :, None] & self.world.unsafe[None]).any(axis=1)
        return np.asarray(~blocked | blocked.all(axis=1, keepdims=True))

    def base_scores(self) -> Floats:
        """The base ranking's scores [N, A]: the guideline under today's symptoms; what failed counts less."""
        belief = np.exp(_log_likelihood(self._symptoms, self.world.symptoms, self.config.symptom_noise))
        belief /= belief.sum(axis=1, keepdims=True)
        is_class = np.eye(NUM_CLASSES)[self.world.drug_class]
        same_class = self.num_failures @ is_class @ is_class.T - self.num_failures
        penalty = FAILED_FACTOR**self.num_failures * CLASS_FAILED_FACTOR**same_class
        return np.asarray((belief @ self.world.guideline) * penalty)

    def oracle_scores(self) -> Floats:
        """The true expected reward [N, A] of who knows the world and has followed the patient, not the patient."""
        belief = np.exp(self._log_belief - self._log_belief.max(axis=(1, 2), keepdims=True))
        belief /= belief.sum(axis=(1, 2), keepdims=True)
        remission = np.einsum("nzc,zca->na", belief, self._effect()) * self._severity_factor()
        harm = self.harm_chance()
        return np.asarray((1 - harm) * remission * REMISSION_REWARD + harm * HARM_REWARD)

    def harm_chance(self) -> Floats:
        """The true chance of a severe adverse event [N, A]."""
        return np.asarray(np.clip(self.world.harm + self.flags @ self.world.risk, 0, 0.9))

    def treat(self, actions: Ints) -> tuple[Floats, Bools]:
        """Treat everyone once and return reward [N] and who is done [N]; closed episodes earn nothing."""
        rows = np.arange(actions.size)
        effect = self._effect()[self.condition, self.resists + 1, actions] * self._severity_factor()[rows, actions]
        is_open = self.is_open.copy()
        self.adverse = is_open & (self.rng.random(actions.size) < self.harm_chance()[rows, actions])
        self.remission = is_open & ~self.adverse & (self.rng.random(actions.size) < effect)
        reward = -self.config.burden + HARM_REWARD * self.adverse + REMISSION_REWARD * self.remission
        self.visit += 1
        self.is_open = is_open & ~self.adverse & ~self.remission & (self.visit < self.config.max_visits)
        self._learn_of_failure(actions)
        self.severity = np.clip(self.severity + self.rng.normal(0.05, 0.05, actions.size), 0, 1)
        self._see()
        return np.where(is_open, reward, 0.0), ~self.is_open

    def _learn_of_failure(self, actions: Ints) -> None:
        rows = np.arange(actions.size)
        chance = self._effect()[:, :, actions].transpose(2, 0, 1) * self._severity_factor()[rows, actions, None, None]
        self._log_belief += np.log1p(-chance)
        self.num_failures[rows, actions] += 1

    def _see(self) -> None:
        noise = self.rng.normal(0, self.config.symptom_noise, (self.condition.size, self.world.symptoms.shape[1]))
        self._symptoms: Floats = self.world.symptoms[self.condition] + noise
        likelihood = _log_likelihood(self._symptoms, self.world.symptoms, self.config.symptom_noise)
        self._log_belief += likelihood[:, :, None]

    def _effect(self) -> Floats:
        """The chance of remission [Z, 1 + C, A] before severity, by resistant class (the first: none)."""
        resists = np.arange(-1, NUM_CLASSES)[:, None] == self.world.drug_class[None, :]
        return np.asarray(self.world.effect[:, None, :] * np.where(resists, RESISTANCE_FACTOR, 1.0)[None])

    def _severity_factor(self) -> Floats:
        """Severe disease responds less, and less so to strong treatments [N, A]."""
        return np.asarray(1.0 - np.where(self.world.is_strong, 0.2, 0.6)[None] * self.severity[:, None])


class ClinicEnv(Env[Any, Any]):
    """One patient at a time behind Gymnasium's interface; `info` holds `action_mask` and `base_scores` [A]."""

    def __init__(self, config: SimulatorConfig | None = None, world: World | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.world = world or build_world(self.config)
        size = self.world.symptoms.shape[1] + 1 + NUM_FLAGS
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float64)
        self.action_space = spaces.Discrete(self.world.num_treatments)
        self._rng = np.random.default_rng(self.config.seed)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Admit the next patient."""
        super().reset(seed=seed, options=options)
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        self._cohort = Cohort(self.world, self.config, 1, self._rng)
        return self._cohort.observe()[0], self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Treat: remission and a severe adverse event end the episode, and so does the last visit."""
        reward, _ = self._cohort.treat(np.array([int(action)]))
        is_over = bool(self._cohort.adverse[0] or self._cohort.remission[0])
        is_cut = not is_over and not self._cohort.is_open[0]
        info = self._info() | {"adverse_event": bool(self._cohort.adverse[0])}
        return self._cohort.observe()[0], float(reward[0]), is_over, bool(is_cut), info

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self._cohort.mask()[0], "base_scores": self._cohort.base_scores()[0]}


def _log_likelihood(seen: Floats, means: Floats, noise: float) -> Floats:
    """Log likelihood [N, Z] of symptoms [N, S] under each condition, up to a constant."""
    distance = (seen**2).sum(1)[:, None] - 2 * seen @ means.T + (means**2).sum(1)[None]
    scaled = -distance / (2 * noise**2)
    return np.asarray(scaled - scaled.max(axis=1, keepdims=True))


def _class_prior(resistant_share: float) -> Floats:
    """The share [1 + C] of patients who resist no class, or each class."""
    return np.array([1 - resistant_share] + [resistant_share / NUM_CLASSES] * NUM_CLASSES)
