"""Linking spans."""

import json
import math
from pathlib import Path

import pytest

from extraction.candidates import FEATURES, CandidateFinder, Name
from extraction.document import EntityType, Link, LinkRequest, Span
from extraction.link import ConceptLinker, find_names, gather, load_linker, read_rankers, words_around
from extraction.meaning import Meaning
from extraction.memory import build_memory
from extraction.ranker import Ranker
from kg.errors import ModelError
from kg.model import Mention
from tests.extraction.concept_examples import ASPIRIN, HYPERTENSION, HYPOTENSION, VASCULAR, make_table

RANKER = Ranker(dict.fromkeys(FEATURES, 0.0) | {"name": 4.0, "synonym": 3.0, "similarity": 3.0}, nil=1.0)


def make_linker(ids: str = "MESH") -> ConceptLinker:
    return ConceptLinker(CandidateFinder(make_table(), build_memory([])), RANKER, ids)


def link_all(linker: ConceptLinker, text: str, *spans: Span, **long_forms: str) -> list[Link]:
    return next(linker.link([LinkRequest(text, spans, long_forms)]))


def to_question(name: str) -> tuple[LinkRequest, list[tuple[Name, ...]], list[bool]]:
    request = LinkRequest(name, (Span(0, len(name), EntityType.DISEASE),), {})
    return request, find_names(request), [True]


def test_a_name_is_linked_with_its_softmax_probability() -> None:
    link = link_all(make_linker(), "aspirin", Span(0, 7, EntityType.DRUG))[0]
    assert link.curie == ASPIRIN
    assert link.score == pytest.approx(0.9526, abs=1e-4)


def test_the_graph_has_its_own_identifiers() -> None:
    assert link_all(make_linker(""), "aspirin", Span(0, 7, EntityType.DRUG))[0].curie == "DRUGBANK:DB00945"


def test_nothing_alike_is_nil() -> None:
    assert link_all(make_linker(), "zzqq", Span(0, 4, EntityType.DRUG)) == [Link("", 0.0)]


def test_types_without_concepts_are_nil() -> None:
    assert link_all(make_linker(), "BRCA1", Span(0, 5, EntityType.GENE)) == [Link("", 0.0)]


def test_a_recognizers_curie_stays_where_it_is_of_the_wanted_kind() -> None:
    span = Span(0, 5, EntityType.GENE, 1.0, "NCBIGene:672")
    assert link_all(make_linker(""), "BRCA1", span) == [Link("NCBIGene:672", 1.0)]
    assert link_all(make_linker("MESH"), "BRCA1", span) == [Link("", 0.0)]


def test_an_abbreviation_is_looked_up_by_its_long_form() -> None:
    assert (
        link_all(make_linker(), "HBP", Span(0, 3, EntityType.DISEASE), HBP="high blood pressure")[0].curie
        == HYPERTENSION
    )


def test_a_span_in_brackets_after_one_of_its_type_is_its_abbreviation() -> None:
    text = "high blood pressure (HBP) rose"
    spans = (Span(0, 19, EntityType.DISEASE), Span(21, 24, EntityType.DISEASE))
    names = find_names(LinkRequest(text, spans, {}))
    assert [name.key for name in names[1]] == ["hbp", "high blood pressure"]
    assert [link.curie for link in link_all(make_linker(), text, *spans)] == [HYPERTENSION, HYPERTENSION]


def test_the_shipped_linker_links() -> None:
    text = "naloxone reversed hypotension"
    spans = (Span(0, 8, EntityType.DRUG), Span(18, 29, EntityType.DISEASE))
    assert [link.curie for link in link_all(load_linker("MESH"), text, *spans)] == ["MESH:D009270", "MESH:D007022"]


def test_a_doubtful_link_is_thought_over_where_meaning_is_asked_for() -> None:
    ranker = Ranker(dict.fromkeys(FEATURES, 0.0), nil=0.5)
    by_context = Meaning(odds=0.0, name=0.0, context=20.0, nil=0.0)
    seen = [Mention("d", 0, 7, "trouble", "disease", curie) for curie in (HYPERTENSION, VASCULAR)]
    finder = CandidateFinder(make_table(), build_memory(seen))
    text, span = "leaking blood vessels: trouble", Span(23, 30, EntityType.DISEASE)
    by_names = link_all(ConceptLinker(finder, ranker, "MESH"), text, span)[0]
    by_meaning = link_all(ConceptLinker(finder, ranker, "MESH", by_context), text, span)[0]
    assert by_names.score == pytest.approx(1 / (2 + math.exp(0.5)))
    assert by_meaning.curie == VASCULAR
    assert by_meaning.score > 0.5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Since the operation last year the patient has had ", ", which allopurinol did not prevent"),
        ("- hypertension\n- ", "\n- asthma\n"),
        ("", ""),
        ("x" * 50, "y" * 50),
    ],
)
def test_a_names_surroundings_are_bounded_and_of_its_line(before: str, after: str) -> None:
    around = words_around(f"{before}gout{after}", Span(len(before), len(before) + 4, EntityType.DISEASE))
    assert "gout" in around
    assert "\n" not in around
    assert len(around) <= 64


def test_a_names_surroundings_are_whole_words() -> None:
    text = "Since the operation last year the patient has had gout, which allopurinol did not prevent at all."
    start = text.index("gout")
    around = words_around(text, Span(start, start + 4, EntityType.DISEASE))
    assert around == "year the patient has had gout, which allopurinol did not"


def test_a_look_alike_of_the_reverse_is_no_candidate() -> None:
    finder = CandidateFinder(make_table(), build_memory([]))
    [asked] = gather(finder, *to_question("drop in blood pressure"))
    assert asked.curies == (HYPOTENSION,)


def test_many_documents_keep_their_own_links_with_meaning() -> None:
    linker = load_linker("MESH")
    names = ["renal calculi in the bladder", "naloxone", "BRCA1", "hypotension"]
    kinds = [EntityType.DISEASE, EntityType.DRUG, EntityType.GENE, EntityType.DISEASE]
    requests = [LinkRequest(n, (Span(0, len(n), k),), {}) for n, k in zip(names, kinds, strict=True)] * 10
    together = list(linker.link(requests))
    alone = [next(linker.link([request])) for request in requests[:4]]
    assert [[link.curie for link in links] for links in together] == [[x.curie for x in links] for links in alone] * 10
    assert together[2] == [Link("", 0.0)]


def test_both_models_are_read_and_the_second_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    values = {"weights": dict.fromkeys(FEATURES, 1.0), "nil": 0.5, "lowest": 0.1}
    path.write_text(json.dumps(values), "utf-8")
    assert read_rankers(path) == (Ranker(values["weights"], 0.5, 0.1), None)
    path.write_text(json.dumps(values | {"meaning": {"odds": 1, "name": 2, "context": 3, "nil": 4}}), "utf-8")
    assert read_rankers(path)[1] == Meaning(1, 2, 3, 4)
    path.write_text(json.dumps(values | {"meaning": {"odds": 1}}), "utf-8")
    with pytest.raises(ModelError, match="train the linker again"):
        read_rankers(path)


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"weights": {"name": 1}, "nil": 0, "lowest": 0.1}', "utf-8")
    with pytest.raises(ModelError, match="train the linker again"):
        read_rankers(tmp_path / "r.json")
    with pytest.raises(ModelError, match="missing"):
        read_rankers(tmp_path / "none.json")
