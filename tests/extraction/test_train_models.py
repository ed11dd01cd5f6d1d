"""What `extract train` writes, on three documents."""

from pathlib import Path

import pytest
import torch

from extraction.cid_model import load_cid_model
from extraction.concepts import read_concepts
from extraction.document import EntityType, LinkRequest, Span
from extraction.link import load_linker
from extraction.ner import TaggerRecognizer, load_recognizer
from extraction.tagger import Tagger, TaggerConfig
from extraction.train import TrainConfig
from extraction.train_models import TrainingRequest, change_config, go_on_from, load_teachers, read_corpora, train_model
from extraction.weights import read_tagger, write_tagger
from kg.errors import InputError, UnknownNameError
from tests.extraction.corpus_examples import write_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus.PubTator.txt")


def test_a_document_is_read_once_and_excluded_ones_never(corpus: Path, tmp_path: Path) -> None:
    again = write_corpus(tmp_path / "again.PubTator.txt")
    corpora = read_corpora([corpus, again], {"2"})
    assert [[d.document.document_id for d in c.documents] for c in corpora] == [["1", "3"], []]


def test_examples_know_what_their_file_annotates(corpus: Path) -> None:
    example = read_corpora([corpus], ())[0].examples()[1]
    assert example.annotated == {EntityType.DISEASE, EntityType.DRUG}
    assert {example.text[a:b] for a, b, _ in example.spans} == {"Aspirin", "hypertension"}


def test_nothing_left_to_train_on_is_an_error(corpus: Path) -> None:
    with pytest.raises(InputError, match="no document is left"):
        read_corpora([corpus], {"1", "2", "3"})


def test_an_unknown_model_is_named(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="accurate, fast, linker, relations"):
        train_model("medium", TrainingRequest((corpus,), tmp_path / "out"))


def test_a_fast_tagger_can_be_trained_and_loaded(corpus: Path, tmp_path: Path) -> None:
    config = TrainConfig(epochs=40, batch=4, head_rate=3e-3)
    folder = train_model("fast", TrainingRequest((corpus,), tmp_path / "fast", config=config))
    recognizer = load_recognizer(str(folder))
    assert isinstance(recognizer, TaggerRecognizer)
    text = "Clonidine induced hypotension."
    assert {"Clonidine", "hypotension"} <= {text[s.start : s.end] for s in next(recognizer.recognize([text]))}


def test_a_linker_can_be_trained_and_loaded(corpus: Path, tmp_path: Path) -> None:
    folder = train_model("linker", TrainingRequest((corpus,), tmp_path / "linker"))
    request = LinkRequest("clonidine", (Span(0, 9, EntityType.DRUG),), {})
    assert next(load_linker("MESH", folder).link([request]))[0].curie == "MESH:D003000"


def test_a_relation_model_can_be_trained_and_loaded(corpus: Path, tmp_path: Path) -> None:
    folder = train_model("relations", TrainingRequest((corpus,), tmp_path / "cid"))
    habits = load_cid_model(folder).habits
    assert (habits.named["MESH:D003000"], habits.blamed["MESH:D003000"]) == (2, 2)
    assert load_cid_model(folder).table is read_concepts()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_without_a_device_gets_a_sentence_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no CUDA device here; use --device cpu"):
        train_model("fast", TrainingRequest((tmp_path / "absent.txt",), tmp_path / "out", device="cuda"))


def test_several_teachers_are_one(corpus: Path, tmp_path: Path) -> None:
    folder = train_model("fast", TrainingRequest((corpus,), tmp_path / "a", config=TrainConfig(epochs=1), device="cpu"))
    assert len(load_teachers(("fast", str(folder))).taggers) == 2
    with pytest.raises(UnknownNameError, match="installed model"):
        load_teachers(("fast", "absent"))


def write_filled(folder: Path, value: float, width: int = 8) -> Path:
    """Write a convolution tagger whose every weight is `value`."""
    tagger = TaggerConfig(kind="cnn", vocabulary=40, width=width, layers=1, inner=8, hidden=8).create()
    fill(tagger, value)
    write_tagger(tagger, folder)
    return folder


def fill(tagger: Tagger, value: float) -> None:
    with torch.no_grad():
        for parameter in tagger.parameters():
            parameter.fill_(value)


def test_training_goes_on_from_the_mean_of_several(tmp_path: Path) -> None:
    folders = (write_filled(tmp_path / "a", 0.25), write_filled(tmp_path / "b", 0.75))
    expected = read_tagger(folders[0])
    fill(expected, 0.5)
    found = go_on_from(folders, "cnn").state_dict()
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(found[name], value, atol=1e-3, rtol=0)


def test_a_mean_needs_taggers_of_one_shape(tmp_path: Path) -> None:
    folders = (write_filled(tmp_path / "a", 0.25), write_filled(tmp_path / "b", 0.75, width=16))
    with pytest.raises(InputError, match=r"b: of another shape than .*a; only taggers of one shape have a mean"):
        go_on_from(folders, "cnn")
    with pytest.raises(InputError, match="a: a cnn, not a transformer"):
        go_on_from(folders, "transformer")


def test_a_request_changes_epochs_and_rates_in_proportion(tmp_path: Path) -> None:
    request = TrainingRequest((), tmp_path, seed=3, epochs=2, rate=1e-4)
    changed = change_config(TrainConfig(epochs=6, rate=2e-4, head_rate=1e-3), request)
    assert (changed.seed, changed.epochs, changed.rate, changed.head_rate) == (3, 2, 1e-4, 5e-4)
    assert change_config(TrainConfig(seed=1), TrainingRequest((), tmp_path)) == TrainConfig()


@pytest.mark.parametrize(("epochs", "rate"), [(0, None), (None, 0.0), (None, -1e-4)])
def test_epochs_and_rates_out_of_range_are_refused(epochs: int | None, rate: float | None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="epochs must be 1 or more, a rate above 0"):
        change_config(TrainConfig(), TrainingRequest((), tmp_path, epochs=epochs, rate=rate))
