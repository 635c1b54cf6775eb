"""Merges by meaning: for files whose lines are entries of a list, so that neighbours don't quarrel."""
