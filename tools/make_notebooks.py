"""The notebooks from their scripts, with what they print and draw: `make notebooks`.

Made twice from the same script on the same machine they are the same, byte for byte.
"""

import os
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent / "notebooks"
TIMEOUT = 300  # seconds for a cell
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def made(script: Path) -> NotebookNode:
    """Return a script's notebook, without outputs."""
    notebook = jupytext.read(script)
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", nbformat.from_dict({})
    return notebook


def executed(notebook: NotebookNode) -> NotebookNode:
    """Run a notebook, and leave nothing in it that another run would have otherwise.

    Raises:
        CellExecutionError: a cell raised.
    """
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    NotebookClient(notebook, timeout=TIMEOUT, record_timing=False, coalesce_streams=True).execute(
        cwd=FOLDER
    )
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":  # warnings of other packages depend on what is installed
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    return notebook


if __name__ == "__main__":
    for script in sorted(FOLDER.glob("*.py")):
        if len(sys.argv) == 1 or script.stem in sys.argv[1:]:
            nbformat.write(executed(made(script)), script.with_suffix(".ipynb"))
            print(script.with_suffix(".ipynb").relative_to(Path.cwd()))
