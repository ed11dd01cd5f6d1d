"""Training a tagger, on sentences small enough to be learnt in seconds."""

import math

import pytest
import torch

from extraction.decode import best_labels
from extraction.document import EntityType
from extraction.features import Batch, Featurizer
from extraction.lexicon import build_lexicon, family_bits
from extraction.ner import TaggerRecognizer
from extraction.swap import Example
from extraction.tagger import LABELS, Tagger, TaggerConfig
from extraction.train import TrainConfig, allowed_labels, partial_loss, schedule, taught_loss, train_tagger
from extraction.words import WordPieces

VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "aspirin", "causes", "bleeding", "nausea", "and", "iron")
BOTH = frozenset({EntityType.DISEASE, EntityType.DRUG})
SMALL = TaggerConfig(kind="cnn", vocabulary=len(VOCABULARY), width=16, layers=1, inner=8, characters=8, hidden=16)
LABEL = {name: place for place, name in enumerate(LABELS)}


def make_featurizer(**families: str) -> Featurizer:
    lexicon = build_lexicon({name: family_bits(family) & 255 for name, family in families.items()})
    return Featurizer(WordPieces(VOCABULARY), lexicon)


def labels_of(example: Example, **families: str) -> list[set[str]]:
    window = next(make_featurizer(**families).windows([example.text]))
    return [{LABELS[i] for i in row.nonzero()[0]} for row in allowed_labels(window, example)]


def test_a_type_nobody_looked_for_may_be_where_the_lexicon_has_a_name() -> None:
    example = Example("aspirin causes bleeding", ((15, 23, EntityType.DISEASE),), frozenset({EntityType.DISEASE}))
    genes = {"B-gene", "I-gene"}
    labels = labels_of(example, aspirin="drug_name")
    assert labels == [{"O", "B-drug", "I-drug"} | genes, {"O"} | genes, {"B-disease"}]


def test_the_longest_of_overlapping_spans_counts() -> None:
    spans = ((0, 7, EntityType.DRUG), (0, 14, EntityType.DISEASE))
    assert labels_of(Example("aspirin causes", spans, frozenset(EntityType)))[0] == {"B-disease"}


def test_partial_loss_is_the_log_of_what_falls_on_allowed_labels() -> None:
    chances = torch.tensor([[0.5, 0.25, 0.25]])
    loss = partial_loss(chances.log(), torch.tensor([[True, True, False]]))
    assert loss.item() == pytest.approx(-math.log(0.75), abs=1e-5)


def test_rates_rise_and_fall() -> None:
    assert [round(schedule(s, 8, 0.25), 2) for s in (0, 1, 2, 5, 8)] == [0.5, 1.0, 1.0, 0.5, 0.0]


def test_four_sentences_are_learnt() -> None:
    texts = ["aspirin causes bleeding", "iron causes nausea", "aspirin and iron", "nausea and bleeding"]
    kinds = {"aspirin": EntityType.DRUG, "iron": EntityType.DRUG}
    kinds |= {"bleeding": EntityType.DISEASE, "nausea": EntityType.DISEASE}
    examples = [
        Example(t, tuple((t.index(w), t.index(w) + len(w), k) for w, k in kinds.items() if w in t), BOTH) for t in texts
    ]
    torch.manual_seed(0)
    featurizer = make_featurizer()
    tagger = train_tagger(SMALL.create(), featurizer, examples, TrainConfig(epochs=60, batch=4, head_rate=1e-2))
    batch = featurizer.batch(list(featurizer.windows(["nausea and aspirin"])))
    with torch.inference_mode():
        labels = best_labels(torch.log_softmax(tagger(batch), dim=-1), batch.word_mask)[0]
    assert labels == [LABEL["B-disease"], LABEL["O"], LABEL["B-drug"]]


def test_a_text_without_gold_teaches_nothing_by_itself() -> None:
    labels = labels_of(Example("aspirin causes", (), frozenset()), aspirin="drug_name")
    assert labels == 2 * [set(LABELS)]


def test_taught_loss_is_the_cross_entropy_with_the_teacher() -> None:
    loss = taught_loss(torch.tensor([[0.5, 0.25, 0.25]]).log(), torch.tensor([[0.5, 0.5, 0.0]]))
    assert loss.item() == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4), abs=1e-5)


def test_a_pupil_learns_from_a_teacher_on_texts_without_gold() -> None:
    texts = ["aspirin causes bleeding", "iron causes nausea", "aspirin and iron", "nausea and bleeding"]
    featurizer = make_featurizer()
    pupil = train_tagger(
        SMALL.create(),
        featurizer,
        [Example(text, (), frozenset()) for text in texts],
        TrainConfig(epochs=60, batch=4, head_rate=1e-2),
        teacher=TaggerRecognizer((DrugAtStart(SMALL),), featurizer),
    )
    batch = featurizer.batch(list(featurizer.windows(["nausea and aspirin"])))
    with torch.inference_mode():
        labels = best_labels(torch.log_softmax(pupil(batch), dim=-1), batch.word_mask)[0]
    assert labels == [LABEL["B-drug"], LABEL["O"], LABEL["O"]]


class DrugAtStart(Tagger):
    """A teacher that calls the first word of every text a drug."""

    def forward(self, batch: Batch) -> torch.Tensor:
        logits = torch.zeros(*batch.word_mask.shape, len(LABELS))
        logits[:, 1:, LABEL["O"]] = 20.0
        logits[:, 0, LABEL["B-drug"]] = 20.0
        return logits
