"""The renaming of a resource: in the places of files, in code, in settings."""
