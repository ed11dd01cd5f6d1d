"""The device's name."""

import pytest
import torch

from kg.device import check_device
from kg.errors import InputError, UnknownNameError


def test_names() -> None:
    assert check_device("cpu") == "cpu"
    assert check_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(UnknownNameError, match="device"):
        check_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_without_a_device_gets_a_sentence() -> None:
    with pytest.raises(InputError, match="no CUDA device here; use --device cpu"):
        check_device("cuda")
