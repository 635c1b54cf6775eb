"""A request, and the same one with an endpoint that raises, as a page that can be walked through step by step."""
