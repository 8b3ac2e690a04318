"""How a BERT is trained, whatever for: step → loop → checkpoints."""
