"""Write an adapter for somebody's BERT: how to build it, what its parameters are, how to call it.

`config_names` and `instantiate` build the module. `parameter_units`, `layouts` and `pairing` guess
which of its parameters is which of the reference's weights, `signatures` how it is called, and
`search` finds the guess whose numbers agree. `stage_guess` finds where it computes the reference's
stages, `render` writes the adapter down.
"""
