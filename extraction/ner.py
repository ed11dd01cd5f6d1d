"""Recognizers by name: the shipped `fast` and `accurate` taggers, and any installed spaCy pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from pathlib import Path

import numpy as np
import spacy
import torch
from spacy.language import Language
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from extraction.decode import best_labels, to_spans
from extraction.document import EntityType, Recognizer, Span
from extraction.features import Batch, Featurizer, Window, to_starts
from extraction.lexicon import read_lexicon
from extraction.tagger import Tagger
from extraction.weights import is_tagger, read_members, read_tagger
from extraction.words import WordPieces
from kg.device import number_format
from kg.errors import UnknownNameError

MODELS = Path(__file__).parent / "models"
SHIPPED = ("fast", "accurate")
_STEP, _PACKED_STEP = 16, 128

LABEL_TYPES: Mapping[str, EntityType] = {
    "DISEASE": EntityType.DISEASE,
    "DISEASEORPHENOTYPICFEATURE": EntityType.DISEASE,
    "CANCER": EntityType.DISEASE,
    "PATHOLOGICAL_FORMATION": EntityType.DISEASE,
    "PROBLEM": EntityType.DISEASE,
    "CHEMICAL": EntityType.DRUG,
    "CHEBI": EntityType.DRUG,
    "SIMPLE_CHEMICAL": EntityType.DRUG,
    "DRUG": EntityType.DRUG,
    "SYMPTOM": EntityType.SYMPTOM,
    "GENE_OR_GENE_PRODUCT": EntityType.GENE,
    "GGP": EntityType.GENE,
    "GENE": EntityType.GENE,
    "VARIANT": EntityType.VARIANT,
    "PROCEDURE": EntityType.PROCEDURE,
    "TEST": EntityType.LAB_TEST,
    "DOSE": EntityType.DOSE,
}


@dataclass(frozen=True, slots=True)
class TaggerRecognizer:
    """Taggers over texts, their log-probabilities averaged: a transformer and a convolution err in different places.

    `shares` weigh the taggers, none weighs them alike. `chunk` texts are cut into windows at a time; `batch` windows,
    or as many as hold `packed` words, run together.
    """

    taggers: tuple[Tagger, ...]
    featurizer: Featurizer
    shares: tuple[float, ...] = ()
    chunk: int = 128
    batch: int = 16
    packed: int = 1024

    def recognize(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the spans of each text; a stream of any length stays within the memory of one chunk."""
        stream = iter(texts)
        while chunk := list(islice(stream, self.chunk)):
            yield from self._recognize_chunk(chunk)

    def _recognize_chunk(self, texts: Sequence[str]) -> list[list[Span]]:
        spans: list[list[Span]] = [[] for _ in texts]
        windows = list(self.featurizer.windows(texts))
        if not windows:
            return spans
        scores = self._score_windows(windows)
        padded = pad_sequence(scores, batch_first=True)
        sizes = torch.tensor([len(window.words) for window in windows])
        found = best_labels(padded, torch.arange(padded.shape[1]) < sizes[:, None])
        chosen = torch.cat(scores).gather(1, torch.tensor([list(chain.from_iterable(found))]).T)[:, 0].tolist()
        place = 0
        for window, labels in zip(windows, found, strict=True):
            spans[window.text_index] += to_spans(window, labels, chosen[place : place + len(labels)])
            place += len(labels)
        return spans

    def to(self, device: str) -> TaggerRecognizer:
        """Return copies of the taggers on "cpu" or "cuda"; texts are read on the CPU only."""
        return replace(self, taggers=tuple(deepcopy(tagger).to(device) for tagger in self.taggers))

    @torch.inference_mode()
    def score_labels(self, batch: Batch) -> Tensor:
        """Return [B, W, L] log-probabilities of the labels."""
        logs = torch.stack(
            [share * torch.log_softmax(tagger(batch).float(), dim=-1) for tagger, share in self._weighed()]
        )
        return torch.log_softmax(logs.sum(dim=0), dim=-1)

    def _score_windows(self, windows: Sequence[Window]) -> list[Tensor]:
        """Return [words, L] log-probabilities a window, of convolutions and transformers together."""
        packed, padded = self._only(convolutions=True), self._only(convolutions=False)
        if not padded.taggers:
            return packed._score_end_to_end(windows)
        scores = padded._score_side_by_side(windows)
        if not packed.taggers:
            return scores
        both = zip(scores, packed._score_end_to_end(windows), strict=True)
        return [torch.log_softmax(one + other, dim=-1) for one, other in both]

    def _weighed(self) -> Iterator[tuple[Tagger, float]]:
        return zip(self.taggers, self.shares or (1 / len(self.taggers),) * len(self.taggers), strict=True)

    def _only(self, *, convolutions: bool) -> TaggerRecognizer:
        """Return the taggers of one kind with their shares of the whole."""
        kept = [(tagger, share) for tagger, share in self._weighed() if (tagger.config.kind == "cnn") == convolutions]
        return replace(self, taggers=tuple(t for t, _ in kept), shares=tuple(share for _, share in kept))

    def _score_side_by_side(self, windows: Sequence[Window]) -> list[Tensor]:
        scores = [torch.empty(0)] * len(windows)
        order = sorted(range(len(windows)), key=lambda place: windows[place].size)
        for start in range(0, len(order), self.batch):
            places = order[start : start + self.batch]
            rows = self.score_labels(self.featurizer.batch([windows[place] for place in places]))
            for place, row in zip(places, rows, strict=True):
                scores[place] = row[: len(windows[place].words)]
        return scores

    def _score_end_to_end(self, windows: Sequence[Window]) -> list[Tensor]:
        return [scores for group in self._groups(windows) for scores in self._score_packed(group)]

    def _groups(self, windows: Iterable[Window]) -> Iterator[list[Window]]:
        group: list[Window] = []
        num = 0
        for window in windows:
            num += len(window.words) + 1
            if group and num > self.packed:
                yield group
                group, num = [], len(window.words) + 1
            group.append(window)
        yield group

    def _score_packed(self, windows: Sequence[Window]) -> Iterator[Tensor]:
        row = self.score_labels(self.featurizer.pack(windows, _PACKED_STEP))[0]
        sizes = np.array([len(window.words) for window in windows])
        return (row[start : start + size] for start, size in zip(to_starts(sizes + 1), sizes, strict=True))


@dataclass(frozen=True, slots=True)
class PipelineRecognizer:
    """A spaCy pipeline's entities, its labels mapped to our types; entities of other labels are passed over."""

    language: Language

    def recognize(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """Yield the spans of each text; spaCy gives no probabilities, so their score is 1."""
        for doc in self.language.pipe(texts):
            yield [
                Span(entity.start_char, entity.end_char, LABEL_TYPES[entity.label_.upper()])
                for entity in doc.ents
                if entity.label_.upper() in LABEL_TYPES
            ]


def load_recognizer(name: str) -> Recognizer:
    """Return the recognizer `fast` or `accurate`, a folder's tagger, or an installed spaCy pipeline of that name.

    A tagger's folder may name others that are taken with it (`beside.json`), as the shipped `accurate` does; of a
    folder that holds `fast` and `accurate`, both are taken together.
    UnknownNameError when there is none: scispaCy's pipelines are installed from their own release address, never
    from the package index, where `en-core-sci-md` is another's placeholder.
    """
    folder = MODELS / name if name in SHIPPED else Path(name)
    if is_tagger(folder):
        return load_taggers(read_members(folder))
    parts = [folder / part for part in SHIPPED if is_tagger(folder / part)]
    if parts:
        return load_taggers(tuple((part, 1 / len(parts)) for part in parts))
    if spacy.util.is_package(name) or Path(name, "meta.json").is_file():
        return PipelineRecognizer(spacy.load(name))
    raise UnknownModelError(name)


class UnknownModelError(UnknownNameError):
    """A recognizer that is neither shipped nor installed; the message says where it comes from."""

    def __init__(self, name: str) -> None:
        super().__init__("installed model", name, [*SHIPPED, *spacy.util.get_installed_models()])
        self.args = (f"{self.args[0]} {where_to_get(name)}",)


def where_to_get(name: str) -> str:
    """Return one sentence on where a pipeline that is not installed comes from."""
    if name.startswith(("en_ner_", "en_core_sci_")):
        return (
            f"{name} is scispaCy's: pip install the archive named in the release notes of github.com/allenai/scispacy."
        )
    return f"{name} is no installed spaCy pipeline: see spacy.io/models, or give the path of a folder."


@cache
def load_taggers(members: tuple[tuple[Path, float], ...]) -> TaggerRecognizer:
    """Read taggers with their shares, in this processor's number format."""
    taggers = tuple(read_tagger(folder).to(number_format()) for folder, _ in members)
    return TaggerRecognizer(taggers, read_featurizer(), tuple(share for _, share in members))


@cache
def read_featurizer() -> Featurizer:
    """Return the featurizer of the shipped taggers: their word pieces and the lexicon."""
    vocabulary = (MODELS / "vocab.txt").read_text("utf-8").splitlines()
    return Featurizer(WordPieces(vocabulary), read_lexicon(), step=_STEP)
