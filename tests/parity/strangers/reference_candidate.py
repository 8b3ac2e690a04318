"""The reference as a candidate: the judge must find nothing, and one mistake where one is made."""

from pathlib import Path

from parity import reference
from parity.tokenizer.calls import ragged_tensors
from parity.tokenizer.random_calls import Call, has_no_room


class Reference:
    """HuggingFace's tokenizer, with an error where it panics or goes on without an answer."""

    def build(self, folder: Path):
        return Wrapped(reference.tokenizer(folder))


class Wrapped:
    """Calls the reference; everything else is the reference's own."""

    def __init__(self, made):
        object.__setattr__(self, "made", made)

    def __getattr__(self, name):
        return getattr(self.made, name)

    def __setattr__(self, name, value):
        setattr(self.made, name, value)

    def __len__(self):
        return len(self.made)

    def __call__(self, *arguments, **options):
        if has_no_room(Call(arguments, options)):
            raise ValueError("max_length has no room for the special tokens")
        try:
            rows = reference.call(self.made, arguments, options)
        except reference.ReferencePanicError as error:
            raise ValueError(str(error)) from None
        if ragged_tensors(options, rows):
            raise ValueError("rows of several lengths are no tensor")
        return rows
