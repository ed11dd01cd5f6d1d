"""The safety tables as a reviewed list: one line a table and subject, with what holds when.

`safety_rules.txt` was first written from the tables, because they are where this knowledge lives, and sampled by
reading. Since then it stands on its own: a rule that is deleted, added or changed in a table differs from the list
until somebody has read the change and made it here by hand, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ontologies.starter import Row, read_table
from ontologies.tables import read_rows

FILE = Path(__file__).with_name("safety_rules.txt")
ARROW, BETWEEN = " → ", " ; "
Rule = tuple[str, str, str, str]

_DESCRIBE: dict[str, Callable[[Row], tuple[str, str, str]]] = {
    "contraindications": lambda r: (r["drug"], _restricted(f"{r['condition']} {r['curie']}", r), r["severity"]),
    "interactions": lambda r: (r["drug_a"], r["drug_b"], r["severity"]),
    "class_members": lambda r: (r["class_id"], r["drug"], "member"),
    "cross_reactivity": lambda r: (r["class_a"], r["class_b"], r["verdict"]),
    "renal_limits": lambda r: (r["drug"], f"{r['measure']} below {r['below']}", r["verdict"]),
    "hepatic_limits": lambda r: (r["drug"], r["child_pugh"], r["verdict"]),
    "pregnancy_lactation": lambda r: (r["drug"], r["state"], r["verdict"]),
    "age_limits": lambda r: (r["drug"], f"{r['min_years'] or '-'} to {r['max_years'] or '-'}", r["verdict"]),
    "gene_drug": lambda r: (r["drug"], f"{r['gene']} {r['finding']}", r["verdict"]),
    "qt_risk": lambda r: (r["drug"], "risk", r["risk"]),
    "food_lifestyle": lambda r: (r["drug"], r["factor"], r["verdict"]),
    "coverage": lambda r: (r["drug"], r["check"], "covered"),
    "partial_coverage": lambda r: (r["drug"], r["check"], "covered in part"),
    "interaction_modifiers": lambda r: (
        f"{r['drug_a']} and {r['drug_b']}",
        " ".join(filter(None, (r["factor"], r["operator"], r["value"]))),
        r["severity"],
    ),
    "lab_findings": lambda r: (r["measure"], f"{r['side']} {r['limit']}", r["curie"]),
    "kidney_stages": lambda r: (r["stage"], f"{r['codes']} or {r['words']}", f"eGFR below {r['egfr_below']}"),
    "reproductive_codes": lambda r: (r["state"], r["code"], r["meaning"]),
    "answer_codes": lambda r: (r["answer"], r["code"], r["meaning"]),
    "procedure_states": lambda r: (r["name"], f"{r['codes']} or {r['words']}", r["curie"]),
}
_BESIDE_STARTER = frozenset(
    {
        *("interaction_modifiers", "lab_findings", "kidney_stages"),
        *("reproductive_codes", "answer_codes", "procedure_states"),
    }
)
TABLES = tuple(_DESCRIBE)


def read_rules(table: str) -> tuple[Rule, ...]:
    """The rules of one table: table, subject, when, what holds."""
    rows = read_rows(table) if table in _BESIDE_STARTER else read_table(table)
    return tuple((table, *_DESCRIBE[table](row)) for row in rows)


def read_list(path: Path = FILE) -> tuple[Rule, ...]:
    """The reviewed list as the same four words a rule."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(
        (table, subject, *part.split(ARROW)) for table, subject, rules in lines for part in rules.split(BETWEEN)
    )  # type: ignore[misc]


def find_differences(reviewed: Iterable[Rule], rules: Iterable[Rule]) -> list[str]:
    """What was deleted from, and what was added to, the tables since the list was reviewed."""
    wanted, found = set(reviewed), set(rules)
    gone = [
        f"missing from {table}.tsv: {subject}, {when}{ARROW}{what}" for table, subject, when, what in wanted - found
    ]
    new = [f"not reviewed in {FILE.name}: {'; '.join(rule)}" for rule in found - wanted]
    return sorted(gone) + sorted(new)


def _restricted(words: str, row: Row) -> str:
    return f"{words} ({row['population']})" if row["population"] else words
