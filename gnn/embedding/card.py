"""The model card of a gradient-trained model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnn.card import ranking_rows
from gnn.embedding.config import EmbeddingConfig
from gnn.triples import Triples


def to_card(
    config: EmbeddingConfig,
    run: str,
    triples: Triples,
    measured: Mapping[str, Mapping[str, Any]],
    told: Mapping[str, str],
) -> str:
    """Return the card in Markdown; `measured` is one evaluation a head (relation), `told` further facts by name."""
    lines = [
        f"# {config.family} model for {' and '.join(f'`{head}`' for head in config.heads)} (run {run})",
        "",
        f"{triples.num_entities} entities, {len(triples.relations)} relations, {len(triples.edges)} edges, all trained "
        f"on at once; {config.dim} complex numbers an entity, loss {config.loss}, seed {config.seed}.",
        "",
        "For research: a score is a hypothesis, never a treatment recommendation by itself.",
        "",
    ]
    for head, values in measured.items():
        lines += [f"## `{head}` on the pairs set aside for selection (tail side, filtered, realistic rank)", ""]
        lines += [*ranking_rows(values), ""]
    lines += ["Epochs and calibration were chosen on these very pairs: the model's row is optimistic.", ""]
    lines += [f"- {name}: {value}" for name, value in told.items()]
    return "\n".join([*lines, ""])
