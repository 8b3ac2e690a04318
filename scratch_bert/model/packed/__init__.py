"""The same computation without padding; only attention needs to know about it.

Read: packing, attention.
"""
