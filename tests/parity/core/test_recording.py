"""Recordings: written here or anywhere else, read, and compared."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from parity.cli.main import main
from parity.core.compare import Status
from parity.core.probes import Probe
from parity.core.recording import Recording
from parity.model.expected import RecordedProbe

BERTS = Path(__file__).parents[1] / "strangers" / "berts" / "fused.py"
PROBES = ["--probe", "padded right", "--probe", "pair"]


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings") / "theirs"
    assert run("record", folder, "--dtype", "float32", *PROBES) == 0
    return folder


@pytest.fixture
def written(theirs, tmp_path):
    """What a program in another language would write: one file a probe, and a small index."""

    def write(change=lambda name, tensor: tensor, names=("last_hidden_state",)):
        folder = tmp_path / "ours"
        reference, probes = Recording.read(theirs), {}
        for probe in reference.probes():
            (folder / probe.name.replace(" ", "_")).mkdir(parents=True)
            made = {name: change(name, reference.get(probe.name, name)) for name in names}
            save_file(made, folder / probe.name.replace(" ", "_") / "everything.safetensors")
            probes[probe.name] = {}
        (folder / "recording.json").write_text(json.dumps({"probes": probes}))
        return folder

    return write


def compared(ours, theirs, capsys, *options):
    capsys.readouterr()
    code = run("compare", ours, theirs, "--format", "json", *options)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else err


@pytest.mark.sample(1)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_candidates_recording(dtype, theirs, tmp_path, capsys):
    ours = tmp_path / "ours"
    assert run("record", ours, "--candidate", f"{BERTS}:Fused", "--dtype", dtype, *PROBES) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.endswith(f"ours: 2 probes, made by {BERTS}:Fused")
    code, report = compared(ours, theirs, capsys)
    assert (code, report["verdict"], report["born"]) == (0, "parity", [])
    assert report["compared"] > 100


def test_a_broken_ones(theirs, tmp_path, capsys):
    ours = tmp_path / "ours"
    run("record", ours, "--candidate", f"{BERTS}:Fused_1_eps", *PROBES)
    code, report = compared(ours, theirs, capsys)
    assert code == 1
    stage = "encoder.layer.1.attention.output.LayerNorm"
    assert report["first_divergence"]["stage"] == stage
    code, report = compared(ours, theirs, capsys, "--tolerance", "1e-2")
    assert (code, report["verdict"]) == (0, "parity")
    assert report["required_tolerance"]["max_rel"] < 1e-2


def test_what_another_program_wrote(written, theirs, capsys):
    code, report = compared(written(), theirs, capsys)
    assert (code, report["compared"]) == (0, 3)  # one of them padding
    assert report["environment"]["made_by"].startswith("transformers ")


def test_a_mistake_of_another_program(written, theirs, capsys):
    code, report = compared(written(lambda _, tensor: tensor + 1e-6), theirs, capsys)
    assert (code, report["first_divergence"]["stage"]) == (1, "last_hidden_state")


def test_a_name_nobody_knows(written, theirs, capsys):
    folder = written()
    save_file({"layer_3": torch.zeros(1)}, folder / "pair" / "more.safetensors")
    _, report = compared(folder, theirs, capsys)
    wrong = [(row["name"], row["status"]) for row in report["stages"] if row["status"] != "MATCH"]
    assert wrong == [("layer_3", "MISSING_THEIRS")]


def test_a_probe_of_one_side_only(written, theirs, capsys):
    folder = written()
    index = json.loads((folder / "recording.json").read_text())
    index["probes"]["something else"] = index["probes"].pop("pair")
    (folder / "recording.json").write_text(json.dumps(index))
    (folder / "pair").rename(folder / "something_else")
    code, report = compared(folder, theirs, capsys)
    said = {row["probe"]: (row["status"], row["note"]) for row in report["stages"] if row["note"]}
    assert code == 1
    assert said == {
        "pair": ("UNSUPPORTED", f"{folder} has nothing about this probe"),
        "something else": ("MISSING_THEIRS", "theirs has no such probe"),
    }


def test_a_dtype_nobody_measured(written, theirs, capsys):
    folder = written(lambda _, tensor: tensor.to(torch.bfloat16))
    code, report = compared(folder, theirs, capsys)
    assert (code, report["verdict"]) == (3, "not_comparable")
    assert "record it with --dtype bfloat16, or give a --tolerance" in report["error"]
    assert compared(folder, theirs, capsys, "--tolerance", "0.02")[0] == 0


def test_files_that_are_none(written, theirs, tmp_path, capsys):
    folder = written()
    (folder / "pair" / "more.safetensors").write_bytes(b"nothing")
    code, report = compared(folder, theirs, capsys)
    assert (code, report["verdict"]) == (3, "not_comparable")
    assert "more.safetensors: is no safetensors file" in report["error"]
    (folder / "pair" / "more.safetensors").unlink()
    index = json.loads((folder / "recording.json").read_text())
    index["probes"]["pair"]["stages"] = ["pooler"]
    (folder / "recording.json").write_text(json.dumps(index))
    code, report = compared(folder, theirs, capsys)
    assert (code, report["verdict"]) == (3, "not_comparable")
    assert "pair: no file there holds pooler, which recording.json names" in report["error"]
    (folder / "recording.json").write_text("[]")
    code, message = compared(folder, theirs, capsys)
    assert (code, "is no index of a recording" in " ".join(message.split())) == (4, True)
    assert compared(tmp_path / "nowhere", theirs, capsys)[0] == 4


def test_nothing_is_written_over(theirs, capsys):
    assert run("record", theirs) == 4
    assert "exists already" in capsys.readouterr().err


def test_an_empty_recording_is_no_parity(theirs, tmp_path, capsys):
    (tmp_path / "recording.json").write_text(json.dumps({"probes": {}}))
    assert compared(tmp_path, theirs, capsys)[1]["verdict"] == "nothing_compared"


def test_a_crash_leaves_nothing(tmp_path):
    hostile = BERTS.parents[1] / "hostile_berts.py"
    ours = tmp_path / "ours"
    assert run("record", ours, "--candidate", f"{hostile}:Raises", "--probe", "pair") == 2
    assert [*tmp_path.iterdir()] == []


def test_where_the_reference_overflows_nothing_is_judged(tmp_path):
    probe = Probe("pair", {"input_ids": torch.ones(1, 2)})
    recording = Recording(tmp_path)
    recording.begin(probe)
    recording.add_noise("pair", "float16", "propagated", "embeddings", float("inf"))
    recorded = RecordedProbe(recording, probe, torch.float16)
    zeros, ones = torch.zeros(1, 2, 3), torch.ones(1, 2, 3, dtype=torch.float64)
    (row,) = recorded.compare("embeddings", zeros, ones, "propagated")
    assert row.status is Status.UNSUPPORTED
    (row,) = recorded.compare("encoder.layer.0", zeros, ones, "propagated")
    assert row.status is Status.VALUE
