"""What becomes of [CLS] from layer to layer."""

from functools import partial

from scratch_bert.cli.inspection_tools import (
    Checkpoint,
    Output,
    Pair,
    Texts,
    read_texts,
    run,
    show,
    use,
)
from scratch_bert.inspection import cls_evolution, load


def command(
    texts: Texts = None,
    pair: Pair = None,
    checkpoint: Checkpoint = "builtin:minilm",
    output: Output = None,
) -> int:
    """Show [CLS] of all texts on its way through the layers: cosines, path, words.

    The path is that of its vectors in two dimensions (PCA). Words are what the head of masked words
    reads at the first [MASK], or at [CLS], in each layer, where the checkpoint has such a head.

    Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted.
    """
    some = read_texts(texts, pair, output, of_one=())
    bert = use(load, checkpoint)
    return show(map(partial(cls_evolution, checkpoint=bert), [some]), output)


if __name__ == "__main__":
    run(command, "cls_evolution.py")
