"""HuggingFace: the only file of both packages that imports transformers and tokenizers."""

import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from torch import Tensor, nn
from torch.utils.data import Dataset

VERSIONS = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
BEFORE_5 = VERSIONS["transformers"].startswith("4.")
_TOKENIZER = "BertTokenizerFast"  # in 4.57 the class without Fast is another, written in Python


class ReferencePanicError(Exception):
    """The reference's Rust code gave up: neither an answer nor an error a caller could catch.

    Where that happens a candidate has nothing to agree with, and should raise a ValueError.
    """


def load(
    architecture: str,
    folder: Path,
    *,
    attention: str,
    dtype: torch.dtype | None = None,
    device: str = "cpu",
    **options: object,
) -> nn.Module:
    """Load a checkpoint into the reference's class of that name, in evaluation mode.

    Args:
        architecture: a class of transformers, such as "BertForPreTraining".
        folder: the checkpoint.
        attention: "eager" or "sdpa".
        dtype: None takes the checkpoint's.
        device: where to put it.
        options: further arguments of the class, such as `add_pooling_layer`.
    """
    with quiet():
        model = getattr(transformers, architecture).from_pretrained(
            folder, dtype=dtype or "auto", attn_implementation=attention, **options
        )
    return model.to(device)


def build(architecture: str, config: Mapping[str, Any], attention: str = "eager") -> nn.Module:
    """Construct the reference's class with fresh weights from torch's generator."""
    with quiet():
        # In 4.57 the attention is a class of its own, chosen here and not changed afterwards.
        settings = transformers.BertConfig(**{**config, "attn_implementation": attention})
        return getattr(transformers, architecture)(settings)


def forward(model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Run a batch; the outputs by HF's names."""
    return model(**batch)


def run_trainer(
    model: nn.Module,
    examples: Dataset[Any],
    settings: Mapping[str, Any],
    folder: Path,
    after_step: Callable[[], None],
    loss: Callable[..., Tensor] | None = None,
) -> None:
    """Train with HF's Trainer on the CPU.

    Args:
        model: is trained where it is.
        examples: a data set of what the model takes, labels too.
        settings: as a candidate's, with accumulation where a step has several batches.
        folder: to work in.
        after_step: is called after each optimizer step.
        loss: of output, labels and num_items_in_batch; None takes the model's own.
    """

    class Callback(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            after_step()

    same = ("learning_rate", "weight_decay", "max_grad_norm", "seed")
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings["epochs"],
        per_device_train_batch_size=settings["batch_size"],
        gradient_accumulation_steps=settings.get("accumulation", 1),
        warmup_steps=settings["warmup"],
        **{name: settings[name] for name in same},
        optim="adamw_torch",
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        remove_unused_columns=False,  # labels, for `loss`
        disable_tqdm=True,
        use_cpu=True,
    )
    with quiet(), redirect_stdout(io.StringIO()):  # it prints what it logs
        trainer = transformers.Trainer(
            model, arguments, train_dataset=examples, callbacks=[Callback()], compute_loss_func=loss
        )
        trainer.train()


def linear_schedule(optimizer: Any, warmup: int, steps: int) -> Any:
    """Return HF's linear schedule with warm-up."""
    return transformers.get_linear_schedule_with_warmup(optimizer, warmup, steps)


def encode(
    folder: Path, texts: Sequence[str], pairs: Sequence[str] | None, max_length: int
) -> dict[str, list[list[int]]]:
    """Tokenize with the reference's fast tokenizer, truncated and padded to the longest."""
    tokenizer, seconds = _tokenizer(folder), None if pairs is None else list(pairs)
    encoded = tokenizer(
        list(texts), seconds, padding="longest", truncation=True, max_length=max_length
    )
    return {name: encoded[name] for name in ("input_ids", "token_type_ids", "attention_mask")}


def lengths(folder: Path, texts: Sequence[str], pairs: Sequence[str] | None) -> list[int]:
    """How many tokens each text, or pair, has before it is truncated."""
    tokenizer, seconds = _tokenizer(folder), None if pairs is None else list(pairs)
    with quiet():
        rows = tokenizer(list(texts), seconds, padding=False, truncation=False)["input_ids"]
    return [len(row) for row in rows]


def pipeline(task: str, folder: Path) -> Any:
    """Make the reference's pipeline of a checkpoint."""
    with quiet():
        return transformers.pipeline(task, model=str(folder), device="cpu")


@cache
def _tokenizer(folder: Path) -> Any:
    with quiet():
        return transformers.AutoTokenizer.from_pretrained(folder)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the terminal."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    had_bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
        if had_bars:
            transformers.utils.logging.enable_progress_bar()


def tokenizer(folder: Path) -> Any:
    """Load the reference's BERT tokenizer, whatever class the files name."""
    with quiet():
        return getattr(transformers, _TOKENIZER).from_pretrained(folder)


def save_tokenizer(folder: Path, added_tokens: Iterable[Mapping[str, Any]] = ()) -> None:
    """Write tokenizer.json beside a folder's vocab.txt and tokenizer_config.json.

    Args:
        folder: where they are.
        added_tokens: tokens to add first, each by the fields of tokenizers.AddedToken.
    """
    made = tokenizer(folder)
    for fields in added_tokens:
        token = tokenizers.AddedToken(**fields)
        made.add_tokens([token], special_tokens=token.special)
    made.save_pretrained(folder)


def ids_and_offsets(
    made: Any, texts: Sequence[str]
) -> tuple[list[list[int]], list[list[tuple[int, int]]]]:
    """Encode texts with [CLS] and [SEP], without the cost of the reference's Python call."""
    backend = made.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = False
    rows = backend.encode_batch(texts)
    return [row.ids for row in rows], [row.offsets for row in rows]


def call(made: Any, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Call the reference's tokenizer.

    Raises:
        ReferencePanicError: its Rust code panicked.
    """
    if not options.get("stride"):  # what panics has one
        return made(*arguments, verbose=False, **options)
    with _no_panic_messages():
        try:
            return made(*arguments, verbose=False, **options)
        except BaseException as error:
            if type(error).__name__ == "PanicException":
                raise ReferencePanicError(str(error)) from None
            raise


def normalize(text: str, **steps: bool) -> str:
    """Apply steps of the reference's normalizer, and no others.

    Args:
        text: what to normalize.
        steps: clean_text, handle_chinese_chars, strip_accents, lowercase.
    """
    return _normalizer(tuple(sorted(steps.items()))).normalize_str(text)


@cache
def _normalizer(steps: tuple[tuple[str, bool], ...]) -> Any:
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return tokenizers.normalizers.BertNormalizer(**{**dict.fromkeys(names, False), **dict(steps)})


def words(normalized: str) -> list[str]:
    """Cut normalized text at white space and around punctuation, as the reference does."""
    pieces = tokenizers.pre_tokenizers.BertPreTokenizer().pre_tokenize_str(normalized)
    return [word for word, _ in pieces]


@contextmanager
def _no_panic_messages() -> Iterator[None]:
    """Rust writes a panic's message, and slowly its stack, past Python's sys.stderr."""
    os.environ["RUST_BACKTRACE"] = "0"
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
