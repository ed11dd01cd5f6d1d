"""Relations: minimal pairs, every predicate, direction and polarity, anaphora, allergies, family."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from extraction.document import EntityType
from extraction.relations import read_relation_rules, read_relations
from extraction.sections import read_sections
from extraction.sentences import split_sentences
from kg.model import Mention, Statement
from ontologies.biolink import Predicate

TYPES = {"D": "drug", "C": "disease", "S": "symptom", "G": "gene", "V": "variant", "X": "dose"}
PAIRS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "relation_pairs.tsv").read_text("utf-8").splitlines()[1:]
]


def read_marked(marked: str) -> tuple[str, list[Mention]]:
    """Return the text and the mentions that stand in it as `[D:aspirin]`; a mention's CURIE is `x:` and its words."""
    text, mentions = "", []
    for part in re.split(r"(\[[A-Z]:[^\]]*\])", marked):
        match = re.fullmatch(r"\[([A-Z]):([^\]]*)\]", part)
        if match:
            curie = "" if match[1] == "X" else "x:" + match[2].lower().replace(" ", "_")
            mentions.append(Mention("d", len(text), len(text) + len(match[2]), match[2], TYPES[match[1]], curie=curie))
        text += match[2] if match else part
    return text, mentions


def statements_of(marked: str, **flags: bool) -> list[Statement]:
    """Return the statements of a marked text; `flags` are set on every mention that is not a drug."""
    text, mentions = read_marked(marked)
    flagged = [m if m.type == EntityType.DRUG else replace(m, **flags) for m in mentions]
    return list(read_relations("d", text, flagged, split_sentences(text), read_sections(text)))


def triples(marked: str) -> set[tuple[str, str, str]]:
    """Return what is stated, without what is denied."""
    return {(s.subject[2:], s.predicate.value, s.object[2:]) for s in statements_of(marked) if not s.negated}


@pytest.mark.parametrize(("drug", "condition", "treats", "causes"), PAIRS)
def test_given_for_is_not_caused_by(drug: str, condition: str, treats: str, causes: str) -> None:
    subject, target = drug.replace(" ", "_"), condition.replace(" ", "_")
    assert triples(treats) == {(subject, "treats", target)}
    assert triples(causes) == {(subject, "causes", target)}


def test_pair_suite_is_large() -> None:
    assert len({(drug, condition, treats) for drug, condition, treats, _ in PAIRS}) >= 100


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[D:Apixaban] prevents [C:stroke].", ("apixaban", "preventative_for_condition", "stroke")),
        ("[D:Aspirin] reduces the risk of [C:stroke].", ("aspirin", "preventative_for_condition", "stroke")),
        ("[C:DVT] prophylaxis with [D:heparin].", ("heparin", "preventative_for_condition", "dvt")),
        ("[D:Metformin] is contraindicated in [C:uremia].", ("metformin", "contraindicated_in", "uremia")),
        ("Avoid [D:ibuprofen] in patients with [C:ulcers].", ("ibuprofen", "contraindicated_in", "ulcers")),
        ("[C:Asthma] is a contraindication to [D:propranolol].", ("propranolol", "contraindicated_in", "asthma")),
        ("[D:Timolol] worsens [C:asthma].", ("timolol", "exacerbates_condition", "asthma")),
        ("[D:Warfarin] interacts with [D:amiodarone].", ("warfarin", "interacts_with", "amiodarone")),
        ("[D:Rifampicin] lowers the concentration of [D:apixaban].", ("rifampicin", "interacts_with", "apixaban")),
        ("[C:Pneumonia] presents with [S:fever].", ("pneumonia", "has_phenotype", "fever")),
        ("[S:Tremor] is a symptom of [C:anxiety].", ("anxiety", "has_phenotype", "tremor")),
        ("[G:BRAF] mutations predict response to [D:xb].", ("braf", "associated_with_response_to", "xb")),
        ("[G:TPMT] poor metabolizers require less [D:xc].", ("tpmt", "associated_with_response_to", "xc")),
    ],
)  # fmt: skip
def test_every_predicate_with_its_direction(marked: str, expected: tuple[str, str, str]) -> None:
    assert expected in triples(marked)


def test_each_of_a_list_is_meant() -> None:
    expected = {(drug, "treats", "gout") for drug in ("colchicine", "naproxen", "prednisone")}
    assert triples("[D:Colchicine], [D:naproxen] and [D:prednisone] are used for [C:gout].") == expected


@pytest.mark.parametrize(
    "marked",
    [
        "[D:Aspirin] does not cause [C:dementia].",
        "[D:Aspirin] was not effective for [C:dementia].",
        "No cases of [C:dementia] were caused by [D:aspirin].",
        "[C:Dementia] is refractory to [D:aspirin].",
        "[D:Aspirin] failed to prevent [C:dementia].",
    ],
)
def test_denied_statement_is_negated(marked: str) -> None:
    found = statements_of(marked)
    assert found
    assert all(s.negated for s in found)


def test_negated_or_family_mention_makes_no_positive_statement() -> None:
    marked = "[C:Rash] after [D:amoxicillin]."
    assert triples(marked) == {("amoxicillin", "causes", "rash")}
    assert [s.negated for s in statements_of(marked, negated=True)] == [True]
    assert statements_of(marked, family=True) == []


def test_doubt_lowers_confidence_and_is_kept() -> None:
    sure = statements_of("[D:Aspirin] causes [C:ulcers].")[0]
    unsure = statements_of("[D:Aspirin] may cause [C:ulcers].")[0]
    assert (sure.uncertain, unsure.uncertain) == (False, True)
    assert unsure.confidence == pytest.approx(0.7 * sure.confidence, abs=1e-3)


def test_this_drug_is_the_only_drug_of_the_sentence_before() -> None:
    marked = "[D:Amiodarone] is effective for [C:fibrillation]. This drug can cause [C:hypothyroidism]."
    assert ("amiodarone", "causes", "hypothyroidism") in triples(marked)


def test_this_drug_after_two_drugs_is_nobody() -> None:
    marked = "[D:Aspirin] was compared with [D:heparin]. This drug can cause [C:bleeding]."
    assert triples(marked) == set()


def test_subject_reaches_over_a_coordinated_verb() -> None:
    found = triples("[D:Roflumilast] is used for [C:COPD] and may cause [S:weight loss].")
    assert found == {("roflumilast", "treats", "copd"), ("roflumilast", "causes", "weight_loss")}


def test_dose_between_drug_and_condition_is_passed_by() -> None:
    assert triples("[D:Metformin] [X:500 mg twice daily] for [C:diabetes].") == {("metformin", "treats", "diabetes")}


def test_allergy_section_names_reactions() -> None:
    assert triples("ALLERGIES: [D:Penicillin] ([S:hives])") == {("penicillin", "causes", "hives")}
    assert triples("MEDICATIONS: [D:Penicillin] ([S:hives])") == set()


def test_statement_points_to_its_sentence_and_mentions() -> None:
    text, _ = read_marked("Seen today. [D:Aspirin] causes [C:ulcers].")
    statement = statements_of("Seen today. [D:Aspirin] causes [C:ulcers].")[0]
    assert text[statement.start : statement.end] == statement.sentence == "Aspirin causes ulcers."
    assert text[slice(*statement.subject_span)] == "Aspirin"
    assert text[slice(*statement.object_span)] == "ulcers"


def test_rules_have_names_of_their_own_and_probabilities() -> None:
    rules = read_relation_rules()
    assert len({r.name for r in rules}) == len(rules)
    assert all(0 < r.confidence < 1 for r in rules)
    assert {r.predicate for r in rules} >= {
        Predicate.TREATS, Predicate.PREVENTS, Predicate.CAUSES, Predicate.CONTRAINDICATED_IN,
        Predicate.INTERACTS_WITH, Predicate.HAS_PHENOTYPE, Predicate.ASSOCIATED_WITH_RESPONSE_TO,
    }  # fmt: skip
