"""Write an adapter for somebody's BERT: how it is made, what its parameters are, how it is called.

`settings` and `construct` make the module, `units`, `forms` and `pairing` guess which of its
parameters is which of the reference's weights, `calling` how it is called, `proof` finds the guess
the numbers agree with, `staging` where it makes the reference's stages, `writing` writes it down.
"""
