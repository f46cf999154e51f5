"""``threearc run``: claims the study's results folder, then becomes Snakemake."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from threearc.front.claims import keep_copy, lay_claim, new_claim
from threearc.front.launch import Launch, launch, need_snakemake
from threearc.front.locks import clear_lock
from threearc.front.processes import RUN
from threearc.provenance.errors import StudyError


def run(arguments: Sequence[str]) -> NoReturn:
    """Become ``snakemake`` with these arguments, once nobody else works on the results.

    Signals, output and exit code are Snakemake's own, and so is the process: there is no other to outlive it.

    Raises:
        StudyError: if the results are claimed by another run, or the configuration is at fault.
    """
    need_snakemake("run")
    place = launch(arguments)
    if place is not None:
        os.environ[RUN] = _claimed(place, arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "snakemake", *arguments])


def _claimed(place: Launch, arguments: Sequence[str]) -> str:
    """The id of the run, its claim laid and what a dead run has locked cleared."""
    claim = new_claim(place.workdir, arguments)
    lay_claim(place.results, claim)
    try:
        hint = clear_lock(claim, place.results)
        keep_copy(claim, place.results)
    except OSError as error:
        raise StudyError(
            f"The working directory cannot be written ({error.strerror}).",
            where=str(place.workdir),
            remedy="Make it writable, or give another by --directory.",
        ) from None
    if hint is not None:
        print(hint, file=sys.stderr)
    return claim.id
