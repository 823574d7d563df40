"""What can keep the embedded servers from running?"""


class CannotRunError(Exception):
    """Says in a sentence what is wrong, where, and what to do; nothing has been changed or lost."""
