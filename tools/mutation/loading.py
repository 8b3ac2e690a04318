"""Makes a candidate of a mutant: its files are loaded anew, with one of them changed.

It is done in a process of its own, which is thrown away: modules are replaced under their names.
"""

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from mutation.targets import ROOT, Target

COPY, OURS = "mutated_bert", "mutated_ours"  # of scratch_bert and of parity.ours


class _Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules whose code is given.

    Args:
        codes: of some of the modules; the others are copies of scratch_bert's.
    """

    def __init__(self, codes: Mapping[str, CodeType]) -> None:
        self._codes = codes

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        if fullname in self._codes:
            return importlib.util.spec_from_loader(fullname, self)
        place = _copied_from(fullname)
        if place is None:
            return None
        spec = importlib.util.spec_from_loader(
            fullname, self, is_package=place.name == "__init__.py"
        )
        assert spec is not None
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(place.parent))
        spec.origin, spec.has_location = str(place), True
        return spec

    def is_package(self, fullname: str) -> bool:
        place = _copied_from(fullname)
        return place is not None and place.name == "__init__.py"

    def get_source(self, fullname: str) -> None:  # noqa: ARG002
        return None

    def get_code(self, fullname: str) -> CodeType:
        return self._codes.get(fullname) or _copy(_copied_from(fullname))


def _copied_from(name: str) -> Path | None:
    """The file that a module of the copy is made from."""
    first, _, rest = name.partition(".")
    if first not in (COPY, OURS):
        return None
    folder = ROOT / ("scratch_bert" if first == COPY else "parity/ours")
    place = folder.joinpath(*rest.split(".")) if rest else folder
    for each in (place / "__init__.py", place.with_suffix(".py")):
        if each.is_file():
            return each
    return None


@cache
def _copy(place: Path) -> CodeType:
    return copied(place.read_text(encoding="utf-8"), place)


def copied(source: str, place: Path) -> CodeType:
    """Compile a file of scratch_bert as one of the copy."""
    text = source.replace("scratch_bert", COPY).replace("parity.ours", OURS)
    return compile(text, str(place), "exec")


def load(target: Target, file: str, source: str) -> Any:
    """Build a target's candidate.

    Args:
        target: what is mutated.
        file: the changed one; "" for none.
        source: its new text.
    """
    codes: dict[str, CodeType] = {}
    for name in target.files:
        place = target.root / name
        text = source if name == file else place.read_text(encoding="utf-8")
        if target.package:
            if name == file:
                codes[_copied_name(name)] = copied(text, place)
        else:
            codes[place.stem] = compile(text, str(place), "exec")
    path, _, made = target.maker.rpartition(":")
    if path:
        text = (ROOT / path).read_text(encoding="utf-8")
        compiled = copied if target.package else lambda text, place: compile(text, place, "exec")
        codes["mutated_maker"] = compiled(text, ROOT / path)
    for name in [*sys.modules]:
        if name in codes or name.split(".")[0] in (COPY, OURS):
            del sys.modules[name]
    sys.meta_path.insert(0, _Sources(codes))
    module: ModuleType = importlib.import_module("mutated_maker" if path else place.stem)
    return getattr(module, made)()


def _copied_name(file: str) -> str:
    parts = Path(file).with_suffix("").parts
    return ".".join((COPY, *parts[1:])).removesuffix(".__init__")


def warm(target: Target) -> None:
    """Compile all that a mutant of a target does not change."""
    if target.package:
        for folder in ("scratch_bert", "parity/ours"):
            for place in (ROOT / folder).rglob("*.py"):
                _copy(place)
