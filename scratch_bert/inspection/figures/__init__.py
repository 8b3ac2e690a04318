"""Inspections as pictures and pages."""
