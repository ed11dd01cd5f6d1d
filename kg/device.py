"""The device that training runs on, by the name that the command line gives it."""

from __future__ import annotations

from kg.errors import InputError, UnknownNameError

DEVICES = ("auto", "cpu", "cuda")


def check_device(device: str) -> str:
    """Return "cpu" or "cuda"; InputError when CUDA is asked for and there is none."""
    import torch

    if device not in DEVICES:
        raise UnknownNameError("device", device, DEVICES)
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("There is no CUDA device here; use --device cpu, or install a driver that torch can see.")
    return "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
