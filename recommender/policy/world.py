"""The hidden truth of the simulated clinic: what each treatment really does, and what the guideline believes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.knowledge import Knowledge
from recommender.policy.arrays import Bools, Floats, Ints

LINE_EFFECT: Final = {1: 0.8, 2: 0.6, 3: 0.4}
UNSTATED_EFFECT: Final = 0.3
NO_EFFECT: Final = 0.03
BEST_EFFECTS: Final = ((0.7, 0.9), (0.5, 0.7), (0.2, 0.4))
NUM_CLASSES: Final = 4
NUM_FLAGS: Final = 4
FLAGGED_HARM: Final = 0.35


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """How hard the clinic is; rewards are in units of one remission, `burden` is the cost of a visit."""

    num_conditions: int = 16
    num_treatments: int = 16
    num_symptoms: int = 8
    max_visits: int = 8
    symptom_noise: float = 0.8
    resistant_share: float = 0.3
    guideline_error: float = 0.5
    burden: float = 0.03
    max_rank: int = 5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """Z conditions, A treatments, S symptoms, F risk flags.

    `effect` [Z, A] is the true chance of remission and `guideline` [Z, A] what the field believes it to be; `risk`
    [F, A] is the harm that a flag adds to `harm` [A]; `unsafe` [F, A] is what the gate blocks for a flag.
    """

    effect: Floats
    guideline: Floats
    symptoms: Floats
    harm: Floats
    risk: Floats
    unsafe: Bools
    drug_class: Ints
    is_strong: Bools

    @property
    def num_treatments(self) -> int:
        """How many treatments there are."""
        return int(self.effect.shape[1])


def build_world(config: SimulatorConfig) -> World:
    """Draw a world in which three treatments of each condition work, one of them well."""
    rng = np.random.default_rng([config.seed, 1])
    effect = np.full((config.num_conditions, config.num_treatments), NO_EFFECT)
    for row in effect:
        working = rng.choice(config.num_treatments, len(BEST_EFFECTS), replace=False)
        row[working] = [rng.uniform(low, high) for low, high in BEST_EFFECTS]
    return _complete(effect, config, rng)


def build_graph_world(knowledge: Knowledge, config: SimulatorConfig) -> World:
    """A world whose effects come from the graph: the line of therapy says how well a stated treatment works.

    Taken are the conditions with most stated treatments and, of these, the drugs stated most often.
    """
    rows = sorted(knowledge.indications_of.items(), key=lambda item: (-len(item[1]), item[0]))[: config.num_conditions]
    drugs = [stated.drug for _, several in rows for stated in several]
    chosen = sorted(set(drugs), key=lambda drug: (-drugs.count(drug), drug))[: config.num_treatments]
    effect = np.full((len(rows), len(chosen)), NO_EFFECT)
    for z, (_, several) in enumerate(rows):
        for stated in several:
            if stated.drug in chosen:
                a = chosen.index(stated.drug)
                effect[z, a] = max(effect[z, a], LINE_EFFECT.get(stated.line, UNSTATED_EFFECT))
    return _complete(effect, config, np.random.default_rng([config.seed, 2]))


def _complete(effect: Floats, config: SimulatorConfig, rng: np.random.Generator) -> World:
    """Add what no graph states: symptoms, harm, drug classes, and a guideline that is wrong in places."""
    num_conditions, num_treatments = effect.shape
    guideline = np.clip(effect + rng.normal(0, 0.05, effect.shape), 0.01, 0.95)
    for z in np.flatnonzero(rng.random(num_conditions) < config.guideline_error):
        order = np.argsort(-effect[z])[: len(BEST_EFFECTS)]
        guideline[z, order] = guideline[z, order[::-1]]
    return World(
        effect=effect,
        guideline=guideline,
        symptoms=rng.normal(0, 1, (num_conditions, config.num_symptoms)),
        harm=rng.uniform(0.01, 0.06, num_treatments),
        risk=np.where(rng.random((NUM_FLAGS, num_treatments)) < 0.15, FLAGGED_HARM, 0.0),
        unsafe=rng.random((NUM_FLAGS, num_treatments)) < 0.06,
        drug_class=rng.integers(0, NUM_CLASSES, num_treatments),
        is_strong=rng.random(num_treatments) < 0.3,
    )
