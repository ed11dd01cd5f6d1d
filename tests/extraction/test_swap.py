"""Copies of training texts with other names."""

import random

from extraction.document import EntityType
from extraction.swap import Example, swap, swap_mentions

DRUG, DISEASE, GENE = EntityType.DRUG, EntityType.DISEASE, EntityType.GENE


def named(example: Example) -> list[tuple[str, EntityType]]:
    return [(example.text[a:b], kind) for a, b, kind in example.spans]


def test_a_name_is_exchanged_throughout_a_text_and_spans_move_with_it() -> None:
    text = "aspirin for pain; aspirin again"
    example = Example(text, ((0, 7, DRUG), (12, 16, DISEASE), (18, 25, DRUG)), frozenset({DRUG, DISEASE}))
    copies = [swap(example, {DRUG: ("iron",), DISEASE: ("pain",)}, random.Random(seed)) for seed in range(20)]
    assert {copy.text for copy in copies} == {text, "iron for pain; iron again"}
    for copy in copies:
        first, pain, last = named(copy)
        assert first == last
        assert pain == ("pain", DISEASE)


def test_of_overlapping_names_the_longest_stays() -> None:
    example = Example("lung cancer", ((0, 11, DISEASE), (0, 4, DISEASE)), frozenset({DISEASE}))
    assert named(swap(example, {DISEASE: ("lung cancer",)}, random.Random(1))) == [("lung cancer", DISEASE)]


def test_texts_without_diseases_and_drugs_are_not_copied() -> None:
    gene = Example("BRCA1", ((0, 5, GENE),), frozenset({GENE}))
    drug = Example("iron BRCA1", ((0, 4, DRUG), (5, 10, GENE)), frozenset({DRUG, GENE}))
    assert [named(e) for e in swap_mentions([gene, drug], 2, 1)] == 2 * [[("iron", DRUG), ("BRCA1", GENE)]]
