"""What can go wrong with files from outside, and in training.

ValueError
├── CheckpointError     a checkpoint, or a file of one, cannot be used as it is
├── CorpusError         a text to learn from cannot be used as it is
└── TextError           a text cannot be given to a model as it is
ArithmeticError
└── TrainingError       a model in training cannot be trained on
"""


class CheckpointError(ValueError):
    """A checkpoint or one of its files is absent, damaged, mislabeled or does not fit the model.

    Cause: named in the message, with the file and, where there is one, the tensor.
    Remedy: named in the message too; usually another file, or another model class.
    """


class CorpusError(ValueError):
    """A text to learn from is absent, cannot be read, or is none.

    Cause: named in the message, with the file and, where there is one, the line.
    Remedy: another file, or this one in UTF-8.
    """


class TextError(ValueError):
    """One of the texts that a model is asked about is too long for it, or lacks what is asked for.

    Cause: named in the message, with the text's number.
    Remedy: another text, or a shorter one.

    Args:
        place: which text, counted from 0.
        why: what is wrong with it.
    """

    def __init__(self, place: int, why: str) -> None:
        super().__init__(f"text {place + 1}: {why}")
        self.place = place
        self.why = why


class TrainingError(ArithmeticError):
    """The loss or a gradient is infinite or not a number: steps from here on would teach nothing.

    Cause: most often a learning rate that is too high; the message names the step.
    Remedy: begin anew, in another folder, with a lower one; the last good checkpoint is named.
    """
