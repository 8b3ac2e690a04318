"""Training in several processes: DDP and FSDP2."""
