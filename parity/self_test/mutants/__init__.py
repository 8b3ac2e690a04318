"""Candidates that make a known mistake, one file for each judged subject."""
