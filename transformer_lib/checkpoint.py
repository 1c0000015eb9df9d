"""A model or a training on disk: one safetensors file whose header carries the rest as JSON."""

import json
from dataclasses import asdict, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from transformer_lib.files import atomic


def describe(config: Any) -> dict[str, Any]:
    """A config as plain values; classes and factories as `qualified_name` writes them."""
    values = {each.name: getattr(config, each.name) for each in fields(config)}
    return {name: qualified_name(x) if callable(x) else x for name, x in values.items()}


def qualified_name(value: Any) -> str:
    """A class or function by its full name, a `functools.partial` with its arguments, another
    object that can be called by its class, everything else as Python writes it.
    """
    if isinstance(value, partial):
        words = [qualified_name(each) for each in value.args]
        words += [f"{name}={qualified_name(each)}" for name, each in sorted(value.keywords.items())]
        return f"{qualified_name(value.func)}({', '.join(words)})"
    if not callable(value):
        return repr(value)
    if not hasattr(value, "__qualname__"):
        return f"an instance of {qualified_name(type(value))}"
    return f"{value.__module__}.{value.__qualname__}"


def save_model(path: str | Path, model: nn.Module, **notes) -> None:
    """Write the model's weights and configuration; `notes` are JSON values kept beside them."""
    check_config(model)
    write(path, with_prefix("model", model.state_dict()), describe(model.config), notes)


def load_model(path: str | Path, model: nn.Module) -> dict:
    """Put the saved weights into `model` and return the notes.

    Raises ValueError when the file is broken or belongs to another configuration; the model is
    then as it was.
    """
    tensors, notes = read(path, model)
    fill(model, without_prefix(tensors, "model"), path)
    return notes


def fill(model: nn.Module, tensors: dict[str, Tensor], path: str | Path) -> None:
    """Give a model these weights.

    Raises ValueError when they are another model's; this one is then as it was.
    """
    needed = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name in sorted(needed.keys() | found.keys()):
        if needed.get(name) != found.get(name):
            raise ValueError(
                f"{path} and this {type(model).__name__} differ in {name}: there "
                f"{found.get(name, 'nothing')}, here {needed.get(name, 'nothing')}; build the "
                f"model that was saved, or name another file."
            )
    model.load_state_dict(tensors)


def check_config(model: nn.Module) -> None:
    """Refuse a model that does not say what it was built from, before anything is trained.

    Raises ValueError for a model whose `config` is no dataclass.
    """
    config = getattr(model, "config", None)
    if not is_dataclass(config):
        raise ValueError(
            f"{type(model).__name__}.config is {config!r}; a checkpoint needs the dataclass that "
            f"the model was built from: set it in __init__, or train without checkpoint=."
        )


def save_training(path: str | Path, run) -> None:
    """Write everything that a `Run` needs to go on exactly where it stands."""
    moments = {
        f"{index}.{name}": value
        for index, state in run.optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }
    tensors = with_prefix("model", run.model.state_dict()) | with_prefix("optimizer", moments)
    tensors |= with_prefix("random", random_states(run.device))
    write(path, tensors, describe(run.model.config), {"history": asdict(run.history)})


def resume_training(path: str | Path, run) -> None:
    """Set a fresh `Run` to where the checkpoint stands.

    Raises ValueError when the file is broken, of another configuration, or not of a training.
    """
    tensors, notes = read(path, run.model)
    if "history" not in notes:
        raise ValueError(
            f"{path} holds a model but no training to go on with; "
            f"load it with checkpoint.load_model, or give fit another file."
        )
    fill(run.model, without_prefix(tensors, "model"), path)
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in without_prefix(tensors, "optimizer").items():
        index, _, quantity = name.partition(".")
        state.setdefault(int(index), {})[quantity] = value
    run.optimizer.load_state_dict(run.optimizer.state_dict() | {"state": state})
    for name, value in notes["history"].items():
        setattr(run.history, name, value)
    run.history.evaluations = [(step, result) for step, result in run.history.evaluations]
    set_random_states(without_prefix(tensors, "random"), run.device)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Where the random generators stand."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Put the random generators back to where they stood."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under a common prefix, ready to be written."""
    return {f"{prefix}/{name}": value.detach().contiguous() for name, value in tensors.items()}


def without_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under a prefix, without it."""
    start = f"{prefix}/"
    return {name[len(start) :]: t for name, t in tensors.items() if name.startswith(start)}


def write(path: str | Path, tensors: dict[str, Tensor], config: dict, notes: dict) -> None:
    """All or nothing: a new file takes the old one's place only when it is complete."""
    about = {"config": json.dumps(config), "notes": json.dumps(notes)}
    with atomic(path) as unfinished:
        save_file(tensors, unfinished, about)


def read_header(path: str | Path) -> tuple[dict, dict]:
    """Configuration and notes of a file, without its tensors.

    Raises ValueError when the file is broken.
    """
    config, notes, _ = read_file(path, tensors=False)
    return config, notes


def read(path: str | Path, model: nn.Module) -> tuple[dict[str, Tensor], dict]:
    """Tensors and notes of a file that fits the model.

    Raises ValueError when the file is broken or belongs to another configuration.
    """
    config, notes, tensors = read_file(path)
    for name, value in describe(model.config).items():
        if config.get(name) != value:
            raise ValueError(
                f"{path} was made with {name}={config.get(name)}, but this model has "
                f"{name}={value}; build the model as the file says, or name another file."
            )
    return tensors, notes


def read_file(path: str | Path, tensors: bool = True) -> tuple[dict, dict, dict[str, Tensor]]:
    """Configuration, notes and, if wanted, the tensors of a file.

    Raises ValueError when the file is broken.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path} is no file; needed is one that was saved: check its name.")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            names = file.keys() if tensors else []
            loaded = {name: file.get_tensor(name) for name in names}
            return json.loads(about["config"]), json.loads(about["notes"]), loaded
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        raise ValueError(
            f"{path} cannot be read as a checkpoint ({problem}); "
            f"delete it to start afresh, or name another file."
        ) from problem
