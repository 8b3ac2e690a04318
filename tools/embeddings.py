"""What BERT's first vectors are the sum of."""

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
from scratch_bert.inspection import embedding_parts, load


def command(
    texts: Texts = None,
    pair: Pair = None,
    checkpoint: Checkpoint = "builtin:minilm",
    output: Output = None,
) -> int:
    """Show the embeddings: word, position, segment, their sum, and that after LayerNorm.

    Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted.
    """
    some = read_texts(texts, pair, output)
    bert = use(load, checkpoint)
    return show(each(partial(embedding_parts, checkpoint=bert), some), output)


if __name__ == "__main__":
    run(command, "embeddings.py")
