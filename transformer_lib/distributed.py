"""Several processes, one training: what `fit` does when torchrun has started it.

Each process takes its rows of every batch; the gradients of all are added up before each step,
so the step is the one that a single process would have made with the whole batch.
Without torchrun every function here does nothing.
"""

import os

import torch
import torch.distributed as dist
from torch import Tensor, nn


def world_size() -> int:
    """How many processes train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process shows the progress bar and writes the checkpoint."""
    return not dist.is_initialized() or dist.get_rank() == 0


def init(device: torch.device) -> None:
    """Meet the other processes: over nccl on GPUs, gloo elsewhere."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def shard(batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Every n-th row of each tensor, from this process's number on.

    Raises ValueError when there are fewer rows than processes.
    """
    if world_size() == 1:
        return batch
    if len(batch[0]) < world_size():
        raise ValueError(
            f"a batch of {len(batch[0])} rows cannot be shared by {world_size()} processes; "
            f"needed is a row for each, so make the batches larger."
        )
    return tuple(tensor[dist.get_rank() :: world_size()] for tensor in batch)


def all_reduce(number: Tensor) -> Tensor:
    """The sum of one number over all processes."""
    if world_size() > 1:
        dist.all_reduce(number)
    return number


def broadcast(number: float, device: torch.device) -> float:
    """The first process's number, in every process."""
    if world_size() == 1:
        return number
    shared = torch.tensor(number, dtype=torch.float64, device=device)
    dist.broadcast(shared, src=0)
    return shared.item()


def all_reduce_gradients(model: nn.Module) -> None:
    """The sum of every gradient over all processes."""
    if world_size() > 1:
        for parameter in model.parameters():
            if parameter.grad is not None:
                dist.all_reduce(parameter.grad)


def broadcast_parameters(model: nn.Module) -> None:
    """Start everywhere from the first process's parameters."""
    if world_size() > 1:
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, src=0)
