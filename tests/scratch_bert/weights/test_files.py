"""Files of weights: each layout is read, each damage is named, nothing is run or half-written."""

import errno
import json
import os
import pickle
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from scratch_bert.errors import CheckpointError
from scratch_bert.weights.files import (
    PICKLE,
    PICKLE_INDEX,
    SAFETENSORS,
    SAFETENSORS_INDEX,
    WEIGHT_FILES,
    read_weights,
    write_weights,
)

NAN = float("nan")
WEIGHTS = {
    "a.weight": torch.tensor([[1.5, NAN], [-0.0, float("inf")]]),
    "a.bias": torch.arange(3).half(),
    "b": torch.zeros(0, 4, dtype=torch.bfloat16),
    "counter": torch.tensor(7),
}
FIRST, SECOND = dict(list(WEIGHTS.items())[:2]), dict(list(WEIGHTS.items())[2:])


def save_zip(tensors, path):
    torch.save(tensors, path)


def save_legacy(tensors, path):
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


def save_shards(folder, save_one, stem, ending, index):
    place = {}
    for i, part in enumerate((FIRST, SECOND)):
        name = f"{stem}-0000{i + 1}-of-00002.{ending}"
        save_one(part, folder / name)
        place |= dict.fromkeys(part, name)
    (folder / index).write_text(json.dumps({"metadata": {}, "weight_map": place}))


LAYOUTS = {
    "safetensors": lambda f: save_file(WEIGHTS, f / SAFETENSORS),
    "safetensors in parts": lambda f: save_shards(
        f, save_file, "model", "safetensors", SAFETENSORS_INDEX
    ),
    "bin": lambda f: save_zip(WEIGHTS, f / PICKLE),
    "legacy bin": lambda f: save_legacy(WEIGHTS, f / PICKLE),
    "bin in parts": lambda f: save_shards(f, save_zip, "pytorch_model", "bin", PICKLE_INDEX),
}


def same(ours, theirs):
    """Every bit, NaN's too."""
    return (
        ours.dtype == theirs.dtype
        and ours.shape == theirs.shape
        and ours.reshape(-1).view(torch.uint8).tolist()
        == theirs.reshape(-1).view(torch.uint8).tolist()
    )


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_gives_the_same_tensors(layout, tmp_path):
    layout(tmp_path)
    found = read_weights(tmp_path)
    assert found.keys() == WEIGHTS.keys()
    assert all(same(found[name], tensor) for name, tensor in WEIGHTS.items())


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_write_to_a_tensor_never_reaches_the_file(layout, tmp_path):
    layout(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for tensor in read_weights(tmp_path).values():
        tensor.zero_()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "legacy bin"])
def test_tensors_are_the_file_s_own_pages(layout, tmp_path):
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("only Linux lists a process's memory maps")
    LAYOUTS[layout](tmp_path)
    found = read_weights(tmp_path)
    assert str(tmp_path) in maps.read_text()
    del found


def test_files_are_looked_for_in_the_order_of_hf(tmp_path):
    for name in reversed(WEIGHT_FILES):
        if name.endswith(".json"):
            part = name.removesuffix(".index.json").replace(".", "-1.")
            (tmp_path / name).write_text(json.dumps({"weight_map": {name: part}}))
            (save_zip if part.endswith("bin") else save_file)(
                {name: torch.ones(1)}, tmp_path / part
            )
        else:
            (save_zip if name == PICKLE else save_file)({name: torch.ones(1)}, tmp_path / name)
        assert list(read_weights(tmp_path)) == [name]


# What is not a file of weights: its name, its bytes, what the message says.
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 440449768\n"
MISTAKEN = [
    (SAFETENSORS, b"", "the file is empty"),
    (PICKLE, b"", "the file is empty"),
    (SAFETENSORS, LFS, "Git LFS pointer"),
    (PICKLE, LFS, "Git LFS pointer"),
    (SAFETENSORS, b"<!DOCTYPE html><title>404</title>", "it is a web page"),
    (PICKLE, b"\n<html>", "it is a web page"),
    (SAFETENSORS, pickle.dumps({"a": 1}), f"a pickle, which is called {PICKLE}"),
    (SAFETENSORS, b"PK\3\4" + bytes(40), f"a pickle, which is called {PICKLE}"),
    (PICKLE, save(WEIGHTS), f"safetensors, which is called {SAFETENSORS}"),
    (SAFETENSORS, (2**63).to_bytes(8, "little") + b"{}", "not a whole safetensors file"),
    (SAFETENSORS, (10**6).to_bytes(8, "little") + b"{}", "not a whole safetensors file"),
    (SAFETENSORS, (2).to_bytes(8, "little") + b"[]", "not a whole safetensors file"),
    (PICKLE, b"random text", "not a whole file"),
    (PICKLE_INDEX, b"", "not an index"),
    (PICKLE_INDEX, b"\xff", "not an index"),
    (PICKLE_INDEX, b"[]", "not an index"),
    (PICKLE_INDEX, b"{}", "not an index"),
    (PICKLE_INDEX, b"[" * 100_000, "not an index"),
    (SAFETENSORS_INDEX, b'{"weight_map": []}', "not an index"),
    (SAFETENSORS_INDEX, b'{"weight_map": "model.safetensors"}', "not an index"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": "../x"}}', "names the file '../x'"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": "/etc/passwd"}}', "names the file '/etc/passwd'"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": ".."}}', r"names the file '\.\.'"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": ""}}', "names the file ''"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": ["x"]}}', r"names the file \['x'\]"),
    (SAFETENSORS_INDEX, b'{"weight_map": {"a": 3}}', "names the file 3"),
]


@pytest.mark.parametrize(
    ("name", "content", "message"), MISTAKEN, ids=lambda value: str(value)[:30]
)
def test_what_is_no_file_of_weights_is_named(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as error:
        read_weights(tmp_path)
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.ones(2)], "holds a list, expected named tensors"),
        ({"model": WEIGHTS}, "'model' holds a dict, expected named tensors"),
        ({"epoch": 3}, "'epoch' holds a int, expected named tensors"),
        ({3: torch.ones(2)}, "3 holds a Tensor, expected named tensors"),
        ({"w": torch.eye(3).to_sparse()}, "w is torch.sparse_coo, expected a dense tensor"),
        ({"w": torch.empty(3, device="meta")}, "w is meta, expected a dense tensor"),
    ],
    ids=["list", "nested", "number", "numbered", "sparse", "meta"],
)
@pytest.mark.parametrize("save_bin", [save_zip, save_legacy])
def test_a_bin_of_something_else(save_bin, content, message, tmp_path):
    save_bin(content, tmp_path / PICKLE)
    with pytest.raises(CheckpointError, match=message):
        read_weights(tmp_path)


def save_plain(tensors, path):
    path.write_bytes(pickle.dumps(tensors))


class Malicious:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("save_bin", [save_zip, save_legacy, save_plain])
@pytest.mark.parametrize("name", [PICKLE, SAFETENSORS])
def test_code_in_a_pickle_is_not_run(save_bin, name, tmp_path):
    marker = tmp_path / "was here"
    save_bin({"w": torch.ones(2), "x": Malicious(marker)}, tmp_path / name)
    with pytest.raises(CheckpointError, match=name):
        read_weights(tmp_path)
    assert not marker.exists()


SAVERS = {"zip": save_zip, "legacy": save_legacy, "safetensors": save_file}


@pytest.mark.parametrize("kind", SAVERS)
def test_a_file_cut_short_anywhere(kind, tmp_path):
    path = tmp_path / (SAFETENSORS if kind == "safetensors" else PICKLE)
    SAVERS[kind](WEIGHTS, path)
    whole = path.read_bytes()
    for length in [*range(0, 40), *range(40, len(whole) - 1, 7), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=path.name):
            read_weights(tmp_path)


@pytest.mark.sample(1)
@pytest.mark.parametrize("kind", SAVERS)
def test_flipped_bytes_are_refused_or_are_numbers(kind, tmp_path):
    """Whatever the bytes, the process lives and there is no other exception."""
    path = tmp_path / (SAFETENSORS if kind == "safetensors" else PICKLE)
    SAVERS[kind](WEIGHTS, path)
    whole = path.read_bytes()
    dice = random.Random(0)
    refused = []
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(dice.choice([1, 1, 3])):
            damaged[dice.randrange(len(whole))] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            assert all(isinstance(t, torch.Tensor) for t in read_weights(tmp_path).values())
        except CheckpointError as error:
            refused.append(str(error))
    assert len(refused) > 60
    assert all(str(path) in message for message in refused)


def test_a_part_that_is_absent_or_lacks_a_tensor(tmp_path):
    LAYOUTS["safetensors in parts"](tmp_path)
    second = tmp_path / "model-00002-of-00002.safetensors"
    save_file({"b": SECOND["b"]}, second)
    with pytest.raises(CheckpointError, match=r"model-00002.*lacks counter, which .*index.json"):
        read_weights(tmp_path)
    second.unlink()
    with pytest.raises(CheckpointError, match=r"model-00002.*: there is no such file"):
        read_weights(tmp_path)


@pytest.mark.parametrize("name", WEIGHT_FILES)
def test_an_unreadable_file(name, tmp_path, monkeypatch):
    """No access right stops root, so a file that cannot be read is one whose reading fails."""
    broken = Path("/proc/self/mem")
    if not broken.exists():
        pytest.skip("a regular file that cannot be read is only known on Linux")
    (tmp_path / name).symlink_to(broken)
    with pytest.raises(CheckpointError, match=os.strerror(errno.EIO)) as error:
        read_weights(tmp_path)
    assert str(tmp_path / name) in str(error.value)


def test_a_folder_without_weights(tmp_path):
    (tmp_path / SAFETENSORS).mkdir()
    with pytest.raises(CheckpointError, match=r"holds no weights; expected one of model.safetens"):
        read_weights(tmp_path)


def test_what_is_written_has_the_usual_rights_and_hf_s_metadata(tmp_path):
    path = tmp_path / "new" / SAFETENSORS
    write_weights({"w": torch.ones(4, 2).T}, path)
    (tmp_path / "ordinary").touch()
    assert path.stat().st_mode == (tmp_path / "ordinary").stat().st_mode
    assert stat.S_ISREG(path.stat().st_mode)
    assert b'"format":"pt"' in path.read_bytes()
    assert same(read_weights(path.parent)["w"], torch.ones(2, 4))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_weights(FIRST, tmp_path / SAFETENSORS)
    shared = torch.ones(3)
    with pytest.raises(RuntimeError, match="share memory"):
        write_weights({"x": shared, "y": shared}, tmp_path / SAFETENSORS)
    assert [path.name for path in tmp_path.iterdir()] == [SAFETENSORS]
    assert read_weights(tmp_path).keys() == FIRST.keys()


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from scratch_bert.weights import files

def half(tensors, place, metadata):
    Path(place).write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

files.save_file = half
files.write_weights({"new": torch.ones(2)}, Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_killed_write_leaves_the_old_file(tmp_path):
    write_weights(FIRST, tmp_path / SAFETENSORS)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path / SAFETENSORS])
    assert killed.returncode == -signal.SIGKILL
    assert read_weights(tmp_path).keys() == FIRST.keys()
