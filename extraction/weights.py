"""A tagger on disk: `config.json`, `weights.safetensors` and a model card, small enough to live in the repository.

Matrices are kept as 8-bit integers with one scale a row; everything else as 16-bit floats.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from extraction.tagger import Tagger, TaggerConfig
from kg.errors import ModelError

_SCALE = ".scale"
_SMALLEST = 1024
_CONFIG, _WEIGHTS, _BESIDE = "config.json", "weights.safetensors", "beside.json"


def to_small(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with every large matrix as int8 rows and their scales, the others as float16."""
    small: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if value.ndim == 2 and value.numel() >= _SMALLEST:
            scale = value.abs().amax(dim=1).clamp(min=1e-8) / 127
            small[name] = (value / scale[:, None]).round().to(torch.int8)
            small[name + _SCALE] = scale.to(torch.float32)
        else:
            small[name] = value.to(torch.float16)
    return small


def from_small(small: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the float32 tensors of `to_small`."""
    tensors: dict[str, Tensor] = {}
    for name, value in small.items():
        if name + _SCALE in small:
            tensors[name] = value.to(torch.float32) * small[name + _SCALE][:, None]
        elif not name.endswith(_SCALE):
            tensors[name] = value.to(torch.float32)
    return tensors


def write_tagger(tagger: Tagger, folder: Path) -> None:
    """Write a tagger's shape and weights into a folder, which is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CONFIG).write_text(json.dumps(asdict(tagger.config), indent=2) + "\n", "utf-8")
    save_file({k: v.contiguous() for k, v in to_small(tagger.state_dict()).items()}, folder / _WEIGHTS)


def is_tagger(folder: Path) -> bool:
    """Whether a folder holds a tagger's weights."""
    return (folder / _WEIGHTS).is_file()


def read_members(folder: Path) -> tuple[tuple[Path, float], ...]:
    """Return the folders of the taggers that a model consists of and their shares, which add up to 1.

    `beside.json` names them by their place: `{".": 0.5, "../fast": 0.5}`. Without it a tagger stands alone. ModelError
    when the file is damaged.
    """
    path = folder / _BESIDE
    if not path.is_file():
        return ((folder, 1.0),)
    try:
        shares = {str(name): float(share) for name, share in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a table of folders and shares ({error}); install the package again.") from error
    return tuple((folder / name, share / sum(shares.values())) for name, share in shares.items())


def read_tagger(folder: Path) -> Tagger:
    """Read a tagger, ready to predict; ModelError when the folder is missing or damaged."""
    try:
        config = TaggerConfig(**json.loads((folder / _CONFIG).read_text("utf-8")))
        tensors = from_small(load_file(folder / _WEIGHTS))
        tagger = config.create()
        tagger.load_state_dict(tensors, assign=True)
    except (OSError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: no usable tagger ({error}); `theragraph extract train` writes one.") from error
    return tagger.eval()
