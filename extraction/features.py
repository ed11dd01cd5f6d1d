"""What a tagger sees of a text: words, word pieces, lexicon matches and characters, cut into windows and batched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from extraction.lexicon import FAMILIES, Lexicon
from extraction.words import CLS, SEP, WordPieces, read_words

CHARACTERS = 16
CHARACTER_CODES = 100
LEXICON_BITS = 2 * len(FAMILIES)
_HALF = CHARACTERS // 2


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
        """Return the tensors of `windows`, padded to the longest."""
        rows = len(windows)
        num_words = self._padded(max(len(w.words) for w in windows))
        num_pieces = self._padded(max(w.size for w in windows) + 2)
        pieces = np.zeros((rows, num_pieces), np.int64)
        owner = np.full((rows, num_pieces), rows * num_words, np.int64)
        lexicon = np.zeros((rows, num_words), np.int32)
        characters = np.zeros((rows, num_words, CHARACTERS), np.int64)
        cls, sep = self.word_pieces.piece_id(CLS), self.word_pieces.piece_id(SEP)
        for row, window in enumerate(windows):
            flat = [p for word in window.pieces for p in word]
            pieces[row, : len(flat) + 2] = [cls, *flat, sep]
            counts = [len(word) for word in window.pieces]
            owner[row, 1 : len(flat) + 1] = row * num_words + np.repeat(np.arange(len(counts)), counts)
            lexicon[row, : len(window.words)] = window.matches
            characters[row, : len(window.words)] = [to_codes(word) for word in window.words]
        sizes = np.array([[w.size + 2, len(w.words)] for w in windows])
        return Batch(
            torch.from_numpy(pieces),
            torch.from_numpy(owner),
            torch.from_numpy(np.arange(num_pieces) < sizes[:, :1]),
            torch.from_numpy((lexicon[:, :, None] >> np.arange(LEXICON_BITS) & 1).astype(np.float32)),
            torch.from_numpy(characters),
            torch.from_numpy(np.arange(num_words) < sizes[:, 1:]),
        )

    def _padded(self, num: int) -> int:
        return -(-num // self.step) * self.step


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


def to_codes(word: str) -> list[int]:
    """Return the character codes of a word: its first and last eight characters, 0 for padding, cased.

    >>> to_codes("Ab")[:4], len(to_codes("methylprednisolone"))
    ([34, 67, 0, 0], 16)
    """
    if len(word) > CHARACTERS:
        word = word[:_HALF] + word[-_HALF:]
    codes = [ord(c) - 31 if " " <= c <= "~" else CHARACTER_CODES - 1 for c in word]
    return codes + [0] * (CHARACTERS - len(codes))
