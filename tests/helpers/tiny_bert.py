"""A small random BERT, made and written to disk by its makers' library."""

import json

import torch
from safetensors.torch import load, save_file
from transformers import BertConfig, BertModel

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] i am a student".split()
BATCH, LENGTH, PADS, HEADS, D_HEAD, D_FF, MAX_LEN, VOCAB_SIZE = 2, 7, 3, 3, 11, 13, 17, 19
LAYERS = 2


def make_theirs(kind=BertModel):
    """A random BERT with every parameter off its initial value, so that all take part."""
    config = BertConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=HEADS * D_HEAD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=D_FF,
        max_position_embeddings=MAX_LEN,
        attn_implementation="eager",
    )
    model = kind(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def write(model, directory):
    """The model as a checkpoint directory."""
    model.save_pretrained(directory)
    (directory / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")


def set_settings(checkpoint, **changes):
    """Rewrite lines of config.json."""
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def tensors_of(checkpoint):
    """Every tensor of the file by its name."""
    return load((checkpoint / "model.safetensors").read_bytes())


def set_tensors(checkpoint, tensors):
    """Put other tensors into the file."""
    save_file(tensors, checkpoint / "model.safetensors")


def ids(device="cpu"):
    """(batch, length) ids; the first sentence ends in pads."""
    tokens = torch.randint(1, VOCAB_SIZE, (BATCH, LENGTH), device=device)
    tokens[0, LENGTH - PADS :] = 0
    return tokens
