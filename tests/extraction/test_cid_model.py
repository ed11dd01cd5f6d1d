"""The relation model, trained in a moment on made-up documents."""

from dataclasses import replace
from pathlib import Path

import pytest

from extraction.cid import read_pairs
from extraction.cid_model import (
    CidModel,
    RelatedDocument,
    keep_stated,
    load_cid_model,
    read_induced,
    to_heading,
    write_cid_model,
)
from extraction.cid_train import BlamingDocument, build_habits, train_cid
from extraction.concepts import read_concepts
from extraction.sentences import split_sentences
from kg.errors import ModelError
from kg.model import Mention, Statement
from ontologies.biolink import Predicate
from tests.extraction.concept_examples import ASPIRIN, CLONIDINE, HYPERTENSION, HYPOTENSION, make_table

CAUSED = "Clonidine-induced hypotension."
TREATED = "Aspirin for hypertension."


def make_document(text: str) -> BlamingDocument:
    names = {"Clonidine": ("drug", CLONIDINE), "Aspirin": ("drug", ASPIRIN)}
    names |= {"hypotension": ("disease", HYPOTENSION), "hypertension": ("disease", HYPERTENSION)}
    mentions = tuple(
        Mention("d", text.index(n), text.index(n) + len(n), n, kind, curie)
        for n, (kind, curie) in names.items()
        if n in text
    )
    blamed = frozenset({(CLONIDINE, HYPOTENSION)}) if "induced" in text else frozenset()
    return BlamingDocument(text, mentions, split_sentences(text), blamed)


def to_related(document: BlamingDocument, *statements: Statement) -> RelatedDocument:
    return RelatedDocument("d", document.text, document.mentions, document.sentences, statements)


@pytest.fixture(scope="module")
def model() -> CidModel:
    documents = [make_document(t) for t in (CAUSED, TREATED) for _ in range(60)]
    return train_cid(documents, make_table(), lowest=0.5, rounds=40)


def test_habits_count_documents() -> None:
    habits = build_habits([make_document(CAUSED), make_document(CAUSED), make_document(TREATED)])
    assert (habits.named[CLONIDINE], habits.blamed[CLONIDINE]) == (2, 2)
    assert habits.named[ASPIRIN] == 1
    assert ASPIRIN not in habits.blamed


def test_what_was_blamed_is_stated_with_its_sentence(model: CidModel) -> None:
    document = make_document("It rose. " + CAUSED)
    stated = model.read([to_related(document)])[0]
    assert [(s.subject, s.predicate, s.object) for s in stated] == [(CLONIDINE, Predicate.CAUSES, HYPOTENSION)]
    assert stated[0].sentence == CAUSED
    assert stated[0].confidence is not None
    assert stated[0].confidence >= 0.5


def test_what_was_treated_is_not(model: CidModel) -> None:
    document = make_document(TREATED)
    assert model.read([to_related(document)]) == [()]


def test_no_pairs_no_scores(model: CidModel) -> None:
    assert model.score("Nothing.", [], [(0, 8)]) == []


def test_documents_judged_together_or_alone_get_the_same_scores(model: CidModel) -> None:
    documents = [to_related(make_document(text)) for text in (CAUSED, "Nothing.", TREATED)]
    together = model.score_documents(documents)
    assert together == [model.score(d.text, d.mentions, d.sentences) for d in documents]
    assert [len(scored) for scored in together] == [1, 0, 1]
    assert model.score_documents([]) == []


def test_a_model_survives_the_disk(model: CidModel, tmp_path: Path) -> None:
    write_cid_model(model, tmp_path / "cid")
    again = load_cid_model(tmp_path / "cid")
    assert again.lowest == model.lowest
    assert again.booster.num_trees() == model.booster.num_trees() == 40


def test_a_missing_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no usable relation model"):
        load_cid_model(tmp_path)


def test_the_best_pair_is_kept_when_none_is_sure() -> None:
    pairs = read_pairs([*make_document(CAUSED).mentions, *make_document(TREATED).mentions])
    scored = list(zip(pairs, (0.1, 0.25, 0.15, 0.05), strict=True))
    assert keep_stated(scored, 0.4) == [scored[1]]
    assert keep_stated(scored, 0.15) == [scored[1], scored[2]]
    assert keep_stated(scored, 0.6) == []
    assert keep_stated([], 0.4) == []


def test_shipped_model_and_rules_agree_on_one_list() -> None:
    document = make_document(CAUSED)
    rule = Statement("d", CLONIDINE, Predicate.CAUSES, HYPOTENSION, 0, 30, CAUSED, rule="induced")
    other = Statement("d", CLONIDINE, Predicate.TREATS, HYPOTENSION, 0, 30, CAUSED, rule="for")
    found = read_induced([to_related(document, rule, other)])[0]
    assert found == (rule, other)


def test_the_shipped_model_speaks_in_the_identifiers_of_its_mentions() -> None:
    document = make_document(CAUSED)
    table = read_concepts()
    named = [replace(m, curie=table.to_graph(m.curie)) for m in document.mentions]
    assert not any(m.curie.startswith("MESH:") for m in named)
    found = read_induced([replace(to_related(document), mentions=tuple(named))])[0]
    assert [(s.subject, s.object) for s in found] == [(named[0].curie, named[1].curie)]


def test_a_concept_the_table_lacks_is_known_by_its_name() -> None:
    mention = Mention("d", 0, 8, "Seizures", "symptom", "HP:0001250")
    assert to_heading(read_concepts(), mention) == "MESH:D012640"
    assert to_heading(read_concepts(), replace(mention, text="Zzz")) == "HP:0001250"


def test_outside_a_corpus_what_a_rule_reads_as_treatment_is_not_blamed() -> None:
    document = make_document(CAUSED)
    treats = Statement("d", CLONIDINE, Predicate.TREATS, HYPOTENSION, 0, 30, CAUSED, rule="for")
    found = read_induced([to_related(document, treats)])[0]
    assert found == (treats,)
    with_corpus = read_induced([to_related(document, treats)], is_corpus=True)[0]
    assert [s.predicate for s in with_corpus] == [Predicate.TREATS, Predicate.CAUSES]
