"""The peers of a long run: plain spaCy pipelines, the one of them with all that scispaCy's published pipelines run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import scispacy.abbreviation  # noqa: F401  registers the component
import spacy
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.training import Example
from thinc.util import fix_random_seed

from extraction.document import SourceDocument

JUDGED = frozenset({"disease", "drug"})
_EPOCHS, _BATCH = 3, 16
_POS = {
    **dict.fromkeys(("NN", "NNS"), "NOUN"),
    **dict.fromkeys(("NNP", "NNPS"), "PROPN"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"), "VERB"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "ADJ"),
    **dict.fromkeys(("RB", "RBR", "RBS"), "ADV"),
    **{"IN": "ADP", "DT": "DET", "CC": "CCONJ", "CD": "NUM", "PRP": "PRON", "MD": "AUX", "TO": "PART"},
    **dict.fromkeys((".", ",", ":", "-LRB-", "-RRB-", "HYPH"), "PUNCT"),
}
_DEPENDENCIES = ("nsubj", "obj", "det", "amod", "case", "nmod", "conj", "cc", "punct", "advmod", "compound", "aux")
_TOK2VEC = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
_LISTENING: dict[str, dict[str, Any]] = {
    "tagger": {"model": {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": _TOK2VEC}},
    "parser": {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "parser",
            "extra_state_tokens": False,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": True,
            "nO": None,
            "tok2vec": _TOK2VEC,
        }
    },
}


def load_peer(documents: Sequence[SourceDocument], folder: Path) -> Language:
    """Return the peer that lies in a folder; where there is none it is trained and kept there."""
    if not (folder / "meta.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        train_peer(documents).to_disk(folder)
    return spacy.load(folder)


def train_peer(documents: Sequence[SourceDocument], seed: int = 1) -> Language:
    """Return a plain spaCy pipeline (blank English, CNN tok2vec and NER with spaCy's own settings), trained here."""
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = [to_example(nlp, d) for d in documents]
    nlp.initialize(lambda: examples)
    optimizer = nlp.resume_training()
    rng = random.Random(seed)
    for _ in range(_EPOCHS):
        rng.shuffle(examples)
        for start in range(0, len(examples), _BATCH):
            nlp.update(examples[start : start + _BATCH], sgd=optimizer, drop=0.1)
    return nlp


def to_example(nlp: Language, document: SourceDocument) -> Example:
    """Return a document as spaCy learns from it; mentions inside tokens or over others are left out."""
    doc = nlp.make_doc(document.document.text)
    spans = [doc.char_span(m.start, m.end, m.type) for m in document.mentions if m.type in JUDGED]
    kept = spacy.util.filter_spans([s for s in spans if s is not None])
    return Example.from_dict(doc, {"entities": [(s.start_char, s.end_char, s.label_) for s in kept]})


def build_whole_peer(peer: Language, documents: Sequence[SourceDocument], seed: int = 1) -> Language:
    """Return the peer with the other components of scispaCy's `en_ner_bc5cdr_md`, and scispaCy's AbbreviationDetector.

    Those are a shared tok2vec with tagger and parser, attribute ruler and lemmatizer. They are set up with labels and a
    handful of rules and learn nothing: a network is as fast without. Lemmatizer and parser are faster so, for they find
    nothing to change and each word a sentence.
    """
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    for name in ("tok2vec", "tagger", "parser"):
        nlp.add_pipe(name, config=_LISTENING.get(name, {}))
    examples = [_to_parsed(nlp, document) for document in documents[:_BATCH]]
    nlp.initialize(lambda: examples)
    ruler = nlp.add_pipe("attribute_ruler", before="parser")
    ruler.add_patterns([{"patterns": [[{"TAG": tag}]], "attrs": {"POS": pos}} for tag, pos in _POS.items()])  # type: ignore[attr-defined]
    lemmatizer = nlp.add_pipe("lemmatizer", before="parser")
    lemmatizer.initialize(lookups=_to_lookups())  # type: ignore[attr-defined]
    nlp.add_pipe("ner", source=peer)
    nlp.add_pipe("abbreviation_detector", config={"make_serializable": True})
    return nlp


def _to_lookups() -> Lookups:
    """Return a few of English's lemma rules: spaCy keeps the whole tables in a package of their own."""
    rules = {
        "noun": [["s", ""], ["ses", "s"], ["ies", "y"]],
        "verb": [["s", ""], ["ies", "y"], ["es", "e"], ["ed", "e"], ["ed", ""], ["ing", "e"], ["ing", ""]],
        "adj": [["er", ""], ["est", ""]],
    }
    lookups = Lookups()
    for name, table in (("lemma_rules", rules), ("lemma_exc", {}), ("lemma_index", {})):
        lookups.add_table(name, table)
    return lookups


def _to_parsed(nlp: Language, document: SourceDocument) -> Example:
    """Return a document with made-up tags and a made-up tree: each word hangs on the one before it."""
    doc = nlp.make_doc(document.document.text)
    tags, dependencies = cycle(_POS), cycle(_DEPENDENCIES)
    annotation = {
        "tags": [next(tags) for _ in doc],
        "heads": [max(0, token.i - 1) for token in doc],
        "deps": ["ROOT" if token.i == 0 else next(dependencies) for token in doc],
    }
    return Example.from_dict(doc, annotation)
