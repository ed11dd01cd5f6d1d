"""Every reader: what it gives, with offsets, and what it does with broken records."""

import base64
import gzip
import json
from pathlib import Path

import pytest

from extraction.document import Skipped, SourceDocument
from extraction.read import READERS, find_format, read_files
from kg.errors import FormatError, InputError, UnknownNameError

PUBTATOR = """10|t|Lithium tremor.
10|a|Lithium causes tremor in mice.
10\t0\t7\tLithium\tChemical\tD008094
10\t23\t29\tcauses\tSpecies\t1
10\t30\t36\ttremor\tDisease\tD014202|OMIM:1
10\tCID\tD008094\tD014202

11|t|Only a title.
"""
MEDLINE = """<?xml version="1.0"?><!DOCTYPE PubmedArticleSet><PubmedArticleSet>
<PubmedArticle><MedlineCitation><PMID Version="1">20</PMID><Article>
<ArticleTitle>On <i>gout</i>.</ArticleTitle>
<Abstract><AbstractText Label="BACKGROUND">Gout hurts.</AbstractText>
<AbstractText Label="RESULTS">It &lt; 5.</AbstractText>
</Abstract></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><PMID>21</PMID><Article><ArticleTitle>Broken <b>here</ArticleTitle></Article></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>22</PMID>
<Article><ArticleTitle>Third.</ArticleTitle></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""
JATS = """<article><front><article-meta><article-id pub-id-type="pmid">30</article-id><title-group>
<article-title>A title</article-title></title-group><abstract><p>Short.</p></abstract></article-meta></front>
<body><sec><title>Methods</title><p>We did.</p><sec><title>Odd</title><p>More.</p></sec></sec></body></article>"""
BIOC = """<collection><document><id>40</id>
<passage><infon key="type">title</infon><offset>0</offset><text>Gout.</text></passage>
<passage><offset>6</offset><text>Colchicine helps gout.</text>
<annotation id="1"><infon key="type">Chemical</infon><infon key="identifier">D003078</infon>
<location offset="6" length="10"/><text>Colchicine</text></annotation>
</passage><relation id="R1"><infon key="type">Treats</infon>
<infon key="entity1">D003078</infon><infon key="entity2">D006073</infon></relation>
</document></collection>"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def documents(path: Path, form: str = "") -> list[SourceDocument]:
    return [i for i in read_files([path], form) if isinstance(i, SourceDocument)]


def skipped(path: Path, form: str = "") -> list[Skipped]:
    return [i for i in read_files([path], form) if isinstance(i, Skipped)]


def test_pubtator_text_is_title_blank_abstract(tmp_path: Path) -> None:
    first, second = documents(write(tmp_path, "a.txt", PUBTATOR))
    assert first.document.text == "Lithium tremor. Lithium causes tremor in mice."
    assert [(m.start, m.end, m.type, m.curie) for m in first.mentions] == [
        (0, 7, "drug", "MESH:D008094"),
    ]
    assert [(r.type, r.subject, r.object) for r in first.relations] == [("CID", "MESH:D008094", "MESH:D014202")]
    assert (second.document.document_id, second.document.text) == ("11", "Only a title.")


def test_pubtator_mention_that_is_not_there_is_reported_with_its_line(tmp_path: Path) -> None:
    found = skipped(write(tmp_path, "a.txt", PUBTATOR))
    assert [(s.position, '"tremor" is not at 30-36' in s.reason) for s in found if "tremor" in s.reason] == [
        ("line 5", True)
    ]


def test_pubtator_record_without_title_costs_only_itself(tmp_path: Path) -> None:
    path = write(tmp_path, "a.pubtator", "9|a|No title.\n\n" + PUBTATOR)
    assert [d.document.document_id for d in documents(path)] == ["10", "11"]
    assert skipped(path)[0].position == "line 1"


def test_medline_gz_keeps_labels_and_passes_a_broken_record(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml.gz", gzip.compress(MEDLINE.encode()))
    found = documents(path)
    assert [d.document.document_id for d in found] == ["20", "22"]
    assert found[0].document.text == "On gout. BACKGROUND: Gout hurts. RESULTS: It < 5."
    assert [s.position for s in skipped(path)] == ["record 2"]


def test_truncated_gzip_gives_what_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml.gz", gzip.compress(MEDLINE.encode())[:-9])
    assert [d.document.document_id for d in documents(path, "medline")] == ["20", "22"]
    assert [s.position for s in skipped(path, "medline")] == ["record 2", "after record 3"]
    lines = "\n".join(json.dumps({"text": f"text {n} is here"}) for n in range(20000))
    cut = write(tmp_path, "a.jsonl.gz", gzip.compress(lines.encode())[:-2000])
    assert documents(cut)
    assert "damaged" in skipped(cut)[-1].reason


def test_jats_has_sections_where_its_titles_are(tmp_path: Path) -> None:
    (found,) = documents(write(tmp_path, "a.nxml", JATS))
    text = found.document.text
    assert text == "A title\n\nShort.\n\nWe did.\n\nMore."
    assert [(s.name, text[s.body : s.end].strip()) for s in found.sections] == [
        ("title", "A title"), ("abstract", "Short."), ("methods", "We did."), ("other", "More."),
    ]  # fmt: skip
    assert found.document.document_id == "30"


def test_bioc_xml_and_json_say_the_same(tmp_path: Path) -> None:
    annotation = {"infons": {"type": "Chemical", "identifier": "D003078"}, "text": "Colchicine"}
    annotation["locations"] = [{"offset": 6, "length": 10}]  # type: ignore[assignment]
    record = {
        "id": "40",
        "passages": [
            {"offset": 0, "text": "Gout."},
            {"offset": 6, "text": "Colchicine helps gout.", "annotations": [annotation]},
        ],
        "relations": [{"infons": {"type": "Treats", "entity1": "D003078", "entity2": "D006073"}}],
    }
    (xml,) = documents(write(tmp_path, "a.xml", BIOC))
    (from_json,) = documents(write(tmp_path, "a.json", json.dumps({"documents": [record]})))
    assert xml.document.text == from_json.document.text == "Gout. Colchicine helps gout."
    assert xml.mentions == from_json.mentions
    assert xml.relations == from_json.relations
    assert xml.document.text[xml.mentions[0].start : xml.mentions[0].end] == "Colchicine"


def test_jsonl_broken_lines_are_reported_and_passed(tmp_path: Path) -> None:
    lines = ['{"document_id": "a", "text": "One."}', "{broken", "[1]", '{"x": 1}', '{"title": "T.", "abstract": "A."}']
    path = write(tmp_path, "a.jsonl", "\n".join(lines))
    assert [(d.document.document_id, d.document.text) for d in documents(path)] == [("a", "One."), ("a:5", "T. A.")]
    assert [s.position for s in skipped(path)] == ["line 2", "line 3", "line 4"]


def test_csv_of_notes(tmp_path: Path) -> None:
    path = write(
        tmp_path, "NOTEEVENTS.csv", 'ROW_ID,CATEGORY,TEXT\n1,Nursing,"Line one\nline ""two"""\n2,ECG\n3,X,Ok\n'
    )
    found = documents(path)
    assert [d.document.document_id for d in found] == ["NOTEEVENTS:1", "NOTEEVENTS:3"]
    assert found[0].document.text == 'Line one\nline "two"'
    assert found[0].document.kind == "note"
    assert [s.position for s in skipped(path)] == ["row 2"]


def test_csv_without_a_text_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="none of its columns"):
        documents(write(tmp_path, "a.csv", "x,y\n1,2\n"))


def test_plain_rtf_and_html(tmp_path: Path) -> None:
    assert documents(write(tmp_path, "a.txt", "Chest pain.\r\nNone.\r\n"))[0].document.text == "Chest pain.\nNone.\n"
    assert (
        documents(write(tmp_path, "b.rtf", r"{\rtf1\ansi Chest \b pain\b0.\par}"))[0].document.text.strip()
        == "Chest pain."
    )
    html = "<html><head><style>p{}</style></head><body><p>Chest</p><p>pain &amp; cough</p></body></html>"
    assert documents(write(tmp_path, "c.html", html))[0].document.text == "Chest\npain & cough"


def test_wrong_encoding_is_one_clear_sentence(tmp_path: Path) -> None:
    (problem,) = skipped(write(tmp_path, "a.txt", "Ménière".encode("latin-1")))
    assert problem.position == "byte 1"
    assert "iconv" in problem.reason
    path = write(tmp_path, "a.jsonl", b'{"text": "ok it is"}\n{"text": "M\xe9"}\n')
    assert len(documents(path)) == 1
    assert skipped(path)[0].position == "line 2"


def test_binary_file_is_no_text(tmp_path: Path) -> None:
    assert "not a text file" in skipped(write(tmp_path, "a.txt", b"\x00\xff\x00\x01"))[0].reason


def test_fhir_attachments(tmp_path: Path) -> None:
    def note(content_type: str, text: str) -> dict[str, object]:
        data = base64.b64encode(text.encode()).decode()
        return {"attachment": {"contentType": content_type, "data": data}}

    resources = [
        {"resourceType": "Patient", "id": "p"},
        {"resourceType": "DocumentReference", "id": "d", "content": [note("text/plain", "Cough.")]},
        {
            "resourceType": "DiagnosticReport",
            "id": "r",
            "presentedForm": [note("text/html", "<p>Clear</p>")["attachment"]],
        },
        {"resourceType": "DiagnosticReport", "id": "s", "conclusion": "Normal."},
        {"resourceType": "DocumentReference", "id": "u", "content": [{"attachment": {"url": "Binary/1"}}]},
        {"resourceType": "DocumentReference", "id": "x", "content": [{"attachment": {"data": "a"}}]},
    ]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
    path = write(tmp_path, "a.json", json.dumps(bundle))
    assert [(d.document.document_id, d.document.text) for d in documents(path)] == [
        ("DocumentReference/d", "Cough."), ("DiagnosticReport/r", "Clear"), ("DiagnosticReport/s", "Normal."),
    ]  # fmt: skip
    reasons = [s.reason for s in skipped(path)]
    assert ["Binary/1" in reasons[0], "base64" in reasons[1]] == [True, True]


def test_fhir_ndjson_goes_on_after_a_broken_line(tmp_path: Path) -> None:
    good = {"resourceType": "DiagnosticReport", "id": "s", "conclusion": "Normal."}
    path = write(tmp_path, "a.ndjson", "{oops\n" + json.dumps(good) + "\n{}\n")
    assert [d.document.text for d in documents(path)] == ["Normal."]
    assert [s.position for s in skipped(path)] == ["line 1", "line 3"]


def test_damaged_pdf_is_reported(tmp_path: Path) -> None:
    assert "cannot be read" in skipped(write(tmp_path, "a.pdf", b"%PDF-1.4 nothing"))[0].reason


def test_folder_is_walked_in_order_and_names_do_not_clash(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path, "n.txt", "One.")
    write(tmp_path / "b", "n.txt", "Two.")
    write(tmp_path, ".hidden.txt", "No.")
    write(tmp_path, "README.md", "No.")
    assert sorted(d.document.document_id for d in documents(tmp_path)) == ["b/n", "n"]


def test_same_content_has_the_same_hash(tmp_path: Path) -> None:
    one, two, three = (documents(write(tmp_path, f"{n}.txt", t))[0] for n, t in (("a", "X."), ("b", "X."), ("c", "Y.")))
    assert one.document.content_hash == two.document.content_hash != three.document.content_hash


def test_empty_text_is_skipped(tmp_path: Path) -> None:
    assert "no text" in skipped(write(tmp_path, "a.txt", " \n"))[0].reason


def test_missing_file_and_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_files([tmp_path / "absent.txt"]))
    with pytest.raises(UnknownNameError, match="pubtator"):
        list(read_files([tmp_path], "pubtater"))


def test_format_is_found_by_name_or_content(tmp_path: Path) -> None:
    files = {
        "a.txt": "x",
        "b.txt": PUBTATOR,
        "c.xml": MEDLINE,
        "d.xml": BIOC,
        "e.xml": JATS,
        "f.csv": "text\n",
        "g.pdf": "x",
    }
    found = [find_format(write(tmp_path, name, text)) for name, text in files.items()]
    assert found == ["text", "pubtator", "medline", "bioc", "jats", "csv", "pdf"]
    assert set(found) <= set(READERS)


def test_entities_in_xml_are_refused(tmp_path: Path) -> None:
    passage = "<passage><offset>0</offset><text>&a;</text></passage>"
    bomb = f'<!DOCTYPE x [<!ENTITY a "b">]><collection><document><id>1</id>{passage}</document></collection>'
    assert len(skipped(write(tmp_path, "a.xml", bomb), "bioc")) == 1


@pytest.mark.parametrize(
    ("name", "num_mentions", "num_relations"), [("CDR_TrainingSet", 9385, 1038), ("CDR_DevelopmentSet", 9591, 1012)]
)
def test_bc5cdr_is_read_whole(shared_data, name: str, num_mentions: int, num_relations: int) -> None:  # type: ignore[no-untyped-def]
    """The counts are those of the corpus's own description."""
    found = documents(shared_data("bc5cdr") / f"{name}.PubTator.txt")
    assert len(found) == 500
    assert sum(len(d.mentions) for d in found) == num_mentions
    assert sum(len(d.relations) for d in found) == num_relations
