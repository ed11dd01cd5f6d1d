"""Reading starter tables."""

from pathlib import Path

import pytest

from ontologies.starter import TableError, read_table, split
from tests.ontologies.starter_tables import write_starter


def test_rows_are_keyed_by_column_and_unknown_cells_empty(tmp_path: Path) -> None:
    (row,) = read_table("contraindications", write_starter(tmp_path))
    assert (row["drug"], row["curie"], row["population"]) == ("lisinopril", "DOID:1558", "")


def test_lists_are_split(tmp_path: Path) -> None:
    (row,) = read_table("conditions", write_starter(tmp_path))
    assert split(row["xrefs"]) == ("MESH:D006973", "ICD10CM:I10")
    assert split("") == ()


def test_a_row_of_wrong_length_names_file_and_line(tmp_path: Path) -> None:
    folder = write_starter(tmp_path)
    with (folder / "qt_risk.tsv").open("a") as handle:
        handle.write("lisinopril\tknown\n")
    with pytest.raises(TableError, match=r"qt_risk\.tsv, line 2: 2 cells; expected 4"):
        read_table("qt_risk", folder)


def test_a_wrong_header_names_what_is_expected(tmp_path: Path) -> None:
    folder = write_starter(tmp_path)
    (folder / "qt_risk.tsv").write_text("medicine\trisk\n")
    with pytest.raises(TableError, match=r"line 1: the columns are medicine, risk; expected drug, risk"):
        read_table("qt_risk", folder)


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is missing"):
        read_table("drugs", tmp_path)
