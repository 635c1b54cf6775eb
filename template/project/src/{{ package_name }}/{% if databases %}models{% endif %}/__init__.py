"""The tables, a package per database."""
