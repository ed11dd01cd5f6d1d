"""The encoder that training starts from."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, logging

from extraction.features import Batch, Featurizer
from extraction.lexicon import build_lexicon
from extraction.ner import MODELS
from extraction.pretrained import read_vocabulary, start_from_embeddings, start_from_encoder
from extraction.tagger import Tagger, TaggerConfig
from extraction.words import WordPieces
from kg.errors import InputError
from kg.minilm import minilm_folder, read_minilm

logging.set_verbosity_error()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def small_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT of two layers with random weights and the English word pieces."""
    torch.manual_seed(1)
    shape = BertConfig(
        vocab_size=30522,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=12,
        intermediate_size=48,
        max_position_embeddings=64,
    )
    folder = tmp_path_factory.mktemp("bert")
    BertModel(shape, add_pooling_layer=False).save_pretrained(folder)
    return folder


def write_onnx(source: Path, target: Path) -> Path:
    """Write weights as exporters do: a product's matrix transposed and without its name."""
    weights, nodes, tensors = load_file(source), [], []
    for number, (name, value) in enumerate(weights.items()):
        is_product = name.startswith("encoder.") and value.ndim == 2
        stored = f"onnx::MatMul_{number}" if is_product else name
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(value.T if is_product else value), stored))
        if is_product:
            called = "/" + name.removesuffix(".weight").replace(".", "/").replace("layer/", "layer.") + "/MatMul"
            nodes.append(helper.make_node("MatMul", ["read", stored], [f"product{number}"], name=called))
    read = helper.make_tensor_value_info("read", TensorProto.FLOAT, None)
    onnx.save(helper.make_model(helper.make_graph(nodes, "bert", [read], [], tensors)), target)
    return target


def read_example() -> tuple[Batch, int]:
    """A batch of one short text and its number of words."""
    featurizer = Featurizer(WordPieces(read_vocabulary(MODELS / "vocab.txt")), build_lexicon({}))
    return featurizer.batch(list(featurizer.windows(["the drug caused pain"]))), 4


def assert_same(tagger: Tagger, folder: Path) -> None:
    """Our encoder gives each word the hidden state of transformers' BERT."""
    batch, num_words = read_example()
    theirs = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()  # type: ignore[no-untyped-call]
    features = torch.zeros(*batch.word_mask.shape, tagger.config.characters + batch.lexicon.shape[-1])
    with torch.inference_mode():
        words = tagger.eval().encoder(batch, features)
        expected = theirs(batch.pieces, attention_mask=batch.piece_mask.long()).last_hidden_state
    assert batch.pieces.shape[1] == num_words + 2
    torch.testing.assert_close(words[0], expected[0, 1:-1], atol=1e-4, rtol=1e-3)


def test_the_shipped_word_pieces_are_the_encoders() -> None:
    assert read_vocabulary(MODELS / "vocab.txt") == read_vocabulary(minilm_folder() / "vocab.txt")


def test_our_encoder_computes_what_the_packaged_one_does() -> None:
    assert_same(start_from_encoder(), minilm_folder())


def test_another_bert_is_read_from_safetensors(small_bert: Path) -> None:
    tagger = start_from_encoder(small_bert / "model.safetensors")
    assert (tagger.config.layers, tagger.config.width, tagger.config.inner) == (2, 24, 48)
    assert not tagger.encoder.words.weight.requires_grad
    assert_same(tagger, small_bert)


def test_another_bert_is_read_from_onnx(small_bert: Path, tmp_path: Path) -> None:
    file = write_onnx(small_bert / "model.safetensors", tmp_path / "bert.onnx")
    assert_same(start_from_encoder(file), small_bert)


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx"])
def test_a_damaged_or_absent_encoder_gets_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{name}: no readable"):
        start_from_encoder(tmp_path / name)
    (tmp_path / name).write_bytes(b"no weights \xff")
    with pytest.raises(InputError, match=f"{name}: no readable"):
        start_from_encoder(tmp_path / name)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    save_file({"conv.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"holds no BERT encoder \('positions.weight' is missing\)"):
        start_from_encoder(tmp_path / "other.safetensors")


def test_an_encoder_of_other_word_pieces_is_refused(small_bert: Path, tmp_path: Path) -> None:
    tensors = load_file(small_bert / "model.safetensors")
    tensors["embeddings.word_embeddings.weight"] = torch.zeros(28996, 24)
    save_file(tensors, tmp_path / "cased.safetensors")
    with pytest.raises(InputError, match="28996 word pieces, 24 wide; 30522"):
        start_from_encoder(tmp_path / "cased.safetensors")


def test_an_encoder_that_lacks_a_layers_part_is_refused(small_bert: Path, tmp_path: Path) -> None:
    tensors = load_file(small_bert / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.bias"]
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(InputError, match=r"lacks layers\.1\.down\.bias;"):
        start_from_encoder(tmp_path / "part.safetensors")


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
