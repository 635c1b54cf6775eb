"""The command `scaffold`: creates FastAPI projects from the template beside it and keeps them current."""
