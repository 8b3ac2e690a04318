"""Built-in checkpoints: what they hold, and that a made one is whole or absent."""

import signal
import subprocess
import sys

import pytest
from safetensors import safe_open

from scratch_bert import BertForPreTraining, CheckpointError
from scratch_bert.files import sha256
from scratch_bert.weights import builtin
from scratch_bert.weights.builtin import adversarial, bert_base, minilm
from scratch_bert.weights.files import read_weights

FILES = {"config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"}


def test_bert_base_has_the_files_of_the_hub():
    """Made once in the user's cache, which takes some seconds; then it is only looked at."""
    folder = bert_base()
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "model.safetensors").stat().st_size == 440449768
    for name, expected in {
        "config.json": "7160e1553ad2ca51d8c1cb066be533db31826e12d173824c1bb0cb1a4f187d20",
        "tokenizer_config.json": "a025160ef0431f1a392f6f050c1310f4c5d9fb6f275932dbccba73c4d214bf10",
        "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    }.items():
        assert sha256(folder / name) == expected, name
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        names = set(file.keys())
        assert file.get_slice("bert.embeddings.word_embeddings.weight").get_shape() == [30522, 768]
    assert len(names) == 206
    assert sum(name.endswith(("LayerNorm.gamma", "LayerNorm.beta")) for name in names) == 2 * 26
    assert not [name for name in names if "decoder" in name or "position_ids" in name]


@pytest.mark.parametrize("make", [bert_base, adversarial])
def test_made_weights_fit_and_show_mistakes(make):
    model = BertForPreTraining.from_pretrained(make())
    report = model.load_report
    assert (report.missing, report.unexpected, report.wrong_shape) == ((), (), {})
    for name, parameter in model.named_parameters():
        if "layer" not in name or ".0." in name:
            assert parameter.std() > 0.03, name


def test_minilm_is_checked(tmp_path, monkeypatch):
    folder = minilm()
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / name).symlink_to(folder / name)

    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr(builtin.importlib.util, "find_spec", lambda _: Spec)
    assert minilm() == tmp_path / "model"
    vocab = tmp_path / "model" / "vocab.txt"
    vocab.unlink()
    with pytest.raises(CheckpointError, match=r"vocab.txt: there is no such file; run: pip"):
        minilm()
    vocab.write_text("[PAD]\n")
    with pytest.raises(CheckpointError, match=r"vocab.txt: sha256 is .*, expected 07eced.*; run:"):
        minilm()
    monkeypatch.setattr(builtin.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CheckpointError, match=r"builtin:minilm: .* is not installed; run: pip"):
        minilm()


def test_making_twice_gives_the_same_bytes(cache):
    made = adversarial()
    assert made.parent == cache / "scratch_bert"
    assert {path.name for path in made.iterdir()} == FILES
    first = sha256(made / "model.safetensors")
    made.rename(cache / "moved")
    assert sha256(adversarial() / "model.safetensors") == first


def test_what_is_made_is_not_made_again(cache, monkeypatch):
    made = adversarial()
    monkeypatch.delattr("safetensors.numpy.save_file")
    assert adversarial() == made


def test_a_failed_making_leaves_nothing(cache, monkeypatch):
    def full(tensors, place, metadata):
        place.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match="no space left"):
        adversarial()
    assert list((cache / "scratch_bert").iterdir()) == []


KILLED = """
import os, signal
import safetensors.numpy
from scratch_bert.weights import builtin

def half(tensors, place, metadata):
    place.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

safetensors.numpy.save_file = half
builtin.adversarial()
"""


def test_a_killed_making_leaves_nothing_that_is_used(cache):
    killed = subprocess.run([sys.executable, "-c", KILLED])
    assert killed.returncode == -signal.SIGKILL
    names = read_weights(adversarial())
    assert len(names) == 5 + 3 * 16 + 9
    assert sum(name.endswith("LayerNorm.gamma") for name in names) == 1 + 3 * 2 + 1


TOGETHER = """
import sys
import safetensors.numpy
from scratch_bert.weights import builtin

real = safetensors.numpy.save_file

def wait_for_the_other(*arguments, **options):
    real(*arguments, **options)
    print("saved", flush=True)
    sys.stdin.readline()

safetensors.numpy.save_file = wait_for_the_other
print(builtin.adversarial(), flush=True)
"""


def test_two_processes_at_once(cache):
    """Both have made it before either puts it in place."""
    start = [sys.executable, "-c", TOGETHER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(start, **pipes) as one, subprocess.Popen(start, **pipes) as other:
        assert [process.stdout.readline() for process in (one, other)] == ["saved\n"] * 2
        folders = [process.communicate("go\n")[0].strip() for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0]
    assert folders == [str(adversarial())] * 2
    assert list((cache / "scratch_bert").iterdir()) == [adversarial()]
    assert all(tensor.isfinite().all() for tensor in read_weights(adversarial()).values())
