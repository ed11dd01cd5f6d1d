"""Recognizers by name."""

from dataclasses import replace

import pytest
import spacy
import torch

from extraction.document import EntityType
from extraction.ner import PipelineRecognizer, TaggerRecognizer, load_recognizer, where_to_get
from kg.errors import UnknownNameError

TEXT = "Naloxone reverses the antihypertensive effect of clonidine. Lidocaine-induced cardiac asystole was seen."


@pytest.mark.parametrize("name", ["fast", "accurate"])
def test_shipped_models_find_drugs_and_diseases(name: str) -> None:
    spans = next(load_recognizer(name).recognize([TEXT]))
    found = {(TEXT[s.start : s.end], s.type) for s in spans}
    assert {("Naloxone", EntityType.DRUG), ("clonidine", EntityType.DRUG), ("Lidocaine", EntityType.DRUG)} <= found
    assert ("cardiac asystole", EntityType.DISEASE) in found
    assert all(0 < s.score <= 1 for s in spans)
    assert [s.start for s in spans] == sorted(s.start for s in spans)


def test_empty_and_long_texts_keep_their_places() -> None:
    recognizer = load_recognizer("fast")
    assert isinstance(recognizer, TaggerRecognizer)
    long = "No complaint. " * 2000 + "Naloxone was given."
    found = list(recognizer.recognize(["", long, "\n\n", "Aspirin."]))
    assert found[0] == found[2] == []
    assert (long[found[1][-1].start : found[1][-1].end], "Aspirin."[: found[3][0].end]) == ("Naloxone", "Aspirin")


def test_texts_read_together_or_alone_give_the_same_spans() -> None:
    recognizer = load_recognizer("fast")
    assert isinstance(recognizer, TaggerRecognizer)
    together = list(recognizer.recognize([TEXT, "Aspirin caused bleeding."]))
    alone = [next(recognizer.recognize([t])) for t in (TEXT, "Aspirin caused bleeding.")]
    places = [[[(s.start, s.end, s.type) for s in spans] for spans in found] for found in (together, alone)]
    assert places[0] == places[1]


def test_a_convolution_scores_packed_windows_as_it_scores_rows() -> None:
    recognizer = load_recognizer("fast")
    assert isinstance(recognizer, TaggerRecognizer)
    featurizer = recognizer.featurizer
    windows = list(featurizer.windows([TEXT, "Aspirin caused bleeding.", TEXT[60:]]))
    packed = recognizer.score_labels(featurizer.pack(windows))[0]
    rows = recognizer.score_labels(featurizer.batch(windows))
    start = 0
    for window, row in zip(windows, rows, strict=True):
        size = len(window.words)
        torch.testing.assert_close(packed[start : start + size], row[:size], atol=1e-2, rtol=1e-2)
        start += size + 1


def test_small_groups_give_the_same_spans() -> None:
    recognizer = load_recognizer("fast")
    assert isinstance(recognizer, TaggerRecognizer)
    texts = [TEXT, "", "Aspirin caused bleeding.", TEXT * 20]
    found = [list(replace(recognizer, packed=num).recognize(texts)) for num in (1, 50, 1024)]
    places = [[[(s.start, s.end, s.type) for s in spans] for spans in texts] for texts in found]
    assert places[0] == places[1] == places[2]


def test_a_spacy_pipelines_labels_are_mapped() -> None:
    language = spacy.blank("en")
    ruler = language.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "CHEMICAL", "pattern": "aspirin"},
            {"label": "DISEASE", "pattern": "gout"},
            {"label": "CITY", "pattern": "Bath"},
        ]
    )
    spans = next(PipelineRecognizer(language).recognize(["aspirin for gout in Bath"]))
    assert [(s.start, s.end, s.type) for s in spans] == [(0, 7, EntityType.DRUG), (12, 16, EntityType.DISEASE)]


def test_an_absent_model_says_where_it_comes_from() -> None:
    with pytest.raises(UnknownNameError, match="en_ner_bc5cdr_md") as raised:
        load_recognizer("en_ner_bc5cdr_md")
    assert "allenai/scispacy" in str(raised.value)
    assert "spacy.io/models" in where_to_get("de_core_news_sm")


def test_taggers_count_by_their_shares() -> None:
    recognizer = load_recognizer("accurate")
    assert isinstance(recognizer, TaggerRecognizer)
    assert recognizer.shares == pytest.approx((0.6, 0.2, 0.2))
    batch = recognizer.featurizer.batch(list(recognizer.featurizer.windows([TEXT])))
    alone = [replace(recognizer, taggers=(tagger,), shares=(1.0,)).score_labels(batch) for tagger in recognizer.taggers]
    mean = torch.log_softmax(0.6 * alone[0] + 0.2 * alone[1] + 0.2 * alone[2], dim=-1)
    torch.testing.assert_close(recognizer.score_labels(batch), mean, atol=1e-4, rtol=1e-4)
