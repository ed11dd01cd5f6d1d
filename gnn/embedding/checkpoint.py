"""A run's checkpoint: what a killed run needs to go on as if it had never been stopped."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import torch

from gnn.embedding.fit import State
from kg.errors import ModelError, ResourceError

NAME = "checkpoint.pt"


def keep_checkpoint(state: State, out: Path, run: str) -> None:
    """Write the checkpoint whole or not at all; ResourceError when the disk refuses."""
    partial = out / f"{NAME}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        torch.save({"run": run, **state.to_checkpoint()}, partial)
        os.replace(partial, out / NAME)
    except (OSError, RuntimeError) as error:
        raise ResourceError(
            f"{partial} cannot be written ({error}); free some space and go on with --resume."
        ) from error


def resume_state(state: State, out: Path, run: str, *, resume: bool) -> None:
    """Take up the checkpoint of `out` where `resume` asks for it.

    ModelError for a checkpoint of another graph or other settings, for a damaged one, and for an unfinished run that
    would be lost by starting anew.
    """
    path = out / NAME
    if not path.is_file():
        return
    if not resume:
        raise ModelError(f"{out} holds an unfinished run; go on with --resume, or choose another folder for a new run.")
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if checkpoint["run"] != run:
            raise ModelError(
                f"{path} is of run {checkpoint['run']}, not of {run}: the graph, the settings or the seed differ. "
                "Resume with those it began with, or choose another folder."
            )
        state.load(checkpoint)
    except (KeyError, RuntimeError, ValueError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is damaged ({error}); remove it and train anew.") from error


def end_checkpoint(out: Path) -> None:
    """Remove the checkpoint of a run that has ended."""
    (out / NAME).unlink(missing_ok=True)
