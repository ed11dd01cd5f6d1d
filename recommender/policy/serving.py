"""From a registry to plans: the promoted policy reorders, the one in shadow only watches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kg.errors import ModelError
from recommender.knowledge import Knowledge
from recommender.policy.features import MODALITIES
from recommender.policy.registry import RECORDED, find_version, read_state
from recommender.policy.rerank import Reranker
from recommender.policy.served import SlateLog
from recommender.policy.train import PolicyInfo, load_policy
from recommender.recommend import Recommender


def with_policy(
    recommender: Recommender, registry: Path, *, slates: SlateLog | None = None, for_demo: bool = False
) -> Recommender:
    """The recommender with the registry's policy behind its plans; as it is where the registry is empty.

    With `slates` every slate that is shown is kept for its feedback. ModelError when the policy cannot rank plans.
    """
    found = load_reranker(registry, recommender.knowledge, for_demo=for_demo)
    return recommender if found is None else recommender.reordered(replace(found, slates=slates))


def load_reranker(registry: Path, knowledge: Knowledge, *, for_demo: bool = False) -> Reranker | None:
    """The policy that serves, else the one in shadow, else None.

    One that rests on anything but recorded care is in shadow whatever the registry says, outside the demonstration.
    """
    state = read_state(registry)
    version = state.promoted or state.shadow
    if not version:
        return None
    policy, info = load_policy(find_version(registry, version))
    if not ranks_plans(info):
        if state.promoted:
            raise ModelError(
                f"The promoted policy {version} ranks numbered actions of other episodes and no plans; take it back "
                "with `policy rollback`."
            )
        return None
    is_shadow = not state.promoted or (info.config.evidence != RECORDED and not for_demo)
    return Reranker(policy, info, knowledge, is_shadow)


def ranks_plans(info: PolicyInfo) -> bool:
    """Whether a policy was trained on patients and described options as plans have them."""
    fits = info.observation_size == sum(MODALITIES.values())
    return fits and info.has_base and not info.config.contextual.by_index
