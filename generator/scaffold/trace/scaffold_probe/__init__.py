"""Runs inside the traced application's own interpreter: standard library only, Python 3.9 or newer.

Its name is one that no application's module has, since both are imported there.
"""
