"""What can go wrong with files from outside.

ValueError
├── CheckpointError     a checkpoint, or a file of one, cannot be used as it is
└── CorpusError         a text to learn from cannot be used as it is
"""


class CheckpointError(ValueError):
    """A checkpoint or one of its files is absent, damaged, mislabelled or does not fit the model.

    Cause: named in the message, with the file and, where there is one, the tensor.
    Remedy: named in the message too; usually another file, or another model class.
    """


class CorpusError(ValueError):
    """A text to learn from is absent, cannot be read, or is none.

    Cause: named in the message, with the file and, where there is one, the line.
    Remedy: another file, or this one in UTF-8.
    """
