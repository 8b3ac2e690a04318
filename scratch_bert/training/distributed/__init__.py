"""Training in several processes: DDP and FSDP2.

Read: step_share, processes. When you need it: parallel (the choices of the command line).
"""
