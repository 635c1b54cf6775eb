"""Well-known code, imitated in small: what its files do with a session or a connection, in words of our own."""
