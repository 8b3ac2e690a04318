"""A training in a terminal: a bar, its numbers, and an end where a signal asks for it."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from scratch_bert.training.distributed import processes
from scratch_bert.training.loop import Training
from scratch_bert.training.run.checkpoints import go_on, run
from scratch_bert.training.run.curves import Curves
from scratch_bert.training.run.early_stopping import Best


def watch(
    training: Training,
    evaluated: Callable[[], Mapping[str, float]],
    output: Path,
    every: int,
    keep: int,
    said: Console,
    *,
    tensorboard: bool,
    best: Best | None = None,
) -> bool:
    """Take the steps that are left, unless SIGTERM or Ctrl-C comes first: that ends it well.

    Args:
        training: which has not begun.
        evaluated: says by name how well the model does on what is held out.
        output: gets checkpoints and curves.
        every: steps from one evaluation and checkpoint to the next.
        keep: checkpoints that stay.
        said: where it is shown.
        tensorboard: whether curves are written for TensorBoard, too.
        best: ends it sooner (in one process); None takes all steps.

    Returns:
        Whether it came to its end; else it was asked to stop.

    Raises:
        CheckpointError, TrainingError: as `run` does.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=said) as progress, _stop_asked() as asked, ExitStack() as stack:
        bar = progress.add_task("training", total=training.settings.steps)
        go_on(training, output / "checkpoints")
        curves = None
        if processes.own() == 0:
            curves = stack.enter_context(Curves(output, training.step, tensorboard=tensorboard))

        def over() -> bool:
            return best is not None and curves is not None and best.over(curves.held_out)

        begun = time.perf_counter()
        steps = run(training, output / "checkpoints", every, keep, lambda: asked() or over())
        for done in () if over() else steps:
            rate = done.tokens / (time.perf_counter() - begun)
            what = f"loss {done.loss:.3f}, {rate:,.0f} tokens/s"
            progress.update(bar, completed=done.step, description=what)
            held_out = evaluated() if done.step % every == 0 else {}
            if held_out:
                numbers = ", ".join(f"{name} {held_out[name]:.4g}" for name in held_out)
                said.print(f"step {done.step}: {what}; held out: {numbers}", highlight=False)
            if curves is not None:
                curves.add(done, held_out)
                if best is not None and held_out:
                    best.note(curves.held_out)
            begun = time.perf_counter()
        return over() or training.step == training.settings.steps


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """Let SIGTERM and Ctrl-C be asked about, and end nothing by themselves."""
    asked = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {each: signal.signal(each, note) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(asked)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
