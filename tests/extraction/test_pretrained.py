"""The encoder that training starts from."""

import torch

from extraction.features import Featurizer
from extraction.lexicon import build_lexicon
from extraction.ner import MODELS
from extraction.pretrained import read_vocabulary, start_from_embeddings, start_from_minilm
from extraction.tagger import TaggerConfig
from extraction.words import WordPieces
from kg.minilm import minilm_folder, read_minilm


def test_the_shipped_word_pieces_are_the_encoders() -> None:
    assert read_vocabulary(MODELS / "vocab.txt") == read_vocabulary(minilm_folder() / "vocab.txt")


def test_our_encoder_computes_what_the_packaged_one_does() -> None:
    from transformers import BertModel, logging

    logging.set_verbosity_error()
    tagger = start_from_minilm(TaggerConfig().create()).eval()
    featurizer = Featurizer(WordPieces(read_vocabulary(MODELS / "vocab.txt")), build_lexicon({}))
    batch = featurizer.batch(list(featurizer.windows(["the drug caused pain"])))
    theirs = BertModel.from_pretrained(minilm_folder(), add_pooling_layer=False).eval()
    features = torch.zeros(*batch.word_mask.shape, tagger.config.characters + batch.lexicon.shape[-1])
    with torch.inference_mode():
        words = tagger.encoder(batch, features)
        expected = theirs(batch.pieces, attention_mask=batch.piece_mask.long()).last_hidden_state
    assert batch.pieces.shape[1] == words.shape[1] + 2
    torch.testing.assert_close(words[0], expected[0, 1:-1], atol=1e-4, rtol=1e-3)


def test_reduced_embeddings_keep_likeness() -> None:
    tagger = start_from_embeddings(TaggerConfig(kind="cnn", inner=96, width=16, layers=1, hidden=8).create())
    full = read_minilm()["words.weight"]
    vocabulary = read_vocabulary(MODELS / "vocab.txt")
    near, far = ("pain", "ache"), ("pain", "2004")

    def likeness(table: torch.Tensor, pair: tuple[str, str]) -> float:
        one, other = (table[vocabulary.index(word)] for word in pair)
        return float(torch.cosine_similarity(one, other, dim=0))

    for table in (full, tagger.encoder.words.weight.detach()):
        assert likeness(table, near) > likeness(table, far)
