"""What each layer of BERT makes of a text's tokens."""

from functools import partial

from scratch_bert.cli.inspection_tools import (
    Checkpoint,
    Output,
    Pair,
    Texts,
    each,
    read_texts,
    run,
    show,
    use,
)
from scratch_bert.inspection import layer_states, load


def command(
    texts: Texts = None,
    pair: Pair = None,
    checkpoint: Checkpoint = "builtin:minilm",
    output: Output = None,
) -> int:
    """Show the hidden states: shapes, norms, and how alike layers and tokens are.

    Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted.
    """
    some = read_texts(texts, pair, output)
    bert = use(load, checkpoint)
    return show(each(partial(layer_states, checkpoint=bert), some), output)


if __name__ == "__main__":
    run(command, "hidden_states.py")
