"""The model card that lies beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnn.model import LinkModel
from gnn.ranking import HITS_AT

_ROW = "| {name} | {mrr:.3f} [{low:.3f}, {high:.3f}] | {hits} |"


def to_card(model: LinkModel, run: str, measured: Mapping[str, Any], seconds: float, device: str) -> str:
    """Return the card in Markdown: what it predicts, from what, how well on pairs it never saw, what it is not for."""
    task = model.ground.task
    space = model.ground.space
    lines = [
        f"# Link model for `{task.relation}` (run {run})",
        "",
        f"Ranks {task.shape[1]} {'/'.join(task.tail_types)} for each of {task.shape[0]} {'/'.join(task.head_types)}; "
        f"trained on {len(task.pairs)} known pairs in {seconds:.0f} s, seed {model.config.seed}.",
        "",
        "For research: a score is a hypothesis, never a treatment recommendation by itself.",
        "",
        "## On the pairs set aside for selection (tail side, filtered, realistic rank)",
        "",
        *ranking_rows(measured),
        "",
        "The blend's weights and the calibration were chosen on these very pairs: the model's row is optimistic.",
        "",
        "## What it looks at",
        "",
        f"- heads alike by: {', '.join(space.heads.names)}",
        f"- tails alike by: {', '.join(space.tails.names)}",
        f"- metapaths: {', '.join(space.metapath_names)}",
        f"- names alike, by an encoder that has read general text: {', '.join(space.bridge_names) or 'none'}",
        f"- blend: {', '.join(f'{m} {w:.2f}' for m, w in zip(model.blend.members, model.blend.weights, strict=True))}",
        "",
        f"The candidate networks were trained on {device}, everything else on the CPU; CUDA has not been tested.",
        "",
    ]
    return "\n".join(lines)


def ranking_rows(measured: Mapping[str, Any]) -> list[str]:
    """Return the table of a model's ranking beside the floors', a line an item."""
    return [
        f"| model | MRR [95 %] | {' | '.join(f'Hits@{k}' for k in HITS_AT)} |",
        "|---|---|" + "---|" * len(HITS_AT),
        _to_row("this model", measured),
        *(_to_row(f"floor: {name}", floor) for name, floor in measured["floors"].items()),
    ]


def _to_row(name: str, told: Mapping[str, Any]) -> str:
    low, high = told["interval"]
    hits = " | ".join(f"{told[f'hits@{k}']:.3f}" for k in HITS_AT)
    return _ROW.format(name=name, mrr=told["mrr"], low=low, high=high, hits=hits)
