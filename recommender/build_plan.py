"""From a patient's situation and the knowledge to the plan: consider each condition, reorder, compose, write."""

from __future__ import annotations

from collections.abc import Callable

from recommender.compose import compose
from recommender.consider import consider
from recommender.evidence import SentenceFinder, no_sentences
from recommender.hypotheses import HypothesisFinder, no_hypotheses
from recommender.knowledge import Knowledge
from recommender.pairs import cost_of_pair
from recommender.patient import Patient
from recommender.plan import Plan
from recommender.problems import find_problems
from recommender.safety.gate import is_blocked
from recommender.score import Ranked
from recommender.situation import Situation, build_situation
from recommender.write_plan import DEFAULT_CONFIG, PlanConfig, PlanWriter

Reorder = Callable[[Situation, Ranked], Ranked]


def keep_order(situation: Situation, ranked: Ranked) -> Ranked:
    """The reordering that changes nothing: the base ranking."""
    return ranked


def build_plan(
    patient: Patient,
    knowledge: Knowledge,
    config: PlanConfig = DEFAULT_CONFIG,
    *,
    find_sentences: SentenceFinder = no_sentences,
    find_hypotheses: HypothesisFinder = no_hypotheses,
    reorder: Reorder = keep_order,
) -> Plan:
    """Return the plan for a mapped patient. `reorder` may move candidates that passed the gate and nothing else."""
    situation = build_situation(patient, knowledge)
    problems = () if patient.deceased else find_problems(patient, knowledge)
    considered = [consider(problem, situation, knowledge, config.formulary) for problem in problems]
    ranked = tuple(_keep_passing(reorder(situation, c.ranked), c.ranked) for c in considered)
    composition = compose(tuple(map(_only_main, ranked)), lambda a, b: cost_of_pair(a, b, situation, knowledge))
    return PlanWriter(patient, situation, knowledge, config, find_sentences, find_hypotheses).write(
        ranked, considered, composition
    )


def _keep_passing(reordered: Ranked, base: Ranked) -> Ranked:
    """The gate again, after ranking: only what passed it before, with its own verdicts, and nothing blocked.

    Contributions may differ: a ranking policy writes its moves into them.
    """
    passing = {id(s.candidate): s.verdicts for s in base.scored}
    kept = tuple(
        s for s in reordered.scored if passing.get(id(s.candidate)) is s.verdicts and not is_blocked(s.verdicts)
    )
    return Ranked(base.condition, kept)


def _only_main(ranked: Ranked) -> Ranked:
    """What may be chosen: no adjunct to something that the patient does not take."""
    return Ranked(ranked.condition, tuple(s for s in ranked.scored if not s.candidate.added_to))
