"""Languages that are not read."""

import pytest

from extraction.language import find_foreign_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Patient klagt über Schmerzen und wurde mit Metformin behandelt, das er nicht verträgt.", "German"),
        ("Le patient se plaint de douleurs dans la poitrine et il est traité par aspirine.", "French"),
        ("El paciente refiere dolor en el pecho y fue tratado con aspirina por la noche.", "Spanish"),
        ("Il paziente riferisce dolore al torace ed è stato trattato con aspirina per una settimana.", "Italian"),
        ("患者因胸痛入院，诊断为急性心肌梗死，给予阿司匹林治疗。", "Chinese or Japanese"),
        ("Пациент жалуется на боль в груди и принимает аспирин.", "Russian or another language in Cyrillic letters"),
        ("المريض يعاني من ألم في الصدر ويتناول الأسبرين", "Arabic or another language in Arabic letters"),
    ],
)  # fmt: skip
def test_foreign_text_is_named(text: str, language: str) -> None:
    assert find_foreign_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "The patient was treated with metformin for diabetes and did not have any pain.",
        "No tobacco use, occasional EtOH, no known drug use, works as a real estate agent.",
        "BP 120/80, HR 72, no JVD, no edema, A&O x3, CN II-XII intact.",
        "TNF-α and β-blockers; Crohn's; Sjögren; naïve T cells of the patient were measured in vitro.",
        "Dolor.",
        "",
    ],
)
def test_english_and_too_short_texts_pass(text: str) -> None:
    assert find_foreign_language(text) == ""
