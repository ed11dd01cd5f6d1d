"""Annotated texts of our own, in PubTator, with offsets that fit."""

from pathlib import Path

_TEXTS = (
    ("1", "Clonidine and blood pressure.", "Clonidine induced hypotension in two patients.", "CID"),
    ("2", "Aspirin for hypertension.", "Aspirin was given to patients with hypertension.", ""),
    ("3", "Clonidine overdose.", "Severe hypotension developed after clonidine.", "CID"),
)
_NAMES = {
    "clonidine": ("Chemical", "D003000"),
    "aspirin": ("Chemical", "D001241"),
    "hypotension": ("Disease", "D007022"),
    "hypertension": ("Disease", "D006973"),
}


def write_corpus(path: Path) -> Path:
    """Write three documents with mentions and relations and return the path."""
    blocks = []
    for number, title, abstract, relation in _TEXTS:
        text = f"{title} {abstract}"
        rows = [f"{number}|t|{title}", f"{number}|a|{abstract}"]
        for name, (kind, identifier) in _NAMES.items():
            start = text.lower().find(name)
            while start >= 0:
                end = start + len(name)
                rows.append(f"{number}\t{start}\t{end}\t{text[start:end]}\t{kind}\t{identifier}")
                start = text.lower().find(name, end)
        rows += [f"{number}\tCID\tD003000\tD007022"] if relation else []
        blocks.append("\n".join(rows))
    path.write_text("\n\n".join(blocks) + "\n", "utf-8")
    return path
