"""A model run over many texts: batches, probabilities."""
