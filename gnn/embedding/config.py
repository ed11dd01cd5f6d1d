"""The settings of the gradient-trained families; written whole into the model folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kg.errors import InputError, UnknownNameError

DECODERS = ("complex", "rotate")
ENCODERS = ("lookup", "rgcn")
LOSSES = ("logistic", "self_adversarial", "softmax")
FAMILIES = ("complex", "rotate", "rgcn")


@dataclass(frozen=True, slots=True)
class GcnConfig:
    """An R-GCN of `num_layers`; each node hears at most `fan_out` neighbours a layer.

    `own_dropout` is the share of nodes whose own vector is hidden in a step, so that a node without one can be encoded.
    """

    num_layers: int = 2
    num_bases: int = 4
    fan_out: int = 8
    dropout: float = 0.2
    own_dropout: float = 0.3


@dataclass(frozen=True, slots=True)
class EmbeddingConfig:
    """What decides a gradient-trained model beside its graph.

    `dim` counts complex numbers a vector. Each chunk of `share` edges of one relation is corrupted on either side by
    `num_negatives` entities (of the side's types when `typed_negatives`). An epoch takes every edge, or with
    `edges_per_epoch` all edges of the heads to be learnt and a random rest. Early stopping looks at the dev MRR every
    `evaluate_every` epochs and waits `patience` looks; 0 trains all epochs and keeps the last. `contraindication` names
    the second head; its edges and those of `hard_negatives` are wrong answers shown beside each right one. With
    `mixed_precision` a device multiplies matrices in bfloat16 while training (see `gnn.embedding.precision`).
    """

    relation: str
    seed: int = 0
    decoder: str = "complex"
    encoder: str = "lookup"
    dim: int = 64
    epochs: int = 60
    batch_size: int = 1024
    share: int = 64
    num_negatives: int = 64
    typed_negatives: bool = True
    edges_per_epoch: int = 0
    loss: str = "softmax"
    learning_rate: float = 0.1
    initial_scale: float = 0.1
    margin: float = 6.0
    penalty: float = 0.0
    evaluate_every: int = 2
    patience: int = 5
    contraindication: str = ""
    hard_negatives: tuple[str, ...] = ()
    mixed_precision: bool = False
    gcn: GcnConfig = field(default_factory=GcnConfig)

    def __post_init__(self) -> None:
        for kind, value, allowed in (
            ("decoder", self.decoder, DECODERS),
            ("encoder", self.encoder, ENCODERS),
            ("loss", self.loss, LOSSES),
        ):
            if value not in allowed:
                raise UnknownNameError(kind, value, allowed)
        for name in ("dim", "epochs", "batch_size", "share", "num_negatives", "evaluate_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; give at least 1.")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate is {self.learning_rate}; give a number above 0, such as 0.1.")

    @property
    def family(self) -> str:
        """The name by which the model is chosen."""
        return "rgcn" if self.encoder == "rgcn" else self.decoder

    @property
    def heads(self) -> tuple[str, ...]:
        """The relations that are answered: the indication, and the contraindication where one is named."""
        return (self.relation, self.contraindication) if self.contraindication else (self.relation,)


def config_of_family(family: str, relation: str, seed: int = 0) -> EmbeddingConfig:
    """Return a family's own defaults; UnknownNameError for another family."""
    config = EmbeddingConfig(relation, seed)
    if family == "complex":
        return config
    if family == "rotate":
        return replace(config, decoder="rotate", loss="self_adversarial")
    if family == "rgcn":
        return replace(config, encoder="rgcn", epochs=30, edges_per_epoch=60_000, learning_rate=0.02)
    raise UnknownNameError("model family", family, FAMILIES)
