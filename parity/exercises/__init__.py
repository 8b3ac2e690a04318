"""Exercises: a learner writes one part of BERT, and the judge looks at that part alone."""
