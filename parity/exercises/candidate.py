"""scratch_bert with one part of a learner's in the place of its own, as a candidate.

It is called `parity.exercises.candidate:NAME=FILE`: the exercise, and the file that was written.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from parity.core.errors import CandidateError
from parity.core.import_by_name import load_callable
from parity.core.verdict import Verdict
from parity.exercises.catalogue import EXERCISES, TO_WRITE
from parity.exercises.parts import PARTS, put
from parity.ours.model import ScratchBert
from parity.ours.pretraining import ScratchTraining
from scratch_bert.model.interface.pretrained import BertPreTrainedModel
from scratch_bert.tokenization import BertTokenizer, pipeline
from scratch_bert.training.optimizer import parameter_groups
from scratch_bert.training.run.settings import Settings


@contextmanager
def _reporting_errors(file: str) -> Iterator[None]:
    """Say shortly what goes wrong in a learner's code, and in which of its lines.

    Raises:
        CandidateError: something does, or is not written yet.
    """
    try:
        yield
    except CandidateError:
        raise
    except NotImplementedError as error:
        raise CandidateError(
            f"{TO_WRITE}: {_lines(error, file) or file}", Verdict.NOTHING_COMPARED
        ) from None
    except (Exception, SystemExit) as error:
        where = f"\n{_lines(error, file)}".rstrip()
        message = f"crashed: {type(error).__name__}: {error}{where}"
        raise CandidateError(message, Verdict.CRASHED) from None


def _lines(error: BaseException, file: str) -> str:
    """The lines of a file that an error came through."""
    found = (
        f"  {file}, line {frame.lineno}, in {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == Path(file).resolve()
    )
    return "\n".join(found)


class Model(ScratchBert):
    """A model with a part of a learner's.

    Args:
        name: of the exercise.
        made: the learner's class.
        file: it is in.
    """

    def __init__(self, name: str, made: Callable[..., nn.Module], file: str) -> None:
        self._part, self._made, self._file = PARTS[name], made, file

    def build(self, config: dict[str, Any], weights: Mapping[str, Tensor]) -> nn.Module:
        """Build it around the weights."""
        model = super().build(config, weights)
        assert isinstance(model, BertPreTrainedModel)
        with _reporting_errors(self._file):
            put(model, self._part, self._made)
        model.tie_weights()
        return model

    def forward(self, model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Run a batch."""
        with _reporting_errors(self._file):
            return super().forward(model, batch)


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer whose words a learner cuts into pieces."""

    wordpiece: Callable[..., list[str] | None]
    file: str
    tokenizer: Any = None  # is there once it is built

    def build(self, folder: Path) -> "Tokenizer":
        """Take a checkpoint's vocabulary."""
        made = replace(self, tokenizer=BertTokenizer.from_pretrained(folder))
        made.encode("a word")  # it may not be written yet
        return made

    def encode(self, text: str) -> list[int]:
        """Return ids, with [CLS] and [SEP].

        Raises:
            CandidateError: what the learner wrote returns something else than pieces or None.
        """
        made, ids, answers = self.tokenizer, list[int](), list[list[int]]()

        def ask(word: str, vocabulary: Mapping[str, int]) -> None:
            pieces = self.wordpiece(word, vocabulary)
            if pieces is None:
                answers.append([made.unk_token_id])
            elif pieces not in ([], [made.unk_token]) and all(p in vocabulary for p in pieces):
                answers.append([vocabulary[piece] for piece in pieces])
            else:
                raise CandidateError(
                    f"wrong: wordpiece({word!r}, …) returns {pieces}, expected pieces that the "
                    "vocabulary has, or None",
                    Verdict.DIVERGES,
                )

        with patch.object(pipeline, "wordpiece", ask), _reporting_errors(self.file):
            for piece in made.pipeline.pieces(text):  # an added token, or a word that was asked
                ids += answers.pop() if answers else [piece.id]
        return [made.cls_token_id, *ids, made.sep_token_id]


class LearnerMasking:
    """Words that a learner hides."""

    def __init__(self, mask_words: Callable[..., tuple[Tensor, Tensor]], file: str) -> None:
        self._mask_words, self._file = mask_words, file

    def mask(self, input_ids: Tensor, *, seed: int, **given: Any) -> dict[str, Tensor]:
        """Hide words."""
        generator = torch.Generator().manual_seed(seed)
        with _reporting_errors(self._file):
            read, labels = self._mask_words(input_ids, **given, generator=generator)
        return {"input_ids": read, "labels": labels}


class Stepping(ScratchTraining):
    """Training whose steps a learner takes."""

    def __init__(self, step: Callable[..., None], file: str) -> None:
        class _Optimizer(torch.optim.Optimizer):
            @torch.no_grad()
            def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
                for group in self.param_groups:
                    for parameter in group["params"]:
                        rates = group["lr"], group["weight_decay"]
                        with _reporting_errors(file):
                            step(parameter, parameter.grad, self.state[parameter], *rates)

        class _Settings(Settings):
            def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
                groups = parameter_groups(model, self.weight_decay)
                return _Optimizer(groups, {"lr": self.learning_rate})

        self.settings = _Settings


_OTHERS = {"wordpiece": Tokenizer, "masking": LearnerMasking, "optimizer": Stepping}


def __getattr__(name: str) -> Any:
    """Make a candidate of an exercise and a file."""
    exercise, _, file = name.partition("=")
    if exercise not in EXERCISES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _reporting_errors(file):
        made = load_callable(f"{file}:{EXERCISES[exercise].target}")
    if exercise in PARTS:
        return Model(exercise, made, file)
    return _OTHERS[exercise](made, file)
