"""One thread, one seed, and every device there is."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is first imported

import pytest
import torch

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES)
def device(request):
    """The name of each device in turn."""
    return request.param


@pytest.fixture(autouse=True)
def seed():
    """Every test starts from the same random state."""
    torch.manual_seed(0)
