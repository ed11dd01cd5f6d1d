"""The command line as a user meets it: help, exit codes, one sentence for every error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import cli

ROOT = Path(__file__).parents[1]
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))])


def run(*words: str, cwd: Path = ROOT, piped: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cli import app; app()", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, input=piped)


def verbs(command: object = None, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, verb in getattr(command or get_command(cli.app), "commands", {}).items():
        if getattr(verb, "commands", None):
            yield from verbs(verb, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", verb


VERBS = dict(verbs())


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_and_an_example(name: str) -> None:
    verb = VERBS[name]
    assert verb.help, f"{name} has no help"  # type: ignore[attr-defined]
    assert verb.epilog.startswith(f"Example: theragraph {name}"), f"{name} has no example"  # type: ignore[attr-defined]
    assert f"theragraph {name}" in DOCS, f"the documentation shows no `theragraph {name}`"


def test_help_imports_nothing_heavy() -> None:
    heavy = ("torch", "spacy", "neo4j", "polars", "fhir", "rdflib")
    code = f"import sys, cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_telemetry_is_off_before_anything_is_imported() -> None:
    code = "import os, cli; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["--graph", "nowhere", "status"], 2, "does not select a graph"),
        (["--graph", "bolt://127.0.0.1:9", "status"], 3, "cannot be reached"),
        (["--graph", "embedded:/proc/nothing", "status"], 2, "cannot be written"),
        (["nonsense"], 2, "No such command"),
        (["cypher"], 2, "No query was given"),
        (["extract", "annotate", "no-such-file.txt", "--model", "dictionary"], 2, "no such file"),
        (["extract", "annotate", "README.md", "--model", "nothing_md"], 2, "nothing_md"),
        (["evaluate", "--model", "no-model", "--test", "README.md"], 2, "no-model"),
        (["diff", "nothing", "nothing"], 2, "is no release"),
        (["--graph", "bolt://127.0.0.1:9", "recommend", "no-such-patient.json"], 2, "is not a file"),
        (["--graph", "bolt://127.0.0.1:9", "recommend", "no-such-folder", "--batch"], 2, "is not a folder"),
        (["neo4j", "install", "3.5"], 2, "There is no Neo4j version"),
    ],
)
def test_bad_input_gets_one_sentence_and_its_exit_code(words: list[str], exit_code: int, sentence: str) -> None:
    done = run(*words)
    assert done.returncode == exit_code, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_debug_shows_the_traceback() -> None:
    assert "Traceback" in run("--debug", "--graph", "nowhere", "status").stderr


class TestOnAGraph:
    """Verbs that need a graph, on the embedded server."""

    @pytest.fixture(autouse=True)
    def _graph(self, embedded_selector: str) -> None:
        self.graph = embedded_selector

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("--graph", self.graph, *words)

    def test_rows_as_json_table_and_csv(self) -> None:
        query = "UNWIND [1, 2] AS n RETURN n, 'ü' AS text"
        assert json.loads(self.run("cypher", query, "--json").stdout) == [{"n": 1, "text": "ü"}, {"n": 2, "text": "ü"}]
        assert self.run("cypher", query, "--format", "csv").stdout.split() == ["n,text", "1,ü", "2,ü"]
        assert "text" in self.run("cypher", query).stdout

    def test_a_query_may_be_piped(self) -> None:
        done = run("--graph", self.graph, "cypher", "--json", piped="RETURN\n  1 AS n;\n")
        assert json.loads(done.stdout) == [{"n": 1}]

    def test_the_schema_as_text_and_as_a_picture(self, tmp_path: Path) -> None:
        refused = self.run("schema", "--out", str(tmp_path / "a.png"))
        assert refused.returncode == 2
        assert "ends with .svg or .html" in refused.stderr
        done = self.run("schema", "--out", str(tmp_path / "a.svg"), "--json")
        assert set(json.loads(done.stdout)) == {"nodes", "edges"}
        assert (tmp_path / "a.svg").read_text().startswith("<svg")

    def test_rows_as_parquet(self, tmp_path: Path) -> None:
        import polars

        out = tmp_path / "rows.parquet"
        self.run("cypher", "UNWIND [1, 2] AS n RETURN n", "--format", "parquet", "--out", str(out))
        assert polars.read_parquet(out)["n"].to_list() == [1, 2]

    def test_answers_keep_their_digits_and_columns_on_the_way_to_a_file(self, tmp_path: Path) -> None:
        out = tmp_path / "rows.csv"
        for limits, expected in (("", "0.123456789,12345678.9"), (" LIMIT 0", "")):
            query = f"RETURN 0.123456789 AS a, 12345678.9 AS b{limits}"
            done = self.run("cypher", query, "--format", "csv", "--out", str(out))
            assert (done.stdout, out.read_text().splitlines()) == ("", ["a,b", *([expected] if expected else [])])
        refused = self.run(
            "cypher", "RETURN 1 AS n", "--format", "parquet", "--out", str(tmp_path / "no" / "x.parquet")
        )
        assert refused.returncode == 2
        assert "is no folder" in refused.stderr

    def test_parameters_are_json_or_text(self) -> None:
        done = self.run("cypher", "RETURN $a AS a, $b AS b", "--param", "a=[1, 2]", "--param", "b=x y", "--json")
        assert json.loads(done.stdout) == [{"a": [1, 2], "b": "x y"}]

    def test_writes_need_leave(self) -> None:
        refused = self.run("cypher", "CREATE (n:Entity:Drug {curie: 'CLI:1'})", "--json")
        assert refused.returncode == 2
        assert "--write" in refused.stderr
        assert self.run("cypher", "CREATE (n:Entity:Drug {curie: 'CLI:1'})", "--write", "--json").returncode == 0
        self.run("cypher", "MATCH (n:Entity {curie: 'CLI:1'}) DELETE n", "--write")

    def test_an_unknown_source_is_answered_with_the_known_ones(self) -> None:
        done = self.run("build", "hpoo")
        assert done.returncode == 2
        assert 'Did you mean "hpo"?' in done.stderr

    def test_a_bundle_without_a_patient(self, tmp_path: Path) -> None:
        path = tmp_path / "bundle.json"
        path.write_text('{"resourceType": "Bundle", "type": "collection", "entry": []}')
        done = self.run("recommend", str(path))
        assert done.returncode == 2
        assert "Patient" in done.stderr

    def test_truncated_json(self, tmp_path: Path) -> None:
        path = tmp_path / "bundle.json"
        path.write_text('{"resourceType": "Bundle", "entry": [')
        done = self.run("recommend", str(path))
        assert done.returncode == 2
        assert "bundle.json" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_pharmcat_report_joins_a_patient(self, tmp_path: Path) -> None:
        (tmp_path / "patient.yaml").write_text("patient_id: p1\nage_years: 50\nsex: female\n")
        diplotype = {"allele1": {"name": "*2"}, "allele2": {"name": "*2"}, "phenotypes": ["Poor Metabolizer"]}
        genes = {"CYP2C19": {"geneSymbol": "CYP2C19", "sourceDiplotypes": [diplotype]}}
        (tmp_path / "report.json").write_text(json.dumps({"geneReports": {"CPIC": genes}}))
        patient, report = str(tmp_path / "patient.yaml"), str(tmp_path / "report.json")
        known = json.loads(self.run("recommend", patient, "--genome", report, "--json").stdout)["known"]
        assert {"what": "genetic tests", "said": ["CYP2C19 *2/*2; Poor Metabolizer"], "missing": False} in known

    def test_a_batch_goes_on_after_a_bad_patient(self, tmp_path: Path) -> None:
        (tmp_path / "bad.json").write_text("{")
        (tmp_path / "good.yaml").write_text("patient_id: p1\nage_years: 50\nsex: female\n")
        done = self.run("recommend", str(tmp_path), "--batch", "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 1
        assert set(lines[0]) == {"patient", "error"}
        assert lines[1]["abstained"] is True
