"""Training a tagger on annotated texts; a text may be annotated for some types only, the others stay unknown there."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from extraction.document import EntityType
from extraction.epochs import plan_epochs, shuffled_batches
from extraction.features import Batch, Featurizer, Window
from extraction.lexicon import family_bits
from extraction.ner import TaggerRecognizer
from extraction.swap import Example, swap_mentions
from extraction.tagger import LABELS, TAGGED, Tagger
from kg.progress import Progress, ignore_progress

_KNOWN: Mapping[EntityType, int] = {
    EntityType.DISEASE: family_bits("mesh_disease", "mesh_sign", "other_disease"),
    EntityType.DRUG: family_bits("mesh_chemical", "other_chemical", "drug_name"),
}
_CLIP = 1.0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a tagger is trained. Rates are AdamW's; `layer_decay` shrinks the encoder's rate per layer downwards.

    `batch` is in word pieces; `average` is the decay of the weights' moving average, which is what is kept. `swaps` is
    the number of copies of each text in which other mentions of the same type stand (`extraction/swap.py`); an epoch
    sees one of them, the next epoch the next. Of a corpus that marks neither diseases nor drugs an epoch sees at most
    `others` texts, drawn anew.
    """

    seed: int = 1
    epochs: int = 6
    batch: int = 1024
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.1
    average: float = 0.99
    swaps: int = 0
    others: int = 2500


def allowed_labels(window: Window, example: Example) -> NDArray[np.bool_]:
    """Return [W, L] bool: the labels that each word of the window may have, given the gold spans of its text.

    Where nobody looked for anything each label may be.

    Of overlapping gold spans the longest counts. A type that nobody looked for may be outside of them, but diseases
    and drugs only where the lexicon has a name: else texts about genes would teach nothing about what is no drug.
    """
    if not example.annotated:
        return np.ones((len(window.words), len(LABELS)), bool)
    allowed = np.zeros((len(window.words), len(LABELS)), bool)
    allowed[:, 0] = True
    for kind in set(TAGGED) - example.annotated:
        possible = [kind not in _KNOWN or bool(match & _KNOWN[kind]) for match in window.matches]
        allowed[:, LABELS.index(f"B-{kind.value}")] = allowed[:, LABELS.index(f"I-{kind.value}")] = possible
    for start, end, kind in sorted(example.spans, key=lambda s: s[0] - s[1]):
        inside = [i for i, (a, b) in enumerate(window.spans) if a < end and b > start]
        if inside and allowed[inside, 0].all():
            allowed[inside] = False
            allowed[inside, LABELS.index(f"I-{kind.value}")] = True
            allowed[inside[0]] = False
            allowed[inside[0], LABELS.index(f"B-{kind.value}")] = True
    return allowed


def partial_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """[N, L] logits, [N, L] bool → the mean of -log of the probability that falls on the allowed labels."""
    scores = torch.log_softmax(logits.float(), dim=-1)
    return -torch.logsumexp(scores.masked_fill(~allowed, -1e9), dim=-1).mean()


def taught_loss(logits: Tensor, taught: Tensor) -> Tensor:
    """[N, L] logits, [N, L] probabilities of a teacher → their mean cross-entropy (Hinton et al. 2015)."""
    return -(torch.log_softmax(logits.float(), dim=-1) * taught).sum(dim=-1).mean()


def teach(
    teacher: TaggerRecognizer, windows: Sequence[Window], progress: Progress, device: str
) -> list[NDArray[np.float16]]:
    """Return per window the [W, L] probabilities of the labels that a teacher on `device` gives."""
    taught: list[NDArray[np.float16]] = [np.empty(0, np.float16)] * len(windows)
    order = sorted(range(len(windows)), key=lambda i: windows[i].size)
    for start in range(0, len(order), teacher.batch):
        chosen = order[start : start + teacher.batch]
        batch = teacher.featurizer.batch([windows[i] for i in chosen]).to(device)
        scores = teacher.score_labels(batch).exp().cpu()
        for row, i in enumerate(chosen):
            taught[i] = scores[row, : len(windows[i].words)].numpy().astype(np.float16)
        progress("teach", start + len(chosen), len(order))
    return taught


def train_tagger(
    tagger: Tagger,
    featurizer: Featurizer,
    examples: Sequence[Example],
    config: TrainConfig,
    progress: Progress = ignore_progress,
    teacher: TaggerRecognizer | None = None,
    device: str = "cpu",
) -> Tagger:
    """Train `tagger` in place on "cpu" or "cuda" and return it on the CPU with its averaged weights, ready to predict.

    It learns from gold spans and, where a teacher is given, as much from the teacher's probabilities of every label:
    those are all that a text without gold can teach.
    """
    copies = [list(swap_mentions(examples, 1, config.seed + number)) for number in range(config.swaps)]
    texts = [*examples, *chain(*copies)]
    windows = list(featurizer.windows([e.text for e in texts]))
    sizes = [w.size for w in windows]
    plan = plan_epochs(windows, examples, [len(copy) for copy in copies])
    targets = [allowed_labels(w, texts[w.text_index]) for w in windows]
    taught = teach(teacher.to(device), windows, progress, device) if teacher is not None else []
    rng = random.Random(config.seed)
    torch.manual_seed(config.seed)
    first = list(shuffled_batches(plan.windows(0, config.others, rng), sizes, config.batch, rng))
    run = Run(tagger.to(device), config, config.epochs * len(first), device)
    for epoch in range(config.epochs):
        tagger.train()
        for chosen in shuffled_batches(plan.windows(epoch, config.others, rng), sizes, config.batch, rng):
            batch = featurizer.batch([windows[i] for i in chosen])
            soft = stack_targets([taught[i] for i in chosen], batch) if taught else None
            run.step(batch, stack_targets([targets[i] for i in chosen], batch), soft)
            progress("train", run.done, max(run.done, run.total))
    tagger.load_state_dict(run.average, strict=False)
    return tagger.cpu().eval()


@dataclass(slots=True)
class Run:
    """A training of a tagger that stands on `device`: optimizer, steps done, moving average of the weights."""

    tagger: Tagger
    config: TrainConfig
    total: int
    device: str = "cpu"
    done: int = 0
    average: dict[str, Tensor] = field(init=False)
    optimizer: torch.optim.Optimizer = field(init=False)
    rates: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.AdamW(parameter_groups(self.tagger, self.config), fused=True)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.average = {name: p.detach().clone() for name, p in self.tagger.named_parameters() if p.requires_grad}

    def step(self, batch: Batch, targets: Tensor, taught: Tensor | None = None) -> None:
        """Take one step on a batch with [B, W, L] allowed labels and perhaps a teacher's probabilities."""
        factor = schedule(self.done, self.total, self.config.warmup)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        words = batch.word_mask
        with torch.autocast(self.device, dtype=torch.bfloat16):
            logits = self.tagger(batch.to(self.device))[words.to(self.device)]
        self.optimizer.zero_grad()
        loss = partial_loss(logits, targets[words].to(self.device))
        if taught is not None:
            loss = loss + taught_loss(logits, taught[words].to(self.device))
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.tagger.parameters(), _CLIP)
        self.optimizer.step()
        self.done += 1
        self._move_average()

    @torch.no_grad()
    def _move_average(self) -> None:
        decay = min(self.config.average, (1 + self.done) / (10 + self.done))
        for name, parameter in self.tagger.named_parameters():
            if parameter.requires_grad:
                self.average[name].lerp_(parameter, 1 - decay)


def parameter_groups(tagger: Tagger, config: TrainConfig) -> list[dict[str, Any]]:
    """Return AdamW's groups: pretrained layers with rates that decay downwards, all else at the head's rate."""
    groups: list[dict[str, Any]] = []
    for name, parameter in tagger.named_parameters():
        if parameter.requires_grad:
            decay = 0.0 if parameter.ndim < 2 else config.weight_decay
            groups.append({"params": [parameter], "lr": rate_of(name, tagger, config), "weight_decay": decay})
    return groups


def rate_of(name: str, tagger: Tagger, config: TrainConfig) -> float:
    """Return the learning rate of one parameter by its name."""
    if tagger.config.kind != "transformer" or not name.startswith("encoder.") or ".inject." in name:
        return config.head_rate
    layer = int(name.split(".")[2]) + 1 if ".layers." in name else 0
    return config.rate * config.layer_decay ** (tagger.config.layers - layer)


def schedule(step: int, total: int, warmup: float) -> float:
    """Return the factor on the rates: linear up over the warm-up share, linear down to zero.

    >>> schedule(0, 10, 0.2), schedule(1, 10, 0.2), schedule(10, 10, 0.2)
    (0.5, 1.0, 0.0)
    """
    rising = max(1, int(total * warmup))
    return (step + 1) / rising if step < rising else max(0.0, (total - step) / max(1, total - rising))


def stack_targets(targets: Sequence[NDArray[np.bool_]] | Sequence[NDArray[np.float16]], batch: Batch) -> Tensor:
    """Return the windows' [W, L] targets as one [B, W, L] tensor, padded with zeros."""
    rows, width = batch.word_mask.shape
    stacked = np.zeros((rows, width, len(LABELS)), targets[0].dtype)
    for row, target in enumerate(targets):
        stacked[row, : len(target)] = target
    return torch.from_numpy(stacked)
