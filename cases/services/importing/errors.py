"""What can be wrong with something that is to be imported? Two kinds: a file, and a row of it.

Sentences say what is wrong, where, and what to do. They name columns and lines, never what stands
in a cell: a shifted column can put a child's name anywhere.
"""


class ImportRefused(ValueError):
    """The whole file can't be read or used; nothing of it lands."""


class RowRefused(ValueError):
    """One row can't land; the others do."""
