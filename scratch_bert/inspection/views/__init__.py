"""Inspections on a terminal."""
