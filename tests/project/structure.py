"""The rules of the house, each as a function that lists what breaks it.

Each function takes the folder that holds the packages, and returns what it found by place. So the
same code judges this repository and the small broken trees that prove each rule can fail.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

PACKAGES = ("scratch_bert", "parity")

# A room is a file or a folder in the root of a package. It imports only from those before it.
ROOMS = {
    "scratch_bert": [
        *("errors", "files", "config", "terminal", "weights", "model", "tokenization"),
        *("training", "pretraining", "inference", "finetuning", "inspection", "cli", "__main__"),
    ],
    "parity": [
        *("reference", "core", "suite", "oracles", "ours"),
        *("model", "tokenizer", "pretraining", "finetuning", "inference"),
        *("adapter", "diagnosis", "session", "self_test", "report", "api", "exercises"),
        *("testing", "pytest_plugin", "cli"),
    ],
}

# A learner reads these in an evening; all other files are the library.
_CHAPTERS = {
    "model": [
        *("embeddings", "attention", "activations", "feed_forward", "encoder"),
        *("pooler", "outputs", "bert", "heads", "task_heads"),
    ],
    "tokenization": ["normalizer", "splitter", "wordpiece", "pipeline"],
    "pretraining": ["pairs", "masking", "objective"],
    "training": ["step", "optimizer", "schedule", "shuffle", "loop"],
    "finetuning": ["sequence_classification"],
    "inference": ["fill_mask", "text_classification"],
}
BOOK = [
    "config.py",
    *(f"{folder}/{name}.py" for folder, names in _CHAPTERS.items() for name in names),
]
BOOK_LINES = {"": 2500, "model/": 900}  # of all of it, and of one chapter

FILES_OF_THE_BOOK, FILES = 10, 25
LINES, LINES_OF_A_TEST = 250, 400
SAY_NOTHING = ("utils", "util", "utilities", "helpers", "misc")

# Where parity may import scratch_bert's model, tokenizer and training; anywhere: the rest of it.
JUDGED = ["model", "tokenization", "training", "pretraining", "finetuning", "inference"]
KNOW_JUDGED = ["ours", "exercises", "self_test", "*mistakes"]
NOT_JUDGED = ["BertConfig", "CheckpointError"]  # of what `scratch_bert` itself exports

STRANGERS = "strangers"  # of the tests: BERTs as other people write them
SKELETONS = "skeletons"  # what a learner writes is named as in the book


def sources(root: Path, *folders: str) -> list[Path]:
    """Return the Python files below some folders of `root`, sorted."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def module_of(path: Path, root: Path) -> str:
    """Return a file's name as an import has it."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the imports of a file, inside functions too: a module, and a name in it or ""."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def arrows(root: Path) -> dict[str, set[str]]:
    """Return, of each module of both packages, the modules of them that it imports."""
    paths = {module_of(path, root): path for path in sources(root, *PACKAGES)}
    found = {
        name: {
            whole if (whole := f"{module}.{what}") in paths else module
            for module, what in imports(path)
        }
        for name, path in paths.items()
    }
    return {name: (to & paths.keys()) - {name} for name, to in found.items()}


def room_of(module: str) -> str:
    """Return the file or folder, in the root of its package, that a module is or lies in."""
    return module.split(".")[1] if "." in module else ""


def homeless(root: Path) -> dict[str, int]:
    """Count the files in the root of a package that are no room."""
    found = Counter(
        path.parent.name
        for package in PACKAGES
        for path in (root / package).glob("*.py")
        if path.stem != "__init__" and path.stem not in ROOMS[package]
    )
    found.update(
        folder.relative_to(root).as_posix()
        for package in PACKAGES
        for folder in (root / package).iterdir()
        if folder.is_dir() and any(folder.rglob("*.py")) and folder.name not in ROOMS[package]
    )
    return dict(found)


def upward(root: Path) -> dict[str, list[str]]:
    """List the imports of a room from one that stands below it in ROOMS."""
    found: dict[str, list[str]] = {}
    for module, imported in arrows(root).items():
        package, room = module.split(".")[0], room_of(module)
        order = ROOMS[package]
        for other in sorted(imported):
            to = room_of(other)
            if not other.startswith(f"{package}.") or not {room, to} <= {*order}:
                continue
            if order.index(to) > order.index(room):
                found.setdefault(module, []).append(other)
    return found


def circles(root: Path) -> list[list[str]]:
    """List the groups of modules that import one another, in the end each itself."""
    graph = arrows(root)
    reached = {module: _reachable(graph, module) for module in graph}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in graph
        if module in reached[module]
    }
    return [[*group] for group in sorted(groups)]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found, left = set[str](), [start]
    while left:
        new = graph[left.pop()] - found
        found |= new
        left += new
    return found


def crowded(root: Path) -> dict[str, int]:
    """Count the files of each folder that has too many, `__init__.py` left out."""
    paths = sources(root, *PACKAGES, "tests", "tools")
    count = Counter(
        path.relative_to(root).parent.as_posix() for path in paths if path.stem != "__init__"
    )
    book = {Path("scratch_bert", name).parent.as_posix() for name in BOOK}
    few = {*PACKAGES, *book}
    return {
        folder: number
        for folder, number in sorted(count.items())
        if number > (FILES_OF_THE_BOOK if folder in few else FILES)
    }


def long(root: Path) -> dict[str, int]:
    """Count the lines of each file that has too many."""
    limits = {**dict.fromkeys(PACKAGES, LINES), "tests": LINES_OF_A_TEST}
    return {
        path.relative_to(root).as_posix(): lines
        for folder, limit in limits.items()
        for path in sources(root, folder)
        if (lines := _lines(path)) > limit
    }


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def same_class_names(root: Path) -> dict[str, int]:
    """Count the modules of both packages that define a public class of the same name."""
    found = Counter(
        node.name
        for path in sources(root, *PACKAGES)
        for node in _tree(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        if SKELETONS not in path.parts
    )
    return {name: number for name, number in sorted(found.items()) if number > 1}


def names_that_say_nothing(root: Path) -> list[str]:
    """List files and folders whose name says nothing about what is inside."""
    paths = sources(root, *PACKAGES, "tests", "tools")
    parts = {Path(*path.parts[:end]) for path in paths for end in range(1, len(path.parts) + 1)}
    return sorted(
        part.relative_to(root).as_posix()
        for part in parts
        if part.is_relative_to(root) and part.stem in SAY_NOTHING
    )


def missing_from_the_book(root: Path) -> list[str]:
    """List the files of the book that are not there."""
    return [name for name in BOOK if not (root / "scratch_bert" / name).is_file()]


def beside_the_book(root: Path) -> dict[str, int]:
    """Count the files that stand in a folder of the book and are not of the book."""
    there = {
        path.relative_to(root / "scratch_bert")
        for name in BOOK
        if (folder := (root / "scratch_bert" / name).parent) != root / "scratch_bert"
        for path in folder.glob("*.py")
        if path.stem != "__init__"
    }
    return dict(
        sorted(Counter(p.parent.as_posix() for p in there if p.as_posix() not in BOOK).items())
    )


def not_said_what_to_read(root: Path) -> dict[str, list[str]]:
    """List by folder of scratch_bert the files that its `__init__` does not name after "Read:"."""
    found = {}
    for start in (root / "scratch_bert").rglob("__init__.py"):
        said = (ast.get_docstring(_tree(start)) or "").partition("Read:")[2]
        names = {path.stem for path in start.parent.glob("*.py")} - {"__init__", "__main__"}
        if missing := names - set(re.findall(r"\w+", said)):
            found[start.parent.relative_to(root).as_posix()] = sorted(missing)
    return found


def book_too_long(root: Path) -> dict[str, int]:
    """Count the lines of the book, and of a chapter of it, where they are too many."""
    found = {
        part: sum(
            _lines(path)
            for name in BOOK
            if name.startswith(part) and (path := root / "scratch_bert" / name).is_file()
        )
        for part in BOOK_LINES
    }
    return {part: lines for part, lines in found.items() if lines > BOOK_LINES[part]}


def know_what_is_judged(root: Path) -> list[str]:
    """List the modules of parity that import scratch_bert's model or training and should not."""
    return sorted(
        module_of(path, root)
        for path in sources(root, "parity")
        if not any(
            fnmatch(part, each)
            for part in path.relative_to(root / "parity").parent.parts
            for each in KNOW_JUDGED
        )
        and any(_is_judged(module, name) for module, name in imports(path))
    )


def _is_judged(module: str, name: str) -> bool:
    if module == "scratch_bert":
        return name not in NOT_JUDGED
    return module.startswith("scratch_bert.") and room_of(module) in JUDGED


def know_huggingface(root: Path) -> list[str]:
    """List the modules, but parity.reference, that import transformers or tokenizers."""
    return _importing(["transformers", "tokenizers"], root, *PACKAGES)


def know_the_judge(root: Path) -> list[str]:
    """List the modules of scratch_bert that import parity."""
    return _importing(["parity"], root, "scratch_bert")


def _importing(names: list[str], root: Path, *packages: str) -> list[str]:
    return sorted(
        module
        for path in sources(root, *packages)
        if (module := module_of(path, root)) != "parity.reference"
        and any(imported.split(".")[0] in names for imported, _ in imports(path))
    )


def folders_of_tests(root: Path) -> list[str]:
    """List the folders of a package's tests that the package does not have."""
    return sorted(
        folder.relative_to(root).as_posix()
        for package in PACKAGES
        for folder in {path.parent for path in sources(root, f"tests/{package}")}
        if not (root / folder.relative_to(root / "tests")).is_dir()
        and STRANGERS not in folder.relative_to(root).parts
    )


RULES = (
    homeless,
    upward,
    circles,
    crowded,
    long,
    same_class_names,
    names_that_say_nothing,
    missing_from_the_book,
    book_too_long,
    beside_the_book,
    not_said_what_to_read,
    know_what_is_judged,
    know_huggingface,
    know_the_judge,
    folders_of_tests,
)
