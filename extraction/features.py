"""What a tagger sees of a text: words, word pieces, lexicon matches and characters, cut into windows and batched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from extraction.lexicon import FAMILIES, Lexicon
from extraction.words import CLS, SEP, WordPieces, read_words

CHARACTERS = 16
CHARACTER_CODES = 100
LEXICON_BITS = 2 * len(FAMILIES)
_HALF = CHARACTERS // 2
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of whole sentences of one text, short enough for the encoder.

    `spans` are the words' characters in the text; `pieces` their word pieces; `matches` the lexicon's numbers.
    """

    text_index: int
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]
    pieces: tuple[tuple[int, ...], ...]
    matches: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of word pieces."""
        return sum(map(len, self.pieces))


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows as tensors. B windows, S pieces, W words; padding words of pieces point at B * W."""

    pieces: Tensor  # [B, S] int64
    word_of_piece: Tensor  # [B, S] int64, into the flattened words
    piece_mask: Tensor  # [B, S] bool
    lexicon: Tensor  # [B, W, LEXICON_BITS] float
    characters: Tensor  # [B, W, CHARACTERS] int64
    word_mask: Tensor  # [B, W] bool

    def to(self, device: str) -> Batch:
        """Return the batch on "cpu" or "cuda"."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Featurizer:
    """Turns texts into windows and windows into batches; `window` is the most word pieces in one window.

    A batch is padded to a multiple of `step` words and pieces: a processor compiles a product for each new shape.
    """

    word_pieces: WordPieces
    lexicon: Lexicon
    window: int = 128
    step: int = 1

    def windows(self, texts: Sequence[str]) -> Iterator[Window]:
        """Yield the windows of each text in order."""
        for index, text in enumerate(texts):
            yield from self._windows_of(index, text)

    def _windows_of(self, index: int, text: str) -> Iterator[Window]:
        spans = read_words(text)
        words = [text[start:end] for start, end in spans]
        pieces = [self.word_pieces.split(word)[: self.window] for word in words]
        matches = self.lexicon.match(words)
        for start, end in cut_windows(words, [len(p) for p in pieces], self.window):
            yield Window(
                index,
                tuple(spans[start:end]),
                tuple(words[start:end]),
                tuple(pieces[start:end]),
                tuple(matches[start:end]),
            )

    def batch(self, windows: Sequence[Window]) -> Batch:
        """Return the tensors of `windows`, a row each, padded to the longest."""
        rows = np.arange(len(windows))
        words, sizes = np.array([[len(w.words), w.size] for w in windows]).T
        num_words, num_pieces = _padded(words.max(), self.step), _padded(sizes.max() + 2, self.step)
        batch = _lay_out(windows, rows * num_words, rows * num_pieces + 1, (len(rows), num_words, num_pieces))
        batch.pieces[:, 0] = self.word_pieces.piece_id(CLS)
        batch.pieces[rows, sizes + 1] = self.word_pieces.piece_id(SEP)
        batch.piece_mask[:, 0] = True
        batch.piece_mask[rows, sizes + 1] = True
        return batch

    def pack(self, windows: Sequence[Window], step: int = 1) -> Batch:
        """Return the tensors of `windows` end to end in one row, a padding word behind each; `step` is for its length.

        A convolution meets zeros at padding words, and so sees nothing of the other windows.
        """
        words, sizes = np.array([[len(w.words), w.size] for w in windows]).T
        num_words, num_pieces = _padded(words.sum() + len(words), step), _padded(sizes.sum(), step)
        starts = to_starts(words + 1)
        return _lay_out(windows, starts, to_starts(sizes), (1, num_words, num_pieces))


def _padded(num: int, step: int) -> int:
    return int(-(-num // step) * step)


def to_starts(counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """[N] → [N]: where each of N stretches begins when they are laid end to end.

    >>> to_starts(np.array([3, 1, 2])).tolist()
    [0, 3, 4]
    """
    return np.asarray(counts.cumsum() - counts, np.intp)


def _spread(starts: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    """[N], [N] → [sum of counts]: `counts` places on from each start."""
    return np.asarray(np.repeat(starts - to_starts(counts), counts) + np.arange(counts.sum()), np.intp)


def _lay_out(
    windows: Sequence[Window],
    word_starts: NDArray[np.intp],
    piece_starts: NDArray[np.intp],
    shape: tuple[int, int, int],
) -> Batch:
    """Return windows of which each begins at a place of the flattened words and pieces; `shape` is B, W, S."""
    rows, num_words, num_pieces = shape
    of_words = [pieces for w in windows for pieces in w.pieces]
    words_at = _spread(word_starts, np.array([len(w.words) for w in windows]))
    pieces_at = _spread(piece_starts, np.array([w.size for w in windows]))
    pieces = np.zeros(rows * num_pieces, np.int64)
    owner = np.full(rows * num_pieces, rows * num_words, np.int64)
    piece_mask = np.zeros(rows * num_pieces, bool)
    lexicon = np.zeros(rows * num_words, np.int32)
    characters = np.zeros((rows * num_words, CHARACTERS), np.int64)
    word_mask = np.zeros(rows * num_words, bool)
    pieces[pieces_at] = np.fromiter(chain.from_iterable(of_words), np.int64, len(pieces_at))
    owner[pieces_at] = np.repeat(words_at, np.fromiter(map(len, of_words), np.intp, len(words_at)))
    piece_mask[pieces_at] = word_mask[words_at] = True
    lexicon[words_at] = np.fromiter(chain.from_iterable(w.matches for w in windows), np.int32, len(words_at))
    codes = b"".join(to_codes(word) for w in windows for word in w.words)
    characters[words_at] = np.frombuffer(codes, np.uint8).reshape(-1, CHARACTERS)
    bits = (lexicon[:, None] >> np.arange(LEXICON_BITS) & 1).astype(np.float32)
    return Batch(
        torch.from_numpy(pieces).view(rows, num_pieces),
        torch.from_numpy(owner).view(rows, num_pieces),
        torch.from_numpy(piece_mask).view(rows, num_pieces),
        torch.from_numpy(bits).view(rows, num_words, LEXICON_BITS),
        torch.from_numpy(characters).view(rows, num_words, CHARACTERS),
        torch.from_numpy(word_mask).view(rows, num_words),
    )


def cut_windows(words: Sequence[str], sizes: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) word ranges of at most `limit` pieces that end at a sentence's end where one is near.

    >>> list(cut_windows(["A", ".", "B", "c", "."], [1, 1, 1, 1, 1], 3))
    [(0, 2), (2, 5)]
    """
    start, used, last_stop = 0, 0, 0
    for place, size in enumerate(sizes):
        if used + size > limit:
            end = last_stop if last_stop > start else place
            yield start, end
            start, used = end, sum(sizes[end:place])
        used += size
        if words[place] in ".?!" and (place + 1 == len(words) or words[place + 1][0].isupper()):
            last_stop = place + 1
    if start < len(words):
        yield start, len(words)


@lru_cache(_REMEMBERED)
def to_codes(word: str) -> bytes:
    """Return the character codes of a word, one a byte: its first and last eight characters, 0 for padding, cased.

    >>> list(to_codes("Ab")[:4]), len(to_codes("methylprednisolone"))
    ([34, 67, 0, 0], 16)
    """
    if len(word) > CHARACTERS:
        word = word[:_HALF] + word[-_HALF:]
    codes = bytes(ord(c) - 31 if " " <= c <= "~" else CHARACTER_CODES - 1 for c in word)
    return codes.ljust(CHARACTERS, b"\0")
