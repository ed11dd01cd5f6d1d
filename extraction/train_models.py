"""What `theragraph extract train` does: each shipped model made anew from annotated corpora."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from extraction.cid_model import write_cid_model
from extraction.cid_train import BlamingDocument, train_cid
from extraction.concepts import read_concepts
from extraction.document import SourceDocument
from extraction.link_train import GoldDocument, train_rankers
from extraction.meaning import Meaning
from extraction.memory import build_memory, to_lines
from extraction.ner import TaggerRecognizer, load_recognizer, read_featurizer
from extraction.pipeline import build_language, find_long_forms, tokenize
from extraction.pretrained import start_from_embeddings, start_from_encoder
from extraction.ranker import Ranker
from extraction.read import read_files
from extraction.relations import read_relations
from extraction.rule_counts import COUNTS, count_rules, write_counts
from extraction.sections import read_sections
from extraction.sentences import split_sentences
from extraction.swap import Example
from extraction.tagger import TAGGED, Tagger, TaggerConfig
from extraction.train import TrainConfig, train_tagger
from extraction.weights import read_tagger, write_tagger
from kg.device import check_device
from kg.errors import InputError, UnknownNameError
from kg.model import Statement
from kg.progress import Progress, ignore_progress

INDUCED = "CID"
_START = 1  # the same first numbers for every seed: only taggers that started alike have a mean
FAST = TaggerConfig(kind="cnn", width=224, layers=6, inner=128, hidden=128)
FAST_TRAINING = TrainConfig(epochs=10, batch=2048, head_rate=2e-3, average=0.995, swaps=1)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of one annotated file, and of which types it has annotations."""

    documents: tuple[SourceDocument, ...]

    def examples(self) -> list[Example]:
        """Return the documents as examples for a tagger; types that the file never marks stay unknown in it."""
        marked = {m.type for d in self.documents for m in d.mentions}
        annotated = frozenset(kind for kind in TAGGED if kind.value in marked)
        return [
            Example(
                d.document.text,
                tuple((m.start, m.end, kind) for m in d.mentions for kind in annotated if m.type == kind.value),
                annotated,
            )
            for d in self.documents
        ]


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train on: annotated files, where to write, documents to leave out; the other fields are for taggers.

    `config` None takes the values that the shipped model was trained with. `start` are folders of taggers whose
    training goes on, from the mean of their weights; `teachers` are taggers by name or folder from whose averaged
    probabilities the new one learns too, also on the texts of `texts`, which need no annotation. `device` is auto, cpu
    or cuda; another `seed` makes another teacher. `epochs` and `rate` None leave those of `config`; with the encoder's
    rate that of all else changes in proportion. `encoder` is the file of the BERT that `accurate` starts from, None
    the packaged MiniLM.
    """

    corpora: tuple[Path, ...]
    out: Path
    exclude: frozenset[str] = frozenset()
    config: TrainConfig | None = None
    start: tuple[Path, ...] = ()
    teachers: tuple[str, ...] = ()
    texts: tuple[Path, ...] = ()
    device: str = "auto"
    seed: int = 1
    epochs: int | None = None
    rate: float | None = None
    encoder: Path | None = None


def train_model(name: str, request: TrainingRequest, progress: Progress = ignore_progress) -> Path:
    """Train the model `accurate`, `fast`, `linker` or `relations` and return the folder that was written.

    UnknownNameError for another name, InputError when the corpora hold no document.
    """
    if name not in _TRAINERS:
        raise UnknownNameError("model to train", name, _TRAINERS)
    _TRAINERS[name](request, progress)
    return request.out


def read_corpora(paths: Sequence[Path], exclude: Collection[str]) -> list[Corpus]:
    """Return each file's documents without the excluded ones and without those of an earlier file."""
    seen = set(exclude)
    corpora = []
    for path in paths:
        documents = []
        for item in read_files([path]):
            if isinstance(item, SourceDocument) and item.document.document_id not in seen:
                seen.add(item.document.document_id)
                documents.append(item)
        corpora.append(Corpus(tuple(documents)))
    if not any(corpus.documents for corpus in corpora):
        raise InputError(f"{', '.join(map(str, paths))}: no document is left to train on; give annotated files.")
    return corpora


def _train_accurate(request: TrainingRequest, progress: Progress) -> None:
    kind = TaggerConfig().kind
    _train(lambda: start_from_encoder(request.encoder), kind, request, request.config or TrainConfig(), progress)


def _train_fast(request: TrainingRequest, progress: Progress) -> None:
    config = request.config or FAST_TRAINING
    _train(lambda: start_from_embeddings(FAST.create()), FAST.kind, request, config, progress)


def _train(
    start: Callable[[], Tagger], kind: str, request: TrainingRequest, config: TrainConfig, progress: Progress
) -> None:
    device = check_device(request.device)
    config = change_config(config, request)
    torch.manual_seed(_START)
    tagger = go_on_from(request.start, kind) if request.start else start()
    teacher = load_teachers(request.teachers) if request.teachers else None
    examples = [e for corpus in read_corpora(request.corpora, request.exclude) for e in corpus.examples()]
    examples += read_unlabelled(request.texts, request.exclude)
    trained = train_tagger(tagger, read_featurizer(), examples, config, progress, teacher, device)
    write_tagger(trained, request.out)


def change_config(config: TrainConfig, request: TrainingRequest) -> TrainConfig:
    """Return the values of a training with what the request changes; InputError for a value out of range."""
    epochs = config.epochs if request.epochs is None else request.epochs
    share = 1.0 if request.rate is None else request.rate / config.rate
    if epochs < 1 or share <= 0:
        raise InputError(f"epochs {epochs}, rate {request.rate}: epochs must be 1 or more, a rate above 0.")
    rates = (share * config.rate, share * config.head_rate)
    return replace(config, seed=request.seed, epochs=epochs, rate=rates[0], head_rate=rates[1])


def go_on_from(folders: Sequence[Path], kind: str) -> Tagger:
    """Return a trained tagger to train further, the mean of several; InputError when one does not fit.

    Taggers that started from the same weights lie close enough together for their mean to be better than each
    (Wortsman et al. 2022, arXiv:2203.05482).
    """
    taggers = [read_tagger(folder) for folder in folders]
    first = taggers[0]
    for folder, tagger in zip(folders, taggers, strict=True):
        if tagger.config.kind != kind:
            raise InputError(f"{folder}: a {tagger.config.kind}, not a {kind}; start from a model of the same kind.")
        if tagger.config != first.config:
            raise InputError(f"{folder}: of another shape than {folders[0]}; only taggers of one shape have a mean.")
    states = [tagger.state_dict() for tagger in taggers]
    first.load_state_dict({name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]})
    if kind == TaggerConfig().kind:
        first.encoder.words.weight.requires_grad_(False)
    return first


def load_teachers(names: Sequence[str]) -> TaggerRecognizer:
    """Return our taggers of these names or folders as one; InputError for a model that gives no probabilities."""
    taggers: list[Tagger] = []
    shares: list[float] = []
    for name in names:
        teacher = load_recognizer(name)
        if not isinstance(teacher, TaggerRecognizer):
            raise InputError(f"{name}: gives no probabilities to learn from; name accurate, fast or a tagger's folder.")
        taggers += teacher.taggers
        shares += [share / len(names) for share in teacher.shares]
    return TaggerRecognizer(tuple(taggers), read_featurizer(), tuple(shares))


def read_unlabelled(paths: Sequence[Path], exclude: Collection[str]) -> list[Example]:
    """Return the texts of files as examples without gold."""
    documents = (item.document for item in read_files(paths) if isinstance(item, SourceDocument))
    return [Example(d.text, (), frozenset()) for d in documents if d.document_id not in exclude]


def _train_linker(request: TrainingRequest, progress: Progress) -> None:
    documents = [d for corpus in read_corpora(request.corpora, request.exclude) for d in corpus.documents]
    gold = list(to_gold(documents))
    rankers = train_rankers(gold, read_concepts())
    progress("rank", len(gold), len(gold))
    write_linker(*rankers, to_lines(build_memory(m for _, mentions, _ in gold for m in mentions)), request.out)


def _train_relations(request: TrainingRequest, progress: Progress) -> None:
    documents = [d for corpus in read_corpora(request.corpora, request.exclude) for d in corpus.documents]
    blaming = [to_blaming(d) for d in documents]
    write_cid_model(train_cid(blaming, read_concepts()), request.out)
    judged = [(read_gold_statements(d), b.blamed) for d, b in zip(documents, blaming, strict=True)]
    write_counts(count_rules(judged, read_concepts()), request.out / COUNTS)
    progress("relations", len(blaming), len(blaming))


_TRAINERS: Mapping[str, Callable[[TrainingRequest, Progress], None]] = {
    "accurate": _train_accurate,
    "fast": _train_fast,
    "linker": _train_linker,
    "relations": _train_relations,
}


def to_gold(documents: Sequence[SourceDocument]) -> Iterator[GoldDocument]:
    """Yield (text, mentions in order, long forms of abbreviations) of annotated documents."""
    read = tokenize(build_language(), [d.document.text for d in documents])
    for document, doc in zip(documents, read, strict=True):
        mentions = sorted(document.mentions, key=lambda m: (m.start, m.end))
        yield document.document.text, mentions, find_long_forms(doc)


def to_blaming(document: SourceDocument) -> BlamingDocument:
    """Return an annotated document as an example for the relation model."""
    text = document.document.text
    blamed = frozenset((r.subject, r.object) for r in document.relations if r.type == INDUCED)
    return BlamingDocument(text, document.mentions, split_sentences(text), blamed)


def read_gold_statements(document: SourceDocument) -> tuple[Statement, ...]:
    """Return what the rules read between a document's own mentions."""
    text, mentions = document.document.text, sorted(document.mentions, key=lambda m: (m.start, m.end))
    return read_relations(document.document.document_id, text, mentions, split_sentences(text), read_sections(text))


def write_linker(ranker: Ranker, meaning: Meaning | None, memory: Sequence[str], folder: Path) -> None:
    """Write a linker's weights and memory into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    values = asdict(ranker) | {"meaning": asdict(meaning) if meaning else None}
    (folder / "ranker.json").write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    with gzip.GzipFile(folder / "memory.tsv.gz", "wb", mtime=0) as file:
        file.write("".join(f"{line}\n" for line in memory).encode())
