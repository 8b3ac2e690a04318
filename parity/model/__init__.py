"""Judges a model: every stage, forward and backward, on every probe of `core/probes.py`.

`candidate` is the model as the judge sees it, `worker` its process, `judge` the other end of that
process. `run_probe`, with the two `lanes`, and `laws` are the checks.
"""
