"""A whole pretraining: corpus, model, training, evaluation; all in one folder."""

import json
from pathlib import Path

import torch
from rich.console import Console

from scratch_bert.errors import CorpusError
from scratch_bert.files import write_text
from scratch_bert.pretraining.corpus.preparation import Prepared, changes, prepare
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.objective import Pretraining
from scratch_bert.pretraining.run.evaluation import (
    Evaluation,
    evaluate,
    held_out_batches,
    unigram_perplexity,
)
from scratch_bert.pretraining.run.model_size import ModelSize
from scratch_bert.training.distributed import processes
from scratch_bert.training.loop import Training
from scratch_bert.training.run.checkpoints import checkpoints
from scratch_bert.training.run.phases import Phase
from scratch_bert.training.run.progress import watch
from scratch_bert.training.run.settings import Settings


def pretrain(
    output: Path,
    corpus: Corpus,
    architecture: ModelSize,
    settings: Settings,
    *,
    long_length: int | None,
    attention: str,
    skips: bool,
    workers: int,
    every: int,
    keep: int,
    device: str,
    tensorboard: bool,
) -> bool:
    """Pretrain a BERT; where it was stopped, the same call goes on.

    Args:
        output: the folder of all that is made.
        corpus: what from.
        architecture: of the model.
        settings: how.
        long_length: tokens of an input in the last tenth of the steps (paper: appendix A.2, where
            they are 128 and then 512); None means as many as before.
        attention: "packed", "sdpa" or "eager".
        skips: whether a file or row that cannot be used is left out; else it is an error.
        workers: processes that prepare the corpus, before others train.
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
        prepared = _prepared(
            output,
            corpus,
            said,
            next_sentence=architecture.next_sentence,
            long_length=long_length,
            skips=skips,
            workers=workers,
        )
        torch.manual_seed(settings.seed)
        sizes = len(prepared.tokenizer), max(512, corpus.seq_length, long_length or 0)
        model = architecture.build(*sizes).to(own_device)
        later = []
        if prepared.long is not None:
            later = [Phase(settings.steps - settings.steps // 10, prepared.long)]
        training = Training(model, prepared.examples, Pretraining(attention), settings, later)

        def evaluated() -> Evaluation:
            return evaluate(model, held_out_batches(prepared.held_out, own_device))

        finished = watch(
            training,
            lambda: evaluated().numbers(),
            output,
            every,
            keep,
            said,
            tensorboard=tensorboard,
        )
        if not finished:
            said.print(f"stopped at step {training.step}; the same command goes on from there")
            return False
        whole, held_out = architecture.build(*sizes), evaluated()
        whole.load_state_dict(
            {name: processes.whole(each) for name, each in model.state_dict().items()}
        )
        if processes.own() == 0:
            whole.save_pretrained(output / "model")
            prepared.tokenizer.save_pretrained(output / "model")
            _tell(held_out, prepared, output)
    return True


def _prepared(
    output: Path,
    corpus: Corpus,
    said: Console,
    *,
    next_sentence: bool,
    long_length: int | None,
    skips: bool,
    workers: int,
) -> Prepared:
    """Make what is learned from, in the first of several processes."""
    skipped = list[str]()

    def skip(why: str) -> None:
        skipped.append(why)
        said.print(f"left out: {why}", markup=False)

    if checkpoints(output / "checkpoints") and (changed := changes(output / "corpus", corpus)):
        raise CorpusError(
            f"{output}: training has begun there, but {'; '.join(changed)}; choose another folder"
        )
    with processes.first_alone():
        prepared = prepare(
            output / "corpus",
            corpus,
            skip if skips else None,
            long_length=long_length,
            next_sentence=next_sentence,
            workers=workers,
            console=said,
        )
    said.print(
        f"{prepared.documents} documents, {len(prepared.examples)} examples to learn from, "
        f"{len(prepared.held_out)} held out, {len(prepared.tokenizer)} pieces"
        + (f", {len(skipped)} {'rows' if corpus.dataset else 'files'} left out" if skipped else "")
        + (f", {prepared.left_out} documents without a word left out" if prepared.left_out else "")
    )
    return prepared


def _tell(found: Evaluation, prepared: Prepared, output: Path) -> None:
    """Print what the model makes of the documents that were held out, and write it."""
    batches = held_out_batches(prepared.held_out)
    frequencies = unigram_perplexity(prepared.learned.counts(len(prepared.tokenizer)), batches)
    text = json.dumps({**found.numbers(), "unigram_perplexity": frequencies}, indent=1)
    write_text(output / "evaluation.json", text)
    print(
        f"held out: perplexity {found.perplexity:.1f} of a hidden word, by frequency alone "
        f"{frequencies:.1f}; {found.words_right:.1%} of words"
        + ("" if found.pairs_right is None else f" and {found.pairs_right:.1%} of pairs")
        + " right"
    )
