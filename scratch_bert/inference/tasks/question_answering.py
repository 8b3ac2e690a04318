"""Where in a text the answer to a question is (paper: section 4.2; HF's run_qa)."""

from collections.abc import Sequence
from itertools import islice

from torch import Tensor

from scratch_bert.errors import TextError
from scratch_bert.inference.run.runner import ModelTask, unpadded
from scratch_bert.inference.run.scores import Numbers
from scratch_bert.inference.tasks.spans import Answer, Window, answers
from scratch_bert.model.task_heads import BertForQuestionAnswering
from scratch_bert.tokenization.interface.encoding import Encoding


class QuestionAnswering(ModelTask):
    """A fine-tuned model and its tokenizer."""

    KIND = BertForQuestionAnswering

    def __call__(
        self,
        questions: Sequence[str],
        contexts: Sequence[str],
        n_best: int = 20,
        max_answer_length: int = 30,
        max_length: int = 384,
        stride: int | None = None,
        null_threshold: float | None = None,
    ) -> list[list[Answer]]:
        """Return each question's answers: that which is chosen, then the others, the best first.

        A context without a token has the one answer that is empty (HF's script says "empty").

        Args:
            questions: any number.
            contexts: what each is about.
            n_best: answers at most, and likely starts and ends that are looked at.
            max_answer_length: in tokens.
            max_length: tokens of a window with its question, if the model takes as many; a context
                that is longer is cut into several.
            stride: tokens that a window shares with the one before it; None means 128, or half a
                window where that is less.
            null_threshold: None if there is an answer always. Else there may be none, and is if its
                score is higher by more than this.

        Raises:
            TextError: a question leaves no room for a window of its context.
        """
        rows: list[Encoding] = []
        counts = []
        length = min(max_length, self.runner.longest)
        stride = min(128, length // 2) if stride is None else stride
        for i, (question, context) in enumerate(zip(questions, contexts, strict=True)):
            windows = self.windows(i, question.lstrip(), context, length, stride)
            rows += windows
            counts.append(len(windows))
        logits = iter(zip(rows, self.runner.run(rows, self._logits), strict=True))
        found = []
        for context, count in zip(contexts, counts, strict=True):
            some = islice(logits, count)
            seen = [Window(offsets_in_context(row), *both) for row, both in some]
            found.append(answers(context, seen, n_best, max_answer_length, null_threshold))
        return found

    def windows(
        self, place: int, question: str, context: str, length: int, stride: int
    ) -> list[Encoding]:
        """Cut a context into windows of so many tokens, each behind the question.

        Raises:
            TextError: the question, of this place, leaves no room for a window.
        """
        try:
            return self.runner.tokenizer(
                [(question, context)],
                truncation="only_second",
                max_length=length,
                stride=stride,
                return_overflowing_tokens=True,
            ).encodings
        except ValueError as error:
            raise TextError(place, str(error)) from None

    def _logits(self, batch: dict[str, Tensor]) -> list[tuple[Numbers, Numbers]]:
        """Compute each row's start and end logits: (seq) each, without padding."""
        output = self.runner.forward(batch)
        both = []
        for logits in (output.start_logits, output.end_logits):  # (batch, seq)
            exact = logits.float() if logits.element_size() == 2 else logits
            both.append([row.numpy() for row in unpadded(exact, batch)])
        return list(zip(*both, strict=True))


def offsets_in_context(row: Encoding) -> list[tuple[int, int] | None]:
    """Return where the context's tokens are in it; None for all others."""
    pairs = zip(row.offsets, row.sequence_ids, strict=True)
    return [span if text == 1 else None for span, text in pairs]
