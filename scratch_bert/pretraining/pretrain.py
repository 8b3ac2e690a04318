"""A whole pretraining: corpus, model, training, evaluation; all in one folder."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn

from scratch_bert.config import BertConfig
from scratch_bert.errors import CorpusError
from scratch_bert.files import replace
from scratch_bert.heads import BertForPreTraining
from scratch_bert.pretraining.curves import Curves
from scratch_bert.pretraining.evaluation import Evaluation, evaluate, unigram_perplexity
from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.pretraining.preparation import Corpus, Prepared, changes, prepare
from scratch_bert.training import processes
from scratch_bert.training.loop import Examples, Training
from scratch_bert.training.saving import checkpoints, run
from scratch_bert.training.settings import Settings
from scratch_bert.training.step import Batch

EVALUATED = 2048  # held-out examples at most
_TOGETHER = 32


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
    every: int,
    keep: int,
    device: str,
    tensorboard: bool,
) -> bool:
    """Pretrain a BertForPreTraining; where it was stopped, the same call goes on.

    Args:
        output: the folder of all that is made.
        corpus: what from.
        size: of the model.
        settings: how.
        attention: "packed", "sdpa" or "eager".
        skips: whether a file that cannot be used is left out; else it is an error.
        every: steps from one evaluation and checkpoint to the next.
        keep: checkpoints that stay.
        device: where.
        tensorboard: whether curves are written for TensorBoard, too.

    Returns:
        Whether all steps were taken; else it was asked to stop.

    Raises:
        CorpusError: a file of the corpus cannot be used, or there is no text.
        CheckpointError: the vocabulary or a checkpoint cannot be used, or written.
        TrainingError: the loss is no number any more.
        OSError: something cannot be written.
        ModuleNotFoundError: tensorboard is wanted, and not installed.
    """
    with processes.joined(device) as own_device:
        said = Console(stderr=True, quiet=processes.own() > 0)
        prepared = _prepared(output, corpus, said, skips=skips)
        torch.manual_seed(settings.seed)
        config = size.config(len(prepared.tokenizer), max(512, corpus.seq_length))
        model = BertForPreTraining(config).to(own_device)
        training = Training(model, prepared.examples, Pretraining(attention), settings)
        evaluated = partial(_evaluated, model, prepared.held_out, own_device)
        _train(training, evaluated, output, every, keep, said, tensorboard=tensorboard)
        if training.step < settings.steps:
            said.print(f"stopped at step {training.step}; the same command goes on from there")
            return False
        whole, held_out = BertForPreTraining(config), evaluated()
        whole.load_state_dict(
            {name: processes.whole(each) for name, each in model.state_dict().items()}
        )
        if processes.own() == 0:
            whole.save_pretrained(output / "model")
            prepared.tokenizer.save_pretrained(output / "model")
            _tell(held_out, prepared, output)
    return True


def _prepared(output: Path, corpus: Corpus, said: Console, *, skips: bool) -> Prepared:
    """Make what is learnt from, in the first of several processes."""
    skipped = list[str]()

    def skip(why: str) -> None:
        skipped.append(why)
        said.print(f"left out: {why}", markup=False)

    if checkpoints(output / "checkpoints") and (changed := changes(output / "corpus", corpus)):
        raise CorpusError(
            f"{output}: training has begun there, but {'; '.join(changed)}; choose another folder"
        )
    with processes.first_alone(), said.status("reading the corpus"):
        prepared = prepare(output / "corpus", corpus, skip if skips else None)
    said.print(
        f"{prepared.documents} documents, {len(prepared.examples)} pairs to learn from, "
        f"{len(prepared.held_out)} held out, {len(prepared.tokenizer)} pieces"
        + (f", {len(skipped)} files left out" if skipped else "")
    )
    return prepared


def _held_out_batches(examples: Examples) -> Iterator[Batch]:
    """Not more than `EVALUATED`, from everywhere; the same words are hidden each time."""
    numbers = range(0, len(examples), -(-len(examples) // EVALUATED))
    for start in range(0, len(numbers), _TOGETHER):
        yield examples.batch(numbers[start : start + _TOGETHER], epoch=0)


def _evaluated(model: nn.Module, held_out: Examples, device: str) -> Evaluation:
    batches = _held_out_batches(held_out)
    return evaluate(model, ({n: each.to(device) for n, each in batch.items()} for batch in batches))


def _tell(found: Evaluation, prepared: Prepared, output: Path) -> None:
    """Print what the model makes of the documents that were held out, and write it."""
    batches = _held_out_batches(prepared.held_out)
    frequencies = unigram_perplexity(prepared.pairs, batches, len(prepared.tokenizer))
    text = json.dumps({**asdict(found), "unigram_perplexity": frequencies}, indent=1)
    replace(output / "evaluation.json", lambda place: place.write_text(text, encoding="utf-8"))
    print(
        f"held out: perplexity {found.perplexity:.1f} of a hidden word, by frequency alone "
        f"{frequencies:.1f}; {found.words_right:.1%} of words and {found.pairs_right:.1%} "
        "of pairs right"
    )


def _train(
    training: Training,
    evaluated: Callable[[], Evaluation],
    output: Path,
    every: int,
    keep: int,
    said: Console,
    *,
    tensorboard: bool,
) -> None:
    """Take all steps, unless a signal comes first."""
    steps = training.settings.steps
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=said) as progress, _stop_asked() as stops, ExitStack() as stack:
        bar, begun, curves = progress.add_task("training", total=steps), time.perf_counter(), None
        for done in run(training, output / "checkpoints", every, keep, stops):
            what = (
                f"loss {done.loss:.3f}, {done.tokens / (time.perf_counter() - begun):,.0f} tokens/s"
            )
            progress.update(bar, completed=done.step, description=what)
            held_out = evaluated() if done.step % every == 0 else None
            if held_out is not None:
                said.print(
                    f"step {done.step}: {what}, held-out perplexity {held_out.perplexity:.1f}"
                )
            if processes.own() == 0:
                if curves is None:
                    curves = Curves(output, done.step - 1, tensorboard=tensorboard)
                    stack.enter_context(curves)
                curves.add(done, held_out)
            begun = time.perf_counter()


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
