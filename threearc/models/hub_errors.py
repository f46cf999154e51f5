"""What can go wrong between a study and the Hub, each told once with what to do. The token is in none of it."""

import errno
from pathlib import Path

from threearc.provenance.errors import StudyError, first_line
from threearc.provenance.faults import chain

HUB = "https://huggingface.co"


def download_fault(error: Exception, repo: str, revision: str) -> StudyError:
    """The one message for an error of the Hub's client."""
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    page, cache = f"{HUB}/{repo}", constants.HF_HUB_CACHE
    causes = chain(error)
    answers = [cause.response.status_code for cause in causes if isinstance(cause, HfHubHTTPError)]

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if among(GatedRepoError):
        what = "The repository is gated: its licence must be accepted before it can be fetched."
        remedy = f"Accept the licence at {page}, set HF_TOKEN to a read token of that account, and run again."
    elif among(RevisionNotFoundError):
        what, remedy = f"The repository has no revision {revision}.", "Correct the model's revision in the config."
    elif among(RepositoryNotFoundError, HFValidationError):
        what = "There is no such repository, or it is private."
        remedy = "Correct the model's repo in the config; for a private one set HF_TOKEN."
    elif 401 in answers:
        what = "The Hub does not accept the token."
        remedy = "Set HF_TOKEN to a valid read token; for a public repository unset it."
    elif _is_full(causes) or _is_of_files(error):
        return cache_fault(error, Path(cache))
    elif constants.HF_HUB_OFFLINE:
        what = f"HF_HUB_OFFLINE is set, and revision {revision} is not in the cache {cache}."
        remedy = "Unset HF_HUB_OFFLINE where there is a network, and run the same command."
    elif answers:
        what, remedy = f"The Hub answered with HTTP {answers[0]}.", "Run the same command again later."
    elif among(EntryNotFoundError, ConnectionError, TimeoutError):
        what = f"The Hub cannot be reached, and revision {revision} is not in the cache {cache}."
        remedy = "Run the same command where there is a network, or set HF_HOME to a cache that holds the revision."
    else:
        what = f"The download failed ({type(error).__name__}: {first_line(error) or 'no details'})."
        remedy = "Run the same command again: it goes on where it stopped."
    return StudyError(what, where=page, remedy=remedy)


def cache_fault(error: Exception, folder: Path) -> StudyError:
    """The one message for a folder that cannot be written to."""
    if _is_full(chain(error)):
        remedy = "Make room, or set HF_HOME to a folder on a larger disk, and run the same command again."
        return StudyError("The disk is full.", where=str(folder), remedy=remedy)
    remedy = "Set HF_HOME to a folder that you may write to, and run the same command again."
    what = f"The folder cannot be written to ({first_line(error) or 'no details'})."
    return StudyError(what, where=str(folder), remedy=remedy)


def _is_full(causes: list[BaseException]) -> bool:
    # The client's download library says it in words.
    codes = (errno.ENOSPC, errno.EDQUOT)
    return any(getattr(c, "errno", None) in codes or "no space left" in str(c).lower() for c in causes)


def _is_of_files(error: Exception) -> bool:
    """Does the operating system speak of files? The client's own errors of this kind carry no number."""
    network = isinstance(error, (ConnectionError, TimeoutError))
    return isinstance(error, OSError) and error.errno is not None and not network
