"""One door for every form in which a patient may come: the file says which it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from kg.errors import FormatError, InputError
from recommender.csv_tables import find_csv
from recommender.patient import Patient
from recommender.read_eicu import read_eicu
from recommender.read_fhir import read_bundle, read_json
from recommender.read_mimic import read_mimic
from recommender.read_pharmcat import is_pharmcat, read_pharmcat
from recommender.read_yaml import read_plain

SUFFIXES: Final = (".json", ".json.gz", ".yaml", ".yml")


def read_patient(path: Path, *, as_of: date | None = None) -> Patient:
    """Read a FHIR Bundle, a PharmCAT report or a plain YAML or JSON patient; InputError when it is none of them."""
    if not path.is_file():
        raise InputError(f'"{path}" is not a file; give a FHIR Bundle (.json), or a patient as .yaml or .json.')
    if path.suffix in (".yaml", ".yml"):
        return read_plain(_read_yaml(path), where=path.name, as_of=as_of)
    if not path.name.endswith(SUFFIXES):
        raise InputError(f'"{path}" ends with none of {", ".join(SUFFIXES)}; rename or convert it.')
    return read_document(read_json(path), where=path.name, as_of=as_of)


def read_document(document: Any, *, where: str = "patient", as_of: date | None = None) -> Patient:
    """Read a parsed FHIR Bundle, PharmCAT report or plain patient; InputError when it is none of them."""
    if isinstance(document, dict) and "resourceType" not in document:
        if is_pharmcat(document):
            return read_pharmcat(document, where=where, as_of=as_of)
        if "patient_id" in document:
            return read_plain(document, where=where, as_of=as_of)
    return read_bundle(document, as_of=as_of, where=where)


def find_patient_files(folder: Path) -> Iterator[Path]:
    """Every file of a folder that could hold a patient, sorted by name; InputError when there is no such folder."""
    if not folder.is_dir():
        raise InputError(f'"{folder}" is not a folder; give one that holds patient files.')
    return (path for path in sorted(folder.iterdir()) if path.is_file() and path.name.endswith(SUFFIXES))


def find_patients(folder: Path) -> Iterator[Path | Patient]:
    """The patients of a folder: MIMIC-III's or eICU's, told by their tables, else every file that could hold one."""
    if find_csv(folder, "patients") and find_csv(folder, "diagnoses_icd"):
        yield from read_mimic(folder)
    elif find_csv(folder, "patient") and find_csv(folder, "diagnosis"):
        yield from read_eicu(folder)
    else:
        yield from find_patient_files(folder)


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(path, f"cannot be read ({error.strerror})", "give a readable file") from error
    except UnicodeDecodeError as error:
        raise FormatError(path, f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise FormatError(path, "is not YAML", "correct it at this line", line=line) from error
