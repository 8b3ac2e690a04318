"""Examples that are made once, before training, by the original recipe and by run_mlm."""
