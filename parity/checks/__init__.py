"""The checks: each is written once and run by pytest here, by anybody's pytest, by `parity`."""
