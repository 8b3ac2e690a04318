"""A trained model run over texts, whatever is asked of it."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from scratch_bert.errors import CheckpointError, TextError
from scratch_bert.inference.run.batches import batches
from scratch_bert.model.interface.forward_plan import Attention
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.interface.encoding import Encoding
from scratch_bert.weights.checkpoints import Checkpoint

R = TypeVar("R")
Loaded = tuple[BertPreTrainedModel, BertTokenizer]


class Runner:
    """A model and its tokenizer; what each task of this package is made of.

    Args:
        kind: the model's class, with the head that is needed.
        name: a folder, a hub id, or a built-in checkpoint; or a loaded model, which is put into
            evaluation mode, and its tokenizer.
        attention: "packed" computes no padding; "sdpa" and "eager" have the bits of HF.
        batch_tokens: of a batch at most, padding included; 1 runs each text by itself, as HF's
            pipelines do by default.
        device: where the model is.
        dtype: of its weights; None means the checkpoint's. A loaded model keeps its own.
        arguments: further ones of the class, for a model that is not loaded yet.

    Attributes:
        tokenizer: it may be changed.
        model: likewise.

    Raises:
        CheckpointError: it cannot be loaded, or has not the head: HF draws one at random, whose
            scores mean nothing.
    """

    def __init__(
        self,
        kind: type[BertPreTrainedModel],
        name: str | Path | Checkpoint | Loaded,
        *,
        attention: Attention = "packed",
        batch_tokens: int = 2048,
        device: str | torch.device = "cpu",
        dtype: torch.dtype | str | None = None,
        **arguments: Any,
    ) -> None:
        if isinstance(name, tuple):
            model, self.tokenizer = name
        else:
            checkpoint = Checkpoint.of(name)
            self.tokenizer = BertTokenizer.from_pretrained(checkpoint)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".* drawn afresh")  # refused below
                model = kind.from_pretrained(checkpoint, dtype=dtype, **arguments)
            _check_head(model, checkpoint)
        self.model = model.to(device).eval()
        self._device = device
        self._attention = attention
        self._batch_tokens = batch_tokens

    @property
    def longest(self) -> int:
        """How many tokens a text may have, [CLS] and [SEP] included."""
        positions = self.model.config.max_position_embeddings
        return min(self.tokenizer.model_max_length, positions)

    def encode(
        self, texts: Sequence[str | tuple[str, str]], max_length: int | None = None
    ) -> list[Encoding]:
        """Tokenize texts, or pairs of them.

        Args:
            texts: any number.
            max_length: what is longer is cut; None refuses what the model cannot take.

        Raises:
            TextError: a text has more tokens than the model has positions.
        """
        if not texts:
            return []
        rows = self.tokenizer(
            list(texts),
            truncation=max_length is not None,
            max_length=max_length,
            return_token_type_ids=False,
            return_attention_mask=False,
        ).encodings
        limit = self.model.config.max_position_embeddings
        for i, row in enumerate(rows):
            if len(row) > limit:
                raise TextError(i, f"has {len(row)} tokens, and the model takes {limit}")
        return rows

    @torch.inference_mode()
    def run(
        self, rows: Sequence[Encoding], compute: Callable[[dict[str, Tensor]], Iterable[R]]
    ) -> list[R]:
        """Compute something of each row, in batches of like length.

        Args:
            rows: any number.
            compute: from a batch as the model takes it, (batch, seq), to a result for each row.

        Returns:
            The results, in the rows' order.
        """
        found: dict[int, R] = {}
        for places in batches([len(row) for row in rows], self._batch_tokens):
            made = compute(self.batch([rows[i] for i in places]))
            found.update(zip(places, made, strict=True))
        return [found[i] for i in range(len(rows))]

    def forward(self, batch: dict[str, Tensor], **options: Any) -> Any:
        """Call the model."""
        return self.model(**batch, attention=self._attention, **options)

    @property
    def is_packed(self) -> bool:
        """Whether its numbers are HF's but for rounding, and not bit for bit."""
        return self._attention == "packed"

    def batch(self, rows: Sequence[Encoding]) -> dict[str, Tensor]:
        """Pad rows to one length, on the right: `input_ids` and the like, (batch, seq) each."""
        length = max(map(len, rows))

        def padded(columns: Iterable[list[int]], filler: int) -> Tensor:
            filled = [column + [filler] * (length - len(column)) for column in columns]
            return torch.tensor(filled, device=self._device)

        batch = {
            "input_ids": padded((row.ids for row in rows), self.tokenizer.pad_token_id),
            "attention_mask": padded((row.attention_mask for row in rows), 0),
        }
        if "token_type_ids" in self.tokenizer.model_input_names:
            batch["token_type_ids"] = padded((row.type_ids for row in rows), 0)
        return batch


class ModelTask:
    """A model and its tokenizer, for one task.

    Args:
        name: a folder, a hub id, or a built-in checkpoint.
        options: `attention`, `batch_tokens`, `device` and `dtype`, as of `Runner`.

    Attributes:
        KIND: the model's class.
        runner: runs the model.
    """

    KIND: ClassVar[type[BertPreTrainedModel]]

    def __init__(self, name: str | Path, **options: Any) -> None:
        self.runner = Runner(self.KIND, name, **options)


def unpadded(values: Tensor, batch: dict[str, Tensor]) -> list[Tensor]:
    """Return what belongs to each row's tokens: (batch, seq, …) → (tokens, …) each, on the CPU."""
    masks = batch["attention_mask"].bool().cpu()
    return [row[mask] for row, mask in zip(values.cpu(), masks, strict=True)]


def _check_head(model: BertPreTrainedModel, checkpoint: Checkpoint) -> None:
    """Refuse a checkpoint without the head, or with one of that name for another task."""
    report, kind = model.load_report, type(model).__name__
    assert report is not None
    name, made_for = checkpoint.name, checkpoint.architecture
    if "classifier.weight" in report.loaded and made_for not in ("", kind):
        raise CheckpointError(f"{name}: is a {made_for}, expected a {kind}")
    if report.missing:
        raise CheckpointError(
            f"{name}: has no {', '.join(report.missing)}, so that a {kind} would answer at random; "
            "fine-tune it for this task first, or name a checkpoint that was"
        )
