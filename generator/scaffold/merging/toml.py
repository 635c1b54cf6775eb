"""Merges of TOML: comments, order and bytes of the user's document stay."""

import re
from collections.abc import MutableMapping
from typing import cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from scaffold.merging.conflict import ConflictError
from scaffold.merging.data import patch


def merge(base: str, ours: str, theirs: str) -> str:
    """Return ours with what changed from base to theirs; raises ConflictError."""
    try:
        before, document, new = (tomlkit.parse(text) for text in (base, ours, theirs))
        patch(before, cast("MutableMapping[str, object]", document), new)
        merged = tomlkit.dumps(document)
        if tomlkit.parse(merged).unwrap() != document.unwrap():
            message = "the text does not say what the merged data is"
            raise ConflictError(message)
    except TOMLKitError as error:
        raise ConflictError(str(error)) from None
    return merged


def in_pieces(text: str) -> str:
    """Return a document with each entry of a list on a line of its own, wherever it was written."""
    return re.sub(r"[\[\],]", "\n", text)
