"""A whole pretraining: corpus, model, training, evaluation; all in one folder."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import TextIO

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from scratch_bert.config import BertConfig
from scratch_bert.errors import CorpusError
from scratch_bert.files import replace
from scratch_bert.heads import BertForPreTraining
from scratch_bert.pretraining.evaluation import evaluate, unigram_perplexity
from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.pretraining.preparation import Prepared, changes, prepare
from scratch_bert.pretraining.source import Corpus
from scratch_bert.training.loop import Done, Training
from scratch_bert.training.saving import checkpoints, run
from scratch_bert.training.settings import Settings


@dataclass(frozen=True)
class Size:
    """Of a model.

    Attributes:
        layers: how many.
        hidden: their width; heads have 64 numbers.
        dropout: what is dropped in training; the paper has 0.1.
    """

    layers: int
    hidden: int
    dropout: float

    def config(self, words: int, positions: int) -> BertConfig:
        """Return the configuration of a BERT of this size."""
        return BertConfig(
            vocab_size=words,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.hidden // 64,
            intermediate_size=4 * self.hidden,
            max_position_embeddings=positions,
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
        )


def pretrain(
    output: Path,
    corpus: Corpus,
    size: Size,
    settings: Settings,
    *,
    attention: str,
    skips: bool,
    processes: int,
    every: int,
    keep: int,
    device: str,
) -> bool:
    """Pretrain a BertForPreTraining; where it was stopped, the same call goes on.

    Args:
        output: the folder of all that is made.
        corpus: what from.
        size: of the model.
        settings: how.
        attention: "packed", "sdpa" or "eager".
        skips: whether a file or row that cannot be used is left out; else it is an error.
        processes: that prepare the corpus.
        every: steps from one checkpoint to the next.
        keep: checkpoints that stay.
        device: where.

    Returns:
        Whether all steps were taken; else it was asked to stop.

    Raises:
        CorpusError: a file of the corpus cannot be used, or there is no text.
        CheckpointError: the vocabulary or a checkpoint cannot be used, or written.
        TrainingError: the loss is no number any more.
        OSError: something cannot be written.
    """
    said, skipped = Console(stderr=True), list[str]()

    def skip(why: str) -> None:
        skipped.append(why)
        said.print(f"left out: {why}", markup=False)

    if checkpoints(output / "checkpoints") and (changed := changes(output / "corpus", corpus)):
        raise CorpusError(
            f"{output}: training has begun there, but {'; '.join(changed)}; choose another folder"
        )
    prepared = prepare(
        output / "corpus", corpus, skip if skips else None, processes=processes, console=said
    )
    said.print(
        f"{prepared.documents} documents, {len(prepared.examples)} pairs to learn from, "
        f"{len(prepared.held_out)} held out, {len(prepared.tokenizer)} pieces"
        + (f", {len(skipped)} {'rows' if corpus.dataset else 'files'} left out" if skipped else "")
        + (f", {prepared.left_out} documents without a word left out" if prepared.left_out else "")
    )
    torch.manual_seed(settings.seed)
    config = size.config(len(prepared.tokenizer), max(512, corpus.seq_length))
    model = BertForPreTraining(config).to(device)
    training = Training(model, prepared.examples, Pretraining(attention), settings)
    _train(training, output, every, keep, said)
    if training.step < settings.steps:
        said.print(f"stopped at step {training.step}; the same command goes on from there")
        return False
    model.save_pretrained(output / "model")
    prepared.tokenizer.save_pretrained(output / "model")
    _evaluate(model, prepared, device, output)
    return True


def _evaluate(model: BertForPreTraining, prepared: Prepared, device: str, output: Path) -> None:
    """Print what the model makes of the documents that were held out, and write it."""
    number, together = len(prepared.held_out), 32
    starts = range(0, number, together)
    batches = [
        prepared.held_out.batch(range(start, min(start + together, number)), epoch=0)
        for start in starts
    ]
    on_device = ({name: each.to(device) for name, each in batch.items()} for batch in batches)
    found = asdict(evaluate(model, on_device))
    frequencies = unigram_perplexity(prepared.learnt.counts(len(prepared.tokenizer)), batches)
    text = json.dumps({**found, "unigram_perplexity": frequencies}, indent=1)
    replace(output / "evaluation.json", lambda place: place.write_text(text, encoding="utf-8"))
    print(
        f"held out: perplexity {found['perplexity']:.1f} of a hidden word, by frequency alone "
        f"{frequencies:.1f}; {found['words_right']:.1%} of words and {found['pairs_right']:.1%} "
        "of pairs right"
    )


def _train(training: Training, output: Path, every: int, keep: int, said: Console) -> None:
    """Take all steps, unless a signal comes first."""
    steps = training.settings.steps
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    curves = output / "curves.jsonl"
    with Progress(*columns, console=said) as progress, _stop_asked() as stops, ExitStack() as stack:
        bar, begun = progress.add_task("training", total=steps), time.perf_counter()
        file = None
        for done in run(training, output / "checkpoints", every, keep, stops):
            file = file or stack.enter_context(_continued(curves, done.step))
            _write(file, done)
            now = time.perf_counter()
            what = f"loss {done.loss:.3f}, {done.tokens / (now - begun):,.0f} tokens/s"
            progress.update(bar, completed=done.step, description=what)
            begun = now
        progress.update(bar, completed=training.step)


def _continued(curves: Path, step: int) -> TextIO:
    """Open a file of curves at a step; lines of steps that are taken again, after a kill, go."""
    if curves.is_file():
        with curves.open(encoding="utf-8") as file:
            kept = "".join(islice(file, step - 1))
        replace(curves, lambda place: place.write_text(kept, encoding="utf-8"))
    return curves.open("a", encoding="utf-8")


def _write(curves: TextIO, done: Done) -> None:
    curves.write(json.dumps(done._asdict()) + "\n")
    curves.flush()


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
