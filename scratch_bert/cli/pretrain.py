"""`scratch-bert pretrain`: a BERT of one's own, from text to a model that HuggingFace loads."""

import os

import typer

from scratch_bert.cli import training
from scratch_bert.cli.common import check_device, fields_as_options, installed
from scratch_bert.cli.pretrain_options import PretrainOptions
from scratch_bert.pretraining.corpus.datasets import Dataset
from scratch_bert.pretraining.corpus.source import Corpus
from scratch_bert.pretraining.run.model_size import ModelSize
from scratch_bert.training.run.settings import Settings, filled

_EXTRAS = {"pyarrow": "pretraining", "tensorboard": "tensorboard"}


@fields_as_options
def pretrain_command(options: PretrainOptions) -> int:
    """Pretrain a BERT from scratch: hidden words, and whether a sentence follows another.

    Where it was stopped or killed, the same command goes on, and ends with the same bits. In DIR
    then are: model, which HuggingFace loads; curves.jsonl, a line for each step; checkpoints; and
    corpus, what was made of the text. One document of twenty is held out, to evaluate.

    On several processes or machines, which share DIR: torchrun --nproc-per-node N -m scratch_bert
    pretrain …, where --accumulation is at least N. Each computes its share of a step's batches.

    Exit codes: 0 done, 1 the loss is no number any more, 4 usage, 130 stopped.
    """
    if options.hidden % 64:
        why = f"{options.hidden}, expected a multiple of 64"
        raise typer.BadParameter(why, param_hint="--hidden")
    if options.accumulation < (processes := int(os.environ.get("WORLD_SIZE", "1"))):
        why = f"{options.accumulation}, expected {processes}: a batch for each process at least"
        raise typer.BadParameter(why, param_hint="--accumulation")
    if options.dataset and (options.corpus or options.whole_files):
        why = "give --corpus, with --whole-files or without, or --dataset"
        raise typer.BadParameter(why, param_hint="--dataset")
    with installed(_EXTRAS):
        from scratch_bert.pretraining.run.pretrain import pretrain

        if options.tensorboard:
            import tensorboard as _  # noqa: F401
    check_device(options.device)
    rows = options.dataset and Dataset(
        options.dataset,
        options.dataset_config,
        options.dataset_split,
        options.text_column,
        options.streaming,
    )
    given = vars(options)
    source = filled(Corpus, given | {"paths": options.corpus or (), "dataset": rows})
    size = filled(ModelSize, given | {"next_sentence": not options.mlm_only})
    settings = filled(Settings, given | {"seed_each_batch": True})

    def train() -> bool:
        return pretrain(
            options.output,
            source,
            size,
            settings,
            long_length=options.long_length,
            attention=options.attention,
            skips=options.on_error is training.OnError.SKIP,
            workers=options.workers,
            every=options.every,
            keep=options.keep,
            device=options.device,
            tensorboard=options.tensorboard,
        )

    return training.exit_code(train, options.output)
