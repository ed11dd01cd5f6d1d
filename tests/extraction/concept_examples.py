"""A concept table small enough to work out by hand."""

from extraction.concepts import ConceptTable, build_concepts

HYPERTENSION, HYPOTENSION, ASPIRIN, CLONIDINE = "MESH:D006973", "MESH:D007022", "MESH:D001241", "MESH:D003000"
VASCULAR = "MESH:D014652"


def make_table() -> ConceptTable:
    return build_concepts(
        [
            ("disease", HYPERTENSION, "DOID:10763", "C14.907.489", "hypertension|high blood pressure"),
            ("disease", HYPOTENSION, "", "C14.907.514", "hypotension|low blood pressure"),
            ("disease", VASCULAR, "", "C14.907", "vascular disease"),
            ("drug", ASPIRIN, "DRUGBANK:DB00945", "D02.455", "aspirin|acetylsalicylic acid|asa"),
            ("drug", CLONIDINE, "DRUGBANK:DB00575", "D03.383", "clonidine"),
            ("drug", "MESH:C000001", "", "", "compound 7"),
        ]
    )
