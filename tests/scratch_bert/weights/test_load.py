"""Every layout of BERT's weights comes to one state dict, and every tensor is accounted for."""

import json
import signal
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from scratch_bert import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    CheckpointError,
)
from tests.memory import measure
from tests.models import TINY, adversarial_

DECODER, BIAS = "cls.predictions.decoder.weight", "cls.predictions.bias"
WORDS = "bert.embeddings.word_embeddings.weight"


@pytest.fixture
def saved(tmp_path):
    """A masked language model, the folder it is saved in, and the tensors of its file."""
    model = adversarial_(BertForMaskedLM(BertConfig(**TINY))).eval()
    model.save_pretrained(tmp_path)
    return model, tmp_path, load_file(tmp_path / "model.safetensors")


def rewrite(folder, tensors=None, **config):
    """Put other tensors, or other entries of config.json, into a saved folder."""
    if tensors is not None:
        for name in ("model.safetensors", "pytorch_model.bin"):
            (folder / name).unlink(missing_ok=True)
        save_file({n: t.clone() for n, t in tensors.items()}, folder / "model.safetensors")
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))


def assert_same_weights(ours, expected):
    ours, expected = ours.state_dict(), expected.state_dict()
    assert ours.keys() == expected.keys()
    assert {name: t.dtype for name, t in ours.items()} == {n: t.dtype for n, t in expected.items()}
    assert [name for name in ours if not torch.equal(ours[name], expected[name])] == []


def test_a_name_that_is_there_twice(saved):
    _, folder, tensors = saved
    rewrite(folder, {**tensors, WORDS.removeprefix("bert."): tensors[WORDS]})
    message = "word_embeddings.weight and .*word_embeddings.weight are both embeddings.word_emb"
    with pytest.raises(CheckpointError, match=message):
        BertModel.from_pretrained(folder)


def test_the_report_accounts_for_every_tensor(saved):
    model, folder, tensors = saved
    gamma = "bert.embeddings.LayerNorm.gamma"
    tensors[gamma] = tensors.pop("bert.embeddings.LayerNorm.weight")
    tensors["bert.embeddings.position_ids"] = torch.arange(32)[None]
    tensors["bert.pooler.dense.weight"] = torch.ones(24, 24)
    rewrite(folder, tensors)
    loaded = BertForMaskedLM.from_pretrained(folder)
    assert_same_weights(loaded, model)
    assert not loaded.training
    report = loaded.load_report
    assert report.loaded == tuple(name for name, _ in model.named_parameters())
    assert report.renamed == {gamma: "bert.embeddings.LayerNorm.weight"}
    assert report.unexpected == ("bert.pooler.dense.weight",)
    assert report.ignored == ("bert.embeddings.position_ids",)
    assert (report.missing, report.wrong_shape, report.untied) == ((), {}, ())
    assert str(report) == (
        f"{len(tensors) - 2} loaded, 1 of them renamed\n"
        "1 unexpected: bert.pooler.dense.weight\n"
        "1 ignored: bert.embeddings.position_ids"
    )


def test_a_missing_head_is_drawn_with_a_warning_at_the_call(saved):
    _, folder, tensors = saved
    rewrite(folder, {n: t for n, t in tensors.items() if not n.startswith("cls.")})
    with pytest.warns(UserWarning, match="BertForMaskedLM has 5 weights.*predictions.bias") as seen:
        model = BertForMaskedLM.from_pretrained(folder)
    assert [warning.filename for warning in seen] == [__file__]
    assert len(model.load_report.missing) == 5
    assert (model.cls["predictions"].bias == 0).all()
    assert (model.cls["predictions"].transform.dense.bias == 0).all()
    assert model.cls["predictions"].transform.dense.weight.std().item() == pytest.approx(0.02, 0.2)


def test_a_missing_bias_is_zero_and_not_old_memory(saved, monkeypatch):
    """Fresh memory happens to be zero often; here it never is."""
    _, folder, tensors = saved
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *sizes, **kind: empty(*sizes, **kind).fill_(7))
    rewrite(folder, {n: t for n, t in tensors.items() if n != BIAS})
    with pytest.warns(UserWarning, match="1 weights that were not loaded"):
        model = BertForMaskedLM.from_pretrained(folder)
    assert (model.cls["predictions"].decoder.bias == 0).all()


def test_missing_encoder_weights(saved):
    _, folder, tensors = saved
    lacking = "bert.encoder.layer.1.output.dense.bias"
    rewrite(folder, {n: t for n, t in tensors.items() if n != lacking})
    with pytest.raises(CheckpointError, match=f"{folder}: lacks 1 encoder weights: {lacking}"):
        BertForMaskedLM.from_pretrained(folder)
    with pytest.warns(UserWarning, match=f"1 weights.*{lacking}"):
        model = BertForMaskedLM.from_pretrained(folder, strict=False)
    assert (model.get_parameter(lacking) == 0).all()


def test_weights_of_another_model(tmp_path):
    BertModel(BertConfig(**TINY)).save_pretrained(tmp_path)
    rewrite(tmp_path, {f"roberta.{i}": torch.ones(1) for i in range(3)})
    with pytest.raises(CheckpointError, match=r"lacks 37 encoder weights: .*, …. Is it a BERT"):
        BertModel.from_pretrained(tmp_path)


def test_wrong_shape(saved):
    _, folder, _ = saved
    rewrite(folder, intermediate_size=41)
    message = r"intermediate.dense.weight has shape \(40, 24\), expected \(41, 24\)"
    with pytest.raises(CheckpointError, match=message):
        BertForMaskedLM.from_pretrained(folder)
    with pytest.warns(UserWarning, match="6 weights that were not loaded"):
        model = BertForMaskedLM.from_pretrained(folder, strict=False)
    assert len(model.load_report.wrong_shape) == 6
    assert model(torch.tensor([[1, 2]])).logits.isfinite().all()


@pytest.mark.parametrize("kind", [torch.int32, torch.bool, torch.complex64], ids=str)
def test_weights_that_are_no_floating_point_numbers(saved, kind):
    _, folder, tensors = saved
    rewrite(folder, {**tensors, BIAS: tensors[BIAS].to(kind)})
    with pytest.raises(CheckpointError, match=f"{folder}: {BIAS} is {kind}, expected floating"):
        BertForMaskedLM.from_pretrained(folder)


@pytest.mark.parametrize(
    ("entries", "in_file", "asked", "expected"),
    [
        ({}, torch.float16, None, torch.float16),
        ({"dtype": None}, torch.bfloat16, None, torch.bfloat16),
        ({"dtype": "float16"}, torch.float32, None, torch.float16),
        ({"dtype": None, "torch_dtype": "float64"}, torch.float32, None, torch.float64),
        ({"dtype": "float16"}, torch.float32, torch.bfloat16, torch.bfloat16),
    ],
    ids=["file", "null", "dtype", "torch_dtype", "argument"],
)
def test_dtype(saved, entries, in_file, asked, expected):
    model, folder, tensors = saved
    config = json.loads((folder / "config.json").read_text())
    del config["dtype"]
    (folder / "config.json").write_text(json.dumps(config))
    rewrite(folder, {n: t.to(in_file) for n, t in tensors.items()}, **entries)
    loaded = BertForMaskedLM.from_pretrained(folder, dtype=asked)
    assert_same_weights(loaded, model.to(in_file).to(expected))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("int64", "dtype is 'int64', expected one such as float32"),
        ("float33", "dtype is 'float33', expected one such as float32"),
        ("nn", "dtype is 'nn', expected"),
        (3, "dtype is 3, expected"),
    ],
)
def test_wrong_dtype(saved, named, message):
    _, folder, _ = saved
    rewrite(folder, dtype=named)
    with pytest.raises(CheckpointError, match=message):
        BertForMaskedLM.from_pretrained(folder)


def test_another_number_of_labels(saved):
    _, folder, _ = saved
    rewrite(folder, id2label={"0": "no", "1": "yes"})
    with pytest.warns(UserWarning, match="4 weights.*classifier.weight, classifier.bias"):
        model = BertForSequenceClassification.from_pretrained(folder, num_labels=3)
    assert model.classifier.weight.shape == (3, 24)
    assert model.config.id2label == {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
    model.save_pretrained(folder)
    again = BertForSequenceClassification.from_pretrained(folder)
    assert_same_weights(again, model)
    with pytest.raises(CheckpointError, match=r"classifier.weight has shape \(3, 24\), exp"):
        BertForSequenceClassification.from_pretrained(folder, num_labels=2)


def test_the_same_number_of_labels_keeps_their_names(saved):
    _, folder, _ = saved
    rewrite(folder, id2label={"0": "no", "1": "yes"})
    with pytest.warns(UserWarning, match="classifier"):
        model = BertForTokenClassification.from_pretrained(folder, num_labels=2)
    assert model.config.id2label == {0: "no", 1: "yes"}


def test_tied_weights_are_one_parameter_and_are_saved_once(saved):
    model, folder, tensors = saved
    assert not {DECODER, "cls.predictions.decoder.bias"} & tensors.keys()
    loaded = BertForMaskedLM.from_pretrained(folder)
    predictions = loaded.cls["predictions"]
    assert predictions.decoder.weight is loaded.get_parameter(WORDS)
    assert predictions.decoder.bias is predictions.bias
    assert loaded.tied == model.TIED


def test_only_the_decoder_is_in_the_file(saved):
    model, folder, tensors = saved
    tensors[DECODER] = tensors.pop(WORDS)
    rewrite(folder, tensors)
    loaded = BertForMaskedLM.from_pretrained(folder)
    assert_same_weights(loaded, model)
    assert loaded.load_report.renamed == {DECODER: WORDS}


def test_a_decoder_that_differs_is_left_apart_now_and_after_saving(saved, tmp_path):
    _, folder, tensors = saved
    rewrite(folder, {**tensors, DECODER: tensors[WORDS] + 1})
    for source in (folder, folder / "again"):
        with pytest.warns(UserWarning, match=f"^{DECODER}: .*left apart") as seen:
            loaded = BertForMaskedLM.from_pretrained(source)
        assert [warning.filename for warning in seen] == [__file__]
        assert torch.equal(loaded.get_parameter(DECODER), tensors[WORDS] + 1)
        assert torch.equal(loaded.get_parameter(WORDS), tensors[WORDS])
        assert loaded.load_report.untied == (DECODER,)
        assert loaded.cls["predictions"].decoder.bias is loaded.cls["predictions"].bias
        loaded.save_pretrained(folder / "again")


def test_untied_weights_do_not_share_memory_even_where_the_file_does(saved):
    """HF's .bin files hold the word embeddings once, under both names."""
    _, folder, tensors = saved
    tensors[DECODER], tensors["cls.predictions.decoder.bias"] = tensors[WORDS], tensors[BIAS]
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    model = BertForMaskedLM.from_pretrained(folder, tie_word_embeddings=False)
    assert torch.equal(model.get_parameter(DECODER), model.get_parameter(WORDS))
    with torch.no_grad():
        model.get_parameter(DECODER).zero_()
    assert torch.equal(model.get_parameter(WORDS), tensors[WORDS])


def test_numbers_come_as_they_are(saved):
    """NaN, infinities and -0 are values; a stride of 0 is only how they were stored."""
    _, folder, tensors = saved
    tensors[BIAS][:3] = torch.tensor([float("nan"), float("-inf"), -0.0])
    tensors["bert.embeddings.LayerNorm.bias"] = torch.tensor([0.5]).expand(24)
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    model = BertForMaskedLM.from_pretrained(folder)
    bias = model.cls["predictions"].bias.detach()
    assert torch.equal(bias.view(torch.int32), tensors[BIAS].view(torch.int32))
    norm = model.bert.embeddings.LayerNorm.bias
    with torch.no_grad():
        norm[0] = 1.0
    assert norm.tolist() == [1.0] + [0.5] * 23


def test_saving_over_what_is_loaded(saved):
    """The model's memory is the old file; a new one must take its place, not its bytes."""
    _, folder, tensors = saved
    model = BertForMaskedLM.from_pretrained(folder)
    other = BertForMaskedLM.from_pretrained(folder)
    with torch.no_grad():
        model.get_parameter(WORDS).add_(1)
    model.save_pretrained(folder)
    assert torch.equal(model.get_parameter(WORDS), tensors[WORDS] + 1)
    assert torch.equal(other.get_parameter(WORDS), tensors[WORDS])
    assert_same_weights(BertForMaskedLM.from_pretrained(folder), model)


def test_saving_where_a_file_is(saved, tmp_path):
    model, _, _ = saved
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(CheckpointError, match="file: is a file, expected a folder"):
        model.save_pretrained(path)
    assert path.read_text() == "old"


def test_saving_keeps_what_else_stood_in_config_json(saved):
    _, folder, _ = saved
    rewrite(folder, a_future_entry=[1], torch_dtype="float32", dtype=None)
    BertForMaskedLM.from_pretrained(folder, dtype=torch.float16).save_pretrained(folder / "new")
    written = json.loads((folder / "new" / "config.json").read_text())
    assert written["a_future_entry"] == [1]
    assert written["architectures"] == ["BertForMaskedLM"]
    assert written["dtype"] == "float16"
    assert "torch_dtype" not in written


KILLED = """
import os, signal, sys
from pathlib import Path
from scratch_bert import BertForMaskedLM
from scratch_bert.weights import load

def half(path, text):
    Path(path).with_suffix(".half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

load.write_text = half  # the weights are written, config.json is not yet
model = BertForMaskedLM.from_pretrained(sys.argv[1], hidden_dropout_prob=0.5)
model.cls["predictions"].bias.data.fill_(9.0)
model.save_pretrained(sys.argv[1])
"""


@pytest.mark.slow
def test_a_kill_between_the_files_leaves_both_whole(saved):
    _, folder, _ = saved
    config = (folder / "config.json").read_bytes()
    killed = subprocess.run([sys.executable, "-c", KILLED, folder])
    assert killed.returncode == -signal.SIGKILL
    assert (folder / "config.json").read_bytes() == config
    assert (BertForMaskedLM.from_pretrained(folder).cls["predictions"].bias == 9).all()


MEMORY = """
from scratch_bert import BertForPreTraining
from scratch_bert.weights.checkpoints import resolve
from tests.memory import peak

folder = resolve("builtin:bert-base")
before = peak()
model = BertForPreTraining.from_pretrained(folder)
for parameter in model.parameters():
    parameter.detach().sum().item()  # touches every page
print((peak() - before) / (folder / "model.safetensors").stat().st_size)
"""


@pytest.mark.slow
def test_memory_holds_the_weights_once():
    """Reads 440 MB, so it takes a second or two."""
    assert 0.9 < measure(MEMORY) < 1.2
