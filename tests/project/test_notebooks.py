"""Notebooks: made from their scripts, without errors and machine paths, and they run.

Each run takes ten to twenty seconds of a core: a Python is started, which imports all and loads
models.
"""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbmake.nb_run import NotebookRun

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tools" / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
each = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import make_notebooks

    return make_notebooks


def notebook(script):
    return nbformat.read(script.with_suffix(".ipynb"), 4)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def test_all_are_there():
    names = ["001_token_flow", "002_attention_visualization", "003_cls_evolution"]
    assert [script.stem for script in SCRIPTS] == [*names, "004_find_the_bug"]
    assert [path.stem for path in sorted(FOLDER.glob("*.ipynb"))] == [s.stem for s in SCRIPTS]


@each
def test_it_is_made_from_its_script(script, maker):
    ours, committed = maker.made(script), notebook(script)
    assert ours.metadata == committed.metadata
    for mine, its in zip(ours.cells, committed.cells, strict=True):
        assert (mine.id, mine.cell_type, mine.source) == (its.id, its.cell_type, its.source)
        assert its.metadata == {}


@each
def test_it_was_run_from_top_to_bottom(script):
    cells = code(notebook(script).cells)
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    kinds = {output.output_type for output in outputs}
    assert kinds <= {"stream", "display_data", "execute_result"}
    assert any("image/png" in output.get("data", {}) for output in outputs)


@each
def test_outputs_name_no_machine(script):
    text = json.dumps([cell.outputs for cell in code(notebook(script).cells)])
    text = re.sub(r'"image/png": "[^"]*"', "", text)
    assert re.findall(r"(?<![\w.~}/])/(?:\w+/)+|stderr|object at 0x", text) == []


@each
def test_it_is_small(script):
    assert script.with_suffix(".ipynb").stat().st_size < 600_000


@pytest.mark.slow
@each
@pytest.mark.filterwarnings("default")  # of Jupyter's, about its own
def test_it_runs(script, monkeypatch):
    """Slow: a kernel is started, which imports all and loads models."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    result = NotebookRun(script.with_suffix(".ipynb"), default_timeout=300).execute()
    assert result.error is None, result.error.trace


@pytest.mark.filterwarnings("default")
def test_a_cell_that_raises_is_seen(tmp_path):
    """That the test above can fail."""
    place = tmp_path / "wrong.ipynb"
    cells = [nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place)
    result = NotebookRun(place, default_timeout=60, kernel="python3").execute()
    assert "ZeroDivisionError" in result.error.summary
