"""Snakemake's own lock of a working directory: cleared where a run is known to have left it, and only there."""

from pathlib import Path

from threearc.front.claims import Claim, copy_of, read_claim
from threearc.front.processes import snakemakes


def clear_lock(claim: Claim, results: Path) -> str | None:
    """Clear what a dead run of this host has locked of a results folder, before the copy of its claim is replaced.

    Args:
        claim: the new claim on the results folder, so that no other run of ``threearc run`` works there.

    Returns:
        A hint for the user where a lock is left whose owner is not known; else None.
    """
    workdir = Path(claim.workdir)
    locks = _locks(workdir, results)
    if not locks:
        return None
    before = read_claim(copy_of(claim, results))
    if before is not None and before.dead() and not snakemakes(workdir):
        for lock in locks:
            lock.unlink(missing_ok=True)
        return None
    return (
        f"{locks[0].parent} holds a lock that was not left by a run of `threearc run` on this host. If no other "
        "Snakemake works there, the same command with --unlock clears it."
    )


def _locks(workdir: Path, results: Path) -> list[Path]:
    """The locks that name files of a results folder: two studies may share a working directory."""
    found = sorted(workdir.glob(".snakemake/locks/*.lock"))
    return [lock for lock in found if any(_within(workdir / line, results) for line in _lines(lock))]


def _lines(lock: Path) -> list[str]:
    return lock.read_text(encoding="utf-8", errors="replace").splitlines()


def _within(file: Path, folder: Path) -> bool:
    return file.is_relative_to(folder) or file.resolve().is_relative_to(folder.resolve())
