"""What each layer of BERT makes of a text's tokens."""

from scratch_bert.cli.inspection_tools import command_for_each_text, run
from scratch_bert.inspection import layer_states, load

command = command_for_each_text(
    layer_states,
    load,
    "Show the hidden states: shapes, norms, and how alike layers and tokens are.",
)

if __name__ == "__main__":
    run(command, "hidden_states.py")
