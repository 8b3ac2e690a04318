"""What BERT's first vectors are the sum of."""

from scratch_bert.cli.inspection_tools import command_for_each_text, run
from scratch_bert.inspection import embedding_parts, load

command = command_for_each_text(
    embedding_parts,
    load,
    "Show the embeddings: word, position, segment, their sum, and that after LayerNorm.",
)

if __name__ == "__main__":
    run(command, "embeddings.py")
