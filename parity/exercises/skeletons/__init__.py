"""What a learner begins with; `parity exercise NAME --write` writes a copy."""
