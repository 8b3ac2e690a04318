"""A checkpoint's name → its folder; no network is used."""

import json

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants

from scratch_bert import BertConfig, BertModel, CheckpointError
from scratch_bert.weights.builtin import BUILTIN
from scratch_bert.weights.checkpoints import Checkpoint, resolve
from tests.models import TINY, adversarial_

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of huggingface_hub, without a network."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """The files huggingface_hub was asked for."""
    files = []
    real = huggingface_hub.hf_hub_download

    def download(repository, file):
        files.append(file)
        return real(repository, file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    return files


def cached(hub, hub_id):
    """Make the folder into which huggingface_hub downloads a repository's files."""
    repository = hub / f"models--{hub_id.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(REVISION)
    folder = repository / "snapshots" / REVISION
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("hub_id", ["org/name", "bert-base-uncased"])
def test_a_hub_id_is_found_in_the_cache(hub, hub_id):
    folder = cached(hub, hub_id)
    model = adversarial_(BertModel(BertConfig(**TINY)))
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("[PAD]\n")
    assert resolve(hub_id) == folder
    loaded = BertModel.from_pretrained(hub_id)
    assert torch.equal(loaded.pooler.dense.weight, model.pooler.dense.weight)


def test_a_hub_id_in_parts(hub, asked):
    folder = cached(hub, "org/parts")
    model = adversarial_(BertModel(BertConfig(**TINY)))
    model.save_pretrained(folder)
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    place = dict.fromkeys(model.state_dict(), "model-1.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": place}))
    assert resolve("org/parts") == folder
    assert {"vocab.txt", "tokenizer.json", "model-1.safetensors"} <= set(asked)
    assert BertModel.from_pretrained("org/parts").load_report.missing == ()
    (folder / "model-1.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model-1.safetensors: there is no such file"):
        BertModel.from_pretrained("org/parts")
    index.write_text(json.dumps({"weight_map": {"a": "../../x"}}))
    with pytest.raises(CheckpointError, match=r"names the file '../../x'"):
        resolve("org/parts")


def test_a_hub_id_without_weights(hub):
    folder = cached(hub, "org/config-only")
    (folder / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"config-only.*: holds no weights"):
        BertModel.from_pretrained("org/config-only")


@pytest.mark.parametrize("hub_id", ["org/unknown", "unknown"])
def test_an_unknown_hub_id_says_what_there_is_without_a_network(hub, hub_id, asked):
    with pytest.raises(CheckpointError, match=f"^{hub_id}: not a folder, .*builtin:minilm"):
        resolve(hub_id)
    assert asked == ["config.json"]  # whoever waits for a network waits once


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./nowhere", "there is no such folder"),
        ("/nowhere/at/all", "there is no such folder"),
        ("a/b/c", "there is no such folder"),
        ("two words", "neither a folder nor a hub id"),
        ("null\0byte", "neither a folder nor a hub id"),
        ("x" * 300, "File name too long"),
        ("builtin:maxilm", "not built in; there are builtin:minilm, builtin:adversarial"),
    ],
)
def test_what_is_no_checkpoint(hub, name, message):
    with pytest.raises(CheckpointError, match=message) as error:
        resolve(name)
    assert str(error.value).startswith(f"{name}: ")


def test_folders_and_files(hub, monkeypatch):
    (hub / "model").mkdir()
    (hub / "file").touch()
    monkeypatch.chdir(hub)
    assert resolve(hub / "model") == hub / "model"
    assert resolve("model").samefile(hub / "model")
    for name in ("file", hub / "file"):
        with pytest.raises(CheckpointError, match="file: is a file, expected the folder"):
            resolve(name)
    with pytest.raises(CheckpointError, match="nowhere: there is no such folder"):
        resolve(hub / "nowhere")
    with pytest.raises(CheckpointError, match=r"config.json: there is no such file"):
        BertModel.from_pretrained(hub / "model")


def test_a_checkpoint_is_found_and_read_once(tmp_path):
    text = '{"hidden_size": 24, "more": [1], "architectures": ["BertForMaskedLM", "BertModel"]}'
    (tmp_path / "config.json").write_text(text)
    checkpoint = Checkpoint.of(tmp_path)
    assert Checkpoint.of(checkpoint) is checkpoint
    assert (checkpoint.name, checkpoint.folder) == (str(tmp_path), tmp_path)
    first = checkpoint.config
    (tmp_path / "config.json").unlink()
    first.hidden_size = 48  # of this configuration alone
    assert checkpoint.values == json.loads(text)
    assert checkpoint.architecture == "BertForMaskedLM"
    assert checkpoint.config.hidden_size == 24


@pytest.mark.parametrize("name", BUILTIN)
def test_built_in_ones(name):
    assert (resolve(name) / "model.safetensors").is_file()
