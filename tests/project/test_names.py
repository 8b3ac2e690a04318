"""Every module, attribute and file that a text names is there."""

import re
from pathlib import Path

from tests.project.structure import sources

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "tests" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [*PAGES, *sources(ROOT, "scratch_bert", "parity", "tools")]
DOTTED = re.compile(r"(?<![\w./-])(?:parity|scratch_bert)(?:\.[A-Za-z_]\w*)+")
DEFINED = r'^(?:class |def )?{0}\b|^    "{0}"|^from .* import .*\b{0}\b'
FILE = re.compile(
    r"(?<![\w/])(?:\.\./)*(?:parity|scratch_bert|tests|tools|docs)/[\w./]*\.(?:py|md|html|ipynb)\b"
)


def unknown_names(text, root=ROOT):
    """The dotted names in a text that no module and no name in a module answers to."""
    return [
        name
        for name in DOTTED.findall(text)
        if not name.endswith(".py") and not _is_there(name, root)
    ]


def _is_there(name, root):
    parts = name.split(".")
    folder = root
    for number, part in enumerate(parts):
        if (folder / part).is_dir():
            folder /= part
            continue
        module = folder / f"{part}.py"
        file, rest = (
            (module, parts[number + 1 :])
            if module.is_file()
            else (folder / "__init__.py", parts[number:])
        )
        return not rest or re.search(DEFINED.format(rest[0]), file.read_text(), re.M) is not None
    return True


def missing_files(text, folder, root=ROOT):
    """The files in a text that are neither in the repository nor beside the text."""
    return [
        name
        for name in FILE.findall(text)
        if not (root / name).is_file() and not (folder / name).is_file()
    ]


def test_what_a_text_names_is_there():
    wrong = {}
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        if found := unknown_names(text) + missing_files(text, path.parent):
            wrong[str(path.relative_to(ROOT))] = found
    assert wrong == {}


def test_what_is_not_there_is_found():
    text = "`parity.checks.forward`, `parity.core.stages.Stages` and `scratch_bert.Bert`"
    assert unknown_names(text) == [
        "parity.checks.forward",
        "parity.core.stages.Stages",
        "scratch_bert.Bert",
    ]
    assert unknown_names("parity.core.stages.Stage, parity.examine, scratch_bert.BertModel") == []
    text = "parity/checks/forward.py and [it](../scratch_bert/attention.py)"
    assert missing_files(text, ROOT / "docs") == [
        "parity/checks/forward.py",
        "../scratch_bert/attention.py",
    ]
    assert missing_files("[it](../scratch_bert/config.py), tools/benchmark.py", ROOT / "docs") == []
