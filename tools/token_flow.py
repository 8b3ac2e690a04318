"""How a text becomes what BERT reads, step by step."""

from scratch_bert.cli.inspection_tools import command_for_each_text, run
from scratch_bert.inspection import token_flow
from scratch_bert.tokenization import BertTokenizer

command = command_for_each_text(
    token_flow,
    BertTokenizer.from_pretrained,
    "Show how a text becomes what BERT reads: normalized, words, pieces, ids, tensors.",
)

if __name__ == "__main__":
    run(command, "token_flow.py")
