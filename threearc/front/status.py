"""``threearc status``: how far a study is, cell by cell, who works on it, and what nobody needs any more."""

import json
import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from threearc.front.claims import RUNNING, Claim, read_claim
from threearc.front.orphans import Orphan, find_orphans
from threearc.front.plan import Job, Plan, read_plan
from threearc.front.processes import members
from threearc.provenance.failures import Failure, read_failure

HELP = """usage: threearc status [--json | --orphans] [arguments of your run]

How far a study is: jobs done, failed and left to do, cell by cell; whether a run is alive; files that no job of the
present configuration makes. Takes the arguments of your `threearc run`, or overlays as `threearc check` does; targets
are passed over.

  --json      all of it, for programs
  --orphans   only the commands that remove such files, for you to read and run
"""
#: The jobs that belong to no one cell.
STUDY = "study"
#: Folders of the results for what jobs leave beside what they make.
TRACES = ("logs", "benchmarks", "stamps", "failures")


@dataclass(frozen=True)
class Share:
    """A cell, or the jobs of the study as a whole.

    Attributes:
        name: ``domain/model``, or ``study``.
        done: jobs whose results are those that the configuration asks for.
        left: jobs still to do, the failed ones aside.
        failed: what failed when it was tried last, first things first.
    """

    name: str
    done: int
    left: int
    failed: list[Failure]

    @property
    def state(self) -> str:
        """In one word or three."""
        return "failed" if self.failed else "left to do" if self.left else "done"


@dataclass(frozen=True)
class Status:
    """All that is to be said.

    Attributes:
        study: the study's name.
        results: its results folder.
        shares: how far its parts are.
        run: who works on it, or did when it was killed.
        orphans: files that no job makes.
    """

    study: str
    results: str
    shares: list[Share]
    run: Claim | None
    orphans: list[Orphan]


def status(arguments: Sequence[str]) -> None:
    """Print the status of the study that a run with these arguments works on.

    Raises:
        StudyError: if the study cannot be planned.
    """
    if {"-h", "--help"} & {*arguments}:
        print(HELP, end="")
        return
    asked = [word for word in arguments if word not in ("--json", "--orphans")]
    plan = read_plan(asked)
    found = status_of(plan)
    if "--json" in arguments:
        print(json.dumps(_plain(found), indent=1, ensure_ascii=False))
    elif "--orphans" in arguments:
        print("".join(f"{line}\n" for line in removal(found.orphans, plan)), end="")
    else:
        print("\n".join(_told(found, asked)))


def status_of(plan: Plan) -> Status:
    """The status of a study, from its plan and from what lies in its results folder."""
    names = sorted({_cell(job) for job in plan.jobs} - {STUDY})
    return Status(
        study=plan.study,
        results=plan.results,
        shares=[_share(name, [job for job in plan.jobs if _cell(job) == name], plan) for name in (*names, STUDY)],
        run=read_claim(plan.workdir / plan.results / RUNNING),
        orphans=find_orphans(plan),
    )


def removal(orphans: Iterable[Orphan], plan: Plan) -> list[str]:
    """The commands that remove orphans, to be run where the status was asked for."""
    return [f"rm -r -- {shlex.quote(os.path.relpath(plan.workdir / orphan.path))}" for orphan in orphans]


def _cell(job: Job) -> str:
    domain, model = (job.wildcards.get(name) for name in ("domain", "model"))
    return f"{domain}/{model}" if domain and model else STUDY


def _share(name: str, jobs: list[Job], plan: Plan) -> Share:
    wanted = [job for job in jobs if job.wanted]
    failures = [read_failure(job.log, plan.workdir) for job in wanted]
    failed = sorted((failure for failure in failures if failure is not None), key=lambda failure: failure.time)
    return Share(name, len(jobs) - len(wanted), len(wanted) - len(failed), failed)


def _plain(found: Status) -> dict[str, Any]:
    run = found.run
    shares = [asdict(share) | {"state": share.state} for share in found.shares]
    return asdict(found) | {"shares": shares, "run": run and asdict(run) | {"dead": run.dead(), "here": run.here()}}


def _told(found: Status, asked: Sequence[str]) -> list[str]:
    done, left, failed = (
        sum(counts) for counts in zip(*((s.done, s.left, len(s.failed)) for s in found.shares), strict=True)
    )
    lines = [f"{found.study}, in {found.results}: {done} of {done + left + failed} jobs done", ""]
    width = max(len(share.name) for share in found.shares)
    lines.append(f"{'cell':{width}}  {'':10}  {'done':>5} {'failed':>6} {'left':>5}")
    for share in found.shares:
        row = f"{share.name:{width}}  {share.state:10}  {share.done:5} {len(share.failed):6} {share.left:5}"
        lines.append(row)
    for share in found.shares:
        if share.failed:
            first = share.failed[0]
            lines += ["", f"{share.name}: {first.rule} failed: {first.message}", f"  its log: {first.log}"]
    return [*lines, "", _run_told(found.run), *_orphans_told(found, asked)]


def _run_told(run: Claim | None) -> str:
    if run is None:
        return "No run is alive that `threearc run` has started."
    who = f"pid {run.pid} on host {run.host}, since {run.since}"
    if run.dead():
        left = " ".join(map(str, members(run.id)))
        if left:
            return f"The last run was killed ({who}), but jobs of it still work: pid {left}."
        return f"The last run was killed ({who}). `threearc run` goes on where it was."
    return f"A run is alive: {who}." if run.here() else f"A run of another host may be alive: {who}."


def _orphans_told(found: Status, asked: Sequence[str]) -> list[str]:
    if not found.orphans:
        return []
    # Logs, stamps and benchmarks are many and small; they go with the rest.
    traces = [orphan for orphan in found.orphans if os.path.relpath(orphan.path, found.results).startswith(TRACES)]
    files, size = _sum(found.orphans)
    lines = ["", f"{files} files ({size}) that no job of this configuration makes:"]
    lines += [f"{_sum([orphan])[1]:>11}  {orphan.path}" for orphan in found.orphans if orphan not in traces]
    if traces:
        files, size = _sum(traces)
        lines.append(f"{size:>11}  {files} logs, benchmarks, stamps and failures")
    own = shlex.join(["threearc", "status", "--orphans", *asked])
    return [*lines, f"`{own}` prints the commands that remove them."]


def _sum(orphans: Iterable[Orphan]) -> tuple[int, str]:
    """Number and size of the files."""
    files, size = (sum(counts) for counts in zip(*((o.files, o.size) for o in orphans), strict=True))
    return files, _size(size)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
