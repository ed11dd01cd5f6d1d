"""What is reckoned on: the device, by the name that the command line gives it, and a processor's number format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda")


def check_device(device: str) -> str:
    """Return "cpu" or "cuda"; InputError when CUDA is asked for and there is none."""
    import torch

    if device not in DEVICES:
        raise UnknownNameError("device", device, DEVICES)
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("There is no CUDA device here; use --device cpu, or install a driver that torch can see.")
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"


def number_format() -> torch.dtype:
    """Return what to read texts in on this processor: bfloat16 where that is native, else float32.

    The same text has slightly other numbers in the two, so processors may differ in the third digit of a score.
    """
    import torch

    has_kernels = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    is_native = has_kernels and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if is_native else torch.float32
