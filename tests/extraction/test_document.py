"""Values that travel through the extraction room."""

from extraction.document import EntityType, content_hash


def test_entity_types_are_the_contracts() -> None:
    assert {t.value for t in EntityType} == {
        "disease", "drug", "symptom", "gene", "variant", "procedure", "lab_test", "dose",
    }  # fmt: skip


def test_content_hash_tells_title_from_text() -> None:
    assert content_hash("a", "b") != content_hash("", "ab")
    assert content_hash("a", "b") == content_hash("a", "b")
