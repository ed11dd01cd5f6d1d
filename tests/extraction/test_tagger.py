"""The network's parts."""

import pytest
import torch

from extraction.features import Batch, Featurizer
from extraction.lexicon import build_lexicon
from extraction.tagger import LABELS, TaggerConfig, pool_words
from extraction.words import WordPieces
from kg.errors import UnknownNameError

PIECES = WordPieces(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b"))
SMALL = {"vocabulary": 7, "width": 8, "layers": 2, "heads": 2, "inner": 12, "characters": 4, "hidden": 6}


def make_batch(*texts: str) -> Batch:
    featurizer = Featurizer(PIECES, build_lexicon({}))
    return featurizer.batch(list(featurizer.windows(texts)))


@pytest.mark.parametrize("kind", ["transformer", "cnn"])
def test_a_score_for_every_label_of_every_word(kind: str) -> None:
    tagger = TaggerConfig(kind=kind, **SMALL).create().eval()
    assert tagger(make_batch("a bb", "b")).shape == (2, 2, len(LABELS))


@pytest.mark.parametrize("kind", ["transformer", "cnn"])
def test_padding_changes_nothing(kind: str) -> None:
    torch.manual_seed(0)
    tagger = TaggerConfig(kind=kind, **SMALL).create().eval()
    alone = tagger(make_batch("a b"))
    padded = tagger(make_batch("a b", "a b bb a b"))
    torch.testing.assert_close(padded[0, :2], alone[0])


def test_a_word_is_the_mean_of_its_pieces() -> None:
    batch = make_batch("a bb")
    hidden = torch.tensor([[[9.0], [1.0], [2.0], [4.0], [9.0]]])
    assert pool_words(hidden, batch).flatten().tolist() == [1.0, 3.0]


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(UnknownNameError, match="rnn"):
        TaggerConfig(kind="rnn").create()
