"""Mixed precision: on CUDA the matrix products of training run in bfloat16, all else and every weight in float32.

The encoder's linear maps and ComplEx's comparison with many candidates are products; RotatE's distances subtract
nearly equal numbers and stay in float32. The CPU, and scoring on any device, know float32 only.
"""

from __future__ import annotations

import torch

from gnn.embedding.config import EmbeddingConfig


def is_mixed(config: EmbeddingConfig, device: torch.device) -> bool:
    """Return whether training on the device multiplies in bfloat16."""
    return config.mixed_precision and device.type == "cuda"


def mixed_products(config: EmbeddingConfig, device: torch.device) -> torch.autocast:
    """Return the context in which a batch goes forward."""
    return torch.autocast(device.type, torch.bfloat16, enabled=is_mixed(config, device))
