"""Fixtures and small helpers for all tests; shapes are checked from here on.

torch and transformers are imported where a fixture needs them: with several workers, the process
that hands out the tests reads this file too, and they wait for it.
"""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before torch starts its threads: with several workers, each takes its share of the cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

import jaxtyping
import pytest
from filelock import FileLock
from hypothesis import settings

ROOT = Path(__file__).parents[1]
WITH_SHAPES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "scratch_bert").rglob("*.py")
    if "import jaxtyping" in path.read_text() or "from jaxtyping" in path.read_text()
]
jaxtyping.install_import_hook(WITH_SHAPES, "beartype.beartype")

from tests import thorough
from tests.forked import Forking

if TYPE_CHECKING:
    from scratch_bert import BertConfig

settings.register_profile("few", deadline=None, max_examples=15, derandomize=True)
settings.register_profile("thorough", settings.get_profile("few"), max_examples=60)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run every case of every test")


def pytest_configure(config: pytest.Config) -> None:
    for marker in thorough.MARKERS:
        config.addinivalue_line("markers", marker)
    settings.load_profile("thorough" if config.option.thorough else "few")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from tests.differs_in_4 import expect_differences

    options = config.option
    by_name = any("::" in each for each in config.args)
    chosen = options.keyword or options.markexpr or options.deselect or by_name
    expect_differences(items, whole=not chosen)
    if not (chosen or options.thorough):
        items[:], others = thorough.few(items)
        config.hook.pytest_deselected(items=others)


def pytest_collection_finish() -> None:
    """What is there by now stays; the garbage collector need not look at it again and again."""
    gc.freeze()


@pytest.fixture
def unchecked_shapes() -> Iterator[None]:
    """Let a wrong shape through to the model's own error message."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def tiny_config() -> "BertConfig":
    from scratch_bert import BertConfig
    from tests.models import TINY

    return BertConfig(**TINY)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for made checkpoints."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def folder() -> Path:
    """The checkpoint that is made to show mistakes."""
    from scratch_bert.weights.checkpoints import resolve

    return resolve("builtin:adversarial")


@pytest.fixture(scope="session", autouse=True)
def _quick_processes(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fork the candidates' processes; the plugin ends its own when all fixtures are gone."""
    from parity.core import process

    forking = Forking()
    pytestconfig.add_cleanup(forking.close)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "subprocess", forking)
        yield


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let candidates' processes be started as they are for a user, and not forked."""
    from parity.core import process

    monkeypatch.setattr(process, "subprocess", subprocess)


@pytest.fixture
def command_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Call a `main` with arguments: its exit code, and what went to stdout and to stderr."""

    def call(main: Callable[..., None], *arguments: object, stdin: bytes = b"") -> Any:
        given = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)))  # type: ignore[arg-type]
        monkeypatch.setattr(sys, "stdin", given)
        monkeypatch.setattr(sys, "argv", ["parity"])
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        return ended.value.code, *capfd.readouterr()

    return call


@pytest.fixture(scope="module")
def chromium() -> Iterator[None]:
    """A browser for a module's tests."""
    from tests.browser import running

    with running():
        yield


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Fill a folder once for all workers."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def once(name: str, fill: Callable[[Path], object]) -> Path:
        place, begun = common / name, common / f"{name}.begun"
        with FileLock(common / f"{name}.lock"):
            if not place.is_dir():
                begun.mkdir()
                fill(begun)
                begun.rename(place)
        return place

    return once


@pytest.fixture(scope="session")
def small(once: Once) -> Path:
    """The same with few words and positions, of which nothing but time depends."""
    from parity.self_test.workbench import small_checkpoint

    return once("small", small_checkpoint)


@pytest.fixture(scope="session")
def recorded(small: Path, once: Once) -> Path:
    """Everything the reference makes of every probe."""
    from parity.model.record import record
    from parity.model.worker import probes_of
    from scratch_bert.weights.checkpoints import Checkpoint

    checkpoint = Checkpoint.of(small)
    return once("recorded", lambda place: record(checkpoint, probes_of(checkpoint, 0), None, place))


@pytest.fixture(scope="session")
def recorded_for_scratch(small: Path, once: Once) -> Path:
    """What scratch_bert makes, too; and the reference's errors in float32."""
    from parity.model.record import record
    from parity.model.worker import describe, probes_of
    from scratch_bert.weights.checkpoints import Checkpoint

    def fill(place: Path) -> None:
        described = list[dict[str, list[str]]]()
        describe(described.append, "parity.ours.model:ScratchBert", str(small))
        wanted = {*described[0]["stages"], *described[0]["outputs"]}
        checkpoint = Checkpoint.of(small)
        record(checkpoint, probes_of(checkpoint, 0), wanted, place, ["float32"])

    return once("recorded for scratch", fill)
