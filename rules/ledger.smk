# The ledger of runs: written before the first job and after the last. Snakemake calls these neither on a dry run, nor
# where nothing is to be done, nor in the processes of single jobs, nor under `--no-hooks`: the report tells the last.

from importlib.metadata import version

import threearc.domains
from threearc.provenance.stamps import stamp_of
from threearc.records import ledger

LEDGER = Path(RESULTS, ledger.NAME)
RUN = {}


def sources():
    """Every script, and the module of every domain of the study."""
    scripts = Path(workflow.basedir, "workflow_scripts").glob("*.py")
    home = Path(threearc.domains.__path__[0])
    return {path.stem: path for path in scripts} | {
        name: home / name / "domain.py" for name in STUDY.domains
    }


def asked_for():
    """Targets, and the rules that bound them; none for the whole study."""
    asked = workflow.dag_settings
    return [
        *asked.targets,
        *(f"until {name}" for name in asked.until),
        *(f"without {name}" for name in asked.omit_from),
    ]


def failed_jobs():
    """Names of the jobs that failed."""
    failed = workflow.scheduler.failed
    jobs = [job for one in failed for job in (one.jobs if one.is_group() else [one])]
    return [f"{job.rule.name} {'/'.join(job.wildcards)}".strip() for job in jobs]


def refresh_report():
    """Bring the report, where there is one, up to date with the ledger."""
    # Templates are for the end of a run: every job reads this file.
    from threearc.reporting.ledger import refresh

    stamp = stamp_of(log_of("render_report", "study"))
    refresh(rules.render_report.output.report, stamp, RESULTS)


def note_end(failed):
    """Write down the end; where that fails the results stand, and the next run finds one that said nothing."""
    try:
        responses = ledger.count_responses(Path(RESULTS))
        ledger.end(LEDGER, RUN["start"], failed, responses=responses)
        refresh_report()
    except StudyError as error:
        print(f"Warning: {error}", file=sys.stderr)


onstart:
    answer_sigterm()
    try:
        RUN["start"] = ledger.begin(
            LEDGER,
            CONFIG.model_dump(mode="json"),
            version=version("threearc"),
            code=ledger.code_behind(sources()),
            targets=asked_for(),
            responses=ledger.count_responses(Path(RESULTS)),
        )
        refresh_report()
    except StudyError as error:
        # Plainly, without the Snakefile's own lines; Snakemake gives its lock back as it goes.
        raise SystemExit(f"Error: {error}") from None
    for fault in ledger.read_ledger(LEDGER).faults:
        print(f"Warning: {LEDGER}: {fault}; the report says so.", file=sys.stderr)


onsuccess:
    note_end(None)
    print(f"Report: {rules.render_report.output.report}")


onerror:
    note_end(failed_jobs())
