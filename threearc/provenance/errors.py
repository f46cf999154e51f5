"""The one error type that users see: what is wrong, where, and how to mend it."""

import shlex
from pathlib import Path

#: The remedy for a result where only its name within the cell is known.
REMAKE = "Delete the file and run the same command again: its rule will write it anew."


class StudyError(Exception):
    """Bad input or a missing premise, told in one message.

    Args:
        what: what is wrong, one sentence.
        where: the file, and within it the line or key.
        remedy: what the user can do about it.
    """

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        # One line, whatever the libraries' own messages that it quotes look like.
        self.what, self.where, self.remedy = (" ".join(text.split()) for text in (what, where, remedy))
        super().__init__(f"{self.where}: {self.what} {self.remedy}")


def remake(*files: object) -> str:
    """The remedy for results that are torn, stale or unfit: they can always be had again.

    Args:
        files: their paths as rules name them, or the folders of those that only make sense together.
    """
    option = "-rf" if any(Path(str(file)).is_dir() for file in files) else "-f"
    command = shlex.join(["rm", option, *map(str, files)])
    return f"Run `{command}` and then the same command again: what was deleted will be made anew."


def first_line(error: BaseException) -> str:
    """The first line of a library's message, empty where it says nothing."""
    return next(iter(str(error).strip().splitlines()), "")
