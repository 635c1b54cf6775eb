"""What a user can meet: each error carries the sentence that is shown."""


class Refusal(Exception):
    """Something the user gave can't be used. Nothing was written; exit code 2.

    The message is one line: what is wrong and what would be right. `details` may follow it, such
    as the lines that would go.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class PersonNeeded(Exception):
    """The work is done but for something only a person can settle; exit code 1."""
