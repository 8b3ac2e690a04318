"""What every BERT class shares: load, save, start from a seed, refuse inputs that do not fit."""
