"""How a text becomes what BERT reads, step by step."""

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
from scratch_bert.inspection import token_flow
from scratch_bert.tokenization import BertTokenizer


def command(
    texts: Texts = None,
    pair: Pair = None,
    checkpoint: Checkpoint = "builtin:minilm",
    output: Output = None,
) -> int:
    """Show how a text becomes what BERT reads: normalised, words, pieces, ids, tensors.

    Exit codes: 0 done, 4 usage or an input that cannot be used, 130 interrupted.
    """
    some = read_texts(texts, pair, output)
    tokenizer = use(BertTokenizer.from_pretrained, checkpoint)
    return show(each(partial(token_flow, checkpoint=tokenizer), some), output)


if __name__ == "__main__":
    run(command, "token_flow.py")
