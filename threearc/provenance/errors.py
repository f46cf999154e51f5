"""The one error type that users see: what is wrong, where, and how to mend it."""


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


def remake(file: object) -> str:
    """The remedy for a result that is torn, stale or unfit: it can always be had again."""
    return f"Delete {file} and run the same command again: its rule will write it anew."


def first_line(error: BaseException) -> str:
    """The first line of a library's message, empty where it says nothing."""
    return next(iter(str(error).strip().splitlines()), "")
