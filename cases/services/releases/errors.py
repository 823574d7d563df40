"""What can keep a release from going on? A sentence that says what to do, and names nobody."""


class ReleaseRefused(ValueError):
    """This step can't be taken now. The message says why."""


class FileRefused(ReleaseRefused):
    """This file can't be taken. The message says why, without its name."""
