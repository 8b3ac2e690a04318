"""How far apart two tensors may be, and why."""

BIT_FOR_BIT = 0.0
"""scratch_bert does the reference's operations in the reference's order, so on one machine with one
number of threads every bit is the same: measured by tests/reference for each head, attention and
dtype, where no tensor differs."""

PUBLISHED = 1e-4
"""For numbers published about bert-base-uncased: they are printed to four or five decimals and were
computed on other machines; it is also what the reference's own test of its slice allows."""

FLOAT64 = 1e-11
"""For other people's operations, in double precision; a share of the largest magnitude in the
reference's tensor: other orders of additions agree to about 1e-14 there, and the smallest of known
mistakes shows at 1e-8."""

GRADIENT_ROUNDING = 64.0
"""A gradient may also differ by so many rounding steps of the largest gradient of its probe (of the
weights, or of the stages): where attention is saturated or all tokens are alike, the gradients of
queries and keys are sums in which everything cancels, and what is left is rounding. Measured on
four correct BERTs of other layouts with random weights (standard deviation 0.2, width 32): with 1
and 6 layers no gradient needs it, with 12 at most 1.5 steps, with 24 at most 3.4. It is 1.4e-14 of
the largest gradient; the smallest mistake of the catalogue in gradients alone is 0.4 of that."""

OWN_ERROR = 8.0
ROUNDING = 4.0
"""For a candidate that computes in a smaller dtype than double: so many times the error that the
reference makes in that dtype at that very tensor, and so many rounding steps of its largest
magnitude besides. Measured on builtin:adversarial with five correct BERTs of other layouts, three
seeds, every stage, lane and gradient: at most 0.37 of it in float32 forward, 0.60 backward, 0.25 in
float16, 0.18 in bfloat16."""

LAW_ROUNDING = 64.0
"""How many rounding steps of the largest output two batches may differ by, where a candidate
computes in single precision and a law says that they are equal."""
