"""Find what a user calls by name: `path/to/file.py:NAME` or `package.module:NAME`."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.core.errors import CandidateError


def load_maker(name: str, *, needs_build: bool = True) -> Any:
    """Import a candidate's class and make one; an object that is no class is taken as it is.

    Args:
        name: where it is, and what it is called there.
        needs_build: whether it must have a method `build`.

    Raises:
        CandidateError: there is no such file, module or class, or it has no `build`.
    """
    place, attribute, maker = _found(name)
    if needs_build and not hasattr(maker, "build"):
        raise CandidateError(f"{place} has no class {attribute} with a method build")
    if maker is None:
        raise CandidateError(f"{place} has no class {attribute}")
    if not isinstance(maker, type):
        return maker
    try:
        return maker()
    except TypeError as error:
        raise CandidateError(f"{name}: is made without arguments, and {error}") from None


def load_callable(name: str) -> Callable[..., Any]:
    """Import what makes a module: a class or a function.

    Raises:
        CandidateError: there is no such file, module or name, or it cannot be called.
    """
    place, attribute, made = _found(name)
    if not callable(made):
        raise CandidateError(f"{place} has no class and no function {attribute}")
    return made


def _found(name: str) -> tuple[str, str, Any]:
    place, _, attribute = name.rpartition(":")
    if not place or not attribute:
        raise CandidateError(f"{name}: expected path/to/file.py:NAME or package.module:NAME")
    if place.endswith(".py"):
        module = _import_file(Path(place))
    else:
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            raise CandidateError(f"{place}: {error}") from None
    return place, attribute, getattr(module, attribute, None)


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise CandidateError(f"{path}: there is no such file")
    name = path.stem
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if name in sys.stdlib_module_names or (loaded and Path(loaded).resolve() != path.resolve()):
        name = f"candidate_{name}"  # somebody's copy.py must not become everybody's
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    if (neighbors := str(path.parent.resolve())) not in sys.path:
        sys.path.append(neighbors)
    try:
        specification.loader.exec_module(module)
    except ImportError as error:
        if "no known parent package" not in str(error):
            raise
        raise CandidateError(
            f"{path}: it imports from its own package; run this above the package's folder, "
            f"with package.{path.stem}:NAME in place of the file"
        ) from None
    return module
