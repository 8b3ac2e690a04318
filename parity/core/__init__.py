"""What every check stands on; it knows no model and no command.

`stages` names what is compared, `probes` are the inputs, `trace` reads tensors out of a running
model, `compare` and `tolerance` judge two of them, `recording` keeps them on disk, `process` runs
foreign code, `mistake` is a known mistake, `verdict` is the result.
"""
