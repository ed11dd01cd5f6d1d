"""Names that look alike: character trigrams, TF-IDF weights and a sparse top-n product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sparse_dot_topn import sp_matmul_topn

_FEATURES = 2**18


@dataclass(frozen=True, slots=True)
class SimilarNames:
    """An index of names; `search` returns places in the list of names that it was built from."""

    vectorizer: HashingVectorizer
    weights: TfidfTransformer
    transposed: csr_matrix

    def search(self, names: Sequence[str], top: int = 10, lowest: float = 0.3) -> list[list[tuple[int, float]]]:
        """Return per name up to `top` (place, cosine) pairs, best first, of at least `lowest`."""
        vectors = self.weights.transform(self.vectorizer.transform(names))
        found = sp_matmul_topn(vectors.astype(np.float32), self.transposed, top_n=top, threshold=lowest, sort=True)
        rows = zip(found.indptr[:-1], found.indptr[1:], strict=True)
        return [[(int(found.indices[i]), float(found.data[i])) for i in range(a, b)] for a, b in rows]


def build_similar_names(names: Sequence[str]) -> SimilarNames:
    """Return the index over `names`, which are look-up keys."""
    vectorizer = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 3), n_features=_FEATURES, alternate_sign=False, norm=None, dtype=np.float32
    )
    counts = vectorizer.transform(names)
    weights = TfidfTransformer(sublinear_tf=True).fit(counts)
    return SimilarNames(vectorizer, weights, weights.transform(counts).astype(np.float32).T.tocsr())
