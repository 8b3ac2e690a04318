"""Measures the judge: makes every known mistake and counts those caught, located and named.

Correct BERTs written in other ways (`variants`) are judged too: each false alarm counts.
"""
