"""Commands that change a project which exists."""
