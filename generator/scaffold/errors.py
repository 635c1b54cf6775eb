"""What a user can meet: each error carries the sentence that is shown."""

import re

# What a command ends with.
DONE, PERSON_NEEDED, REFUSED, BUG, INTERRUPTED = 0, 1, 2, 70, 130

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Refusal(Exception):
    """Something the user gave can't be used. Nothing was written; exit code 2.

    The message is one line: what is wrong and what would be right. `details` may follow it, such
    as the lines that would go.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class PersonNeeded(Exception):
    """The work is done but for something only a person can settle; exit code 1.

    `printed` says whether a program was told already what was done.
    """

    def __init__(self, message: str, *, printed: bool = False) -> None:
        super().__init__(message)
        self.printed = printed


def one_line(sentence: str) -> str:
    """Return a sentence in which what was given, and is no text or more than a line of it, is spelled out."""
    return _NO_TEXT.sub(lambda found: found[0].encode("unicode_escape").decode(), sentence)
