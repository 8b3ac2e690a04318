"""What `benchmark.py finetune` measures: an epoch on the example sets, beside the Trainer's.

Both sides take the same rows, tokenized before as `scratch-bert finetune` does, in the Trainer's
order, with its AdamW.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from benchmark_timing import alternate, medians, spread
from rich.console import Console
from rich.table import Table

from scratch_bert.finetuning.run.finetune import build
from scratch_bert.finetuning.run.recipe import Recipe
from scratch_bert.finetuning.run.trimmed_vocabulary import TrimmedVocabulary
from scratch_bert.finetuning.tables.source import Source
from scratch_bert.finetuning.tables.split import read_split
from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.finetuning.tasks.registry import TASKS
from scratch_bert.finetuning.tasks.task import Lengths, Task
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.loop import Training
from scratch_bert.training.run.batches import padded
from scratch_bert.weights.checkpoints import Checkpoint

THEIRS = "theirs, sdpa"


def ours_of(
    task: Task, folder: Path, features: Features, recipe: Recipe, device: str
) -> Callable[[], object]:
    """Build our side; returns what does an epoch."""
    model = build(task, Checkpoint.of(folder), recipe.seed).to(device)
    if recipe.attention == "packed":
        features = TrimmedVocabulary.trim(model, features).renumber(features)
    objective = task.objective(recipe.attention, None)

    def epoch() -> None:
        for _ in Training(model, features, objective, recipe.settings(len(features))):
            pass

    return epoch


def theirs_of(
    task: Task, folder: Path, features: Features, recipe: Recipe, device: str
) -> Callable[[], object]:
    """Build their side; returns what does an epoch."""
    settings, labels = recipe.settings(len(features)), task.config().get("id2label")
    model = getattr(transformers, task.HEAD.__name__).from_pretrained(
        folder, attn_implementation="sdpa", **({"num_labels": len(labels)} if labels else {})
    )

    def epoch() -> None:
        with tempfile.TemporaryDirectory() as place:
            arguments = transformers.TrainingArguments(
                output_dir=place,
                num_train_epochs=1,
                per_device_train_batch_size=settings.batch_size,
                learning_rate=settings.learning_rate,
                warmup_steps=settings.warmup,
                seed=settings.seed,
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_cpu=device == "cpu",
                remove_unused_columns=False,
            )
            transformers.Trainer(
                model=model,
                args=arguments,
                train_dataset=features.rows,
                data_collator=partial(padded, pad=features.pad),
            ).train()

    return epoch


def measure(
    folder: Path,
    tasks: Sequence[str],
    attentions: Sequence[str],
    rows: int | None,
    device: str,
    runs: int,
) -> list[dict[str, Any]]:
    """Time an epoch of each task."""
    transformers.logging.set_verbosity_error()
    tokenizer, results = BertTokenizer.from_pretrained(folder), []
    for name in tasks:
        split = read_split(name, Source(), 0, print)
        items = [*split.train, *split.held_out][:rows]
        longest = TASKS[name].max_length
        features = split.task.features(items, tokenizer, Lengths(longest, longest // 3))
        sides = {
            f"ours, {attention}": ours_of(
                split.task, folder, features, Recipe(epochs=1, attention=attention), device
            )
            for attention in attentions
        }
        sides[THEIRS] = theirs_of(split.task, folder, features, Recipe(epochs=1), device)
        seconds = alternate(sides, runs, device=device)
        result = {"task": name, "rows": len(features), "threads": torch.get_num_threads()}
        results.append({**result, "seconds": seconds, "medians": medians(seconds)})
    return results


def show(title: str, results: Sequence[dict[str, Any]]) -> None:
    """Print a line for each task and attention."""
    table = Table("task, rows", "attention", "ours, ms", "theirs, ms", "ratio", title=title)
    for result in results:
        seconds, middle = result["seconds"], result["medians"]
        for ours in [name for name in seconds if name != THEIRS]:
            table.add_row(
                f"{result['task']}, {result['rows']}",
                ours.removeprefix("ours, "),
                spread(seconds[ours]),
                spread(seconds[THEIRS]),
                f"{middle[ours] / middle[THEIRS]:.3f}",
            )
    Console(width=110).print(table)
