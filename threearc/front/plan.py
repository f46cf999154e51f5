"""Every job of a study as Snakemake sees it: in the present configuration, and whether it would run.

Snakemake's own summary names files, not jobs, and passes over files that a killed job has left half made. So this asks
its graph directly, built as for a dry run, in a process of its own: ``python -m threearc.front.plan FILE ARGUMENTS``
writes the answer to FILE.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from threearc.front.launch import need_snakemake
from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json, write_json


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        rule: its rule.
        wildcards: what stands for the rule's wildcards.
        outputs: files that it makes, as paths in the working directory.
        log: its log.
        benchmark: what it cost.
        wanted: a run would do it, now or after others.
    """

    rule: str
    wildcards: dict[str, str]
    outputs: list[str]
    log: str
    benchmark: str
    wanted: bool


@dataclass(frozen=True)
class Plan:
    """All jobs of a study.

    Attributes:
        study: the study's name.
        workdir: the working directory.
        results: the results folder, as a path in the working directory.
        jobs: the jobs that make files.
    """

    study: str
    workdir: Path
    results: str
    jobs: list[Job]


def read_plan(arguments: Sequence[str]) -> Plan:
    """The plan of the study that a run with these arguments works on: all of it, whatever targets they name.

    Raises:
        StudyError: if Snakemake cannot draw the plan, after it has said why.
    """
    need_snakemake("status")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "plan.json")
        command = [sys.executable, "-m", __name__, str(out), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not out.exists():
            # Before it fails it tells of profiles and of files that it has read.
            told = [line for line in done.stderr.splitlines() if not line.startswith(("Using ", "Config file "))]
            raise StudyError(
                "\n".join(told[-12:]), where="Snakemake", remedy="Give overlays, or the arguments of your run."
            )
        found = read_json(out)
    return Plan(found["study"], Path(found["workdir"]), found["results"], [Job(**job) for job in found["jobs"]])


def main(out: Path, arguments: Sequence[str]) -> int:
    """Write the plan to ``out``; 0 if that could be done."""
    from snakemake.api import DAGApi
    from snakemake.cli import args_to_api, parse_args

    parser, args = parse_args(list(arguments))
    args.configfile = [*(args.configfile or []), *(Path(t) for t in args.targets if t.endswith((".yaml", ".yml")))]
    # The whole study, as it stands.
    args.targets, args.until, args.omit_from, args.forcerun, args.prioritize = set(), set(), set(), set(), set()
    args.force, args.forceall, args.dryrun, args.rerun_incomplete, args.lint = False, False, False, True, False
    args.summary = True

    def tell(api: Any, detailed: bool = False) -> None:
        write_json(out, _told(api.workflow_api._workflow))

    DAGApi.summary = tell
    return 0 if args_to_api(args, parser) else 1


def _told(workflow: Any) -> dict[str, Any]:
    workflow._prepare_dag(forceall=False, ignore_incomplete=False, lock_warn_only=True)
    workflow._build_dag()
    dag, study = workflow.dag, workflow.globals["STUDY"]
    jobs = [
        Job(
            rule=job.rule.name,
            wildcards=dict(job.wildcards_dict),
            outputs=[str(path) for path in job.output],
            log=str(job.log[0]),
            benchmark=str(job.benchmark),
            wanted=bool(dag.needrun(job)),
        )
        for job in dag.jobs
        if job.output
    ]
    return {
        "study": study.name,
        "workdir": os.getcwd(),
        "results": study.results,
        "jobs": [asdict(job) for job in jobs],
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
