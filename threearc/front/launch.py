"""What Snakemake will make of its arguments: read with its own parser, profiles included."""

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from threearc.config.load import load_config
from threearc.config.overlays import lay_over, merged
from threearc.provenance.errors import StudyError

#: The configuration that the Snakefile names; others are laid over it.
CONFIG = "config.yaml"
#: Options with which Snakemake looks and tells, and changes no result.
LOOKS = """dryrun lint list_target_rules list_rules print_compilation generate_unit_tests dag rulegraph filegraph d3dag
unlock cleanup_metadata conda_cleanup_envs conda_create_envs_only list_conda_envs cleanup_shadow
container_cleanup_images list_changes list_input_changes list_params_changes list_untracked summary detailed_summary
archive deploy_sources""".split()


@dataclass(frozen=True)
class Launch:
    """Where a call of Snakemake works.

    Attributes:
        workdir: its working directory.
        results: the study's results folder.
    """

    workdir: Path
    results: Path


def need_snakemake(command: str) -> None:
    """Check that Snakemake is there.

    Raises:
        StudyError: if it is not.
    """
    if find_spec("snakemake") is None:
        raise StudyError(
            "Snakemake is not installed, only the library is.",
            where=f"threearc {command}",
            remedy="Install it: `pip install 'threearc[workflow]'`.",
        )


def read_arguments(arguments: Sequence[str]) -> Any:
    """Snakemake's arguments as its parser reads them, with its profiles; None if it refuses them, or only helps."""
    from snakemake.cli import parse_args

    try:
        # What it has to say it will say again when it really starts.
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return parse_args(list(arguments))[1]
    except (SystemExit, Exception):
        return None


def launch(arguments: Sequence[str]) -> Launch | None:
    """Where a call of Snakemake would write results; None if it would not, or would refuse its arguments.

    Raises:
        StudyError: if the configuration is at fault.
    """
    from snakemake.settings.types import ExecMode

    args = read_arguments(arguments)
    if args is None or args.mode != ExecMode.DEFAULT or looks(args):
        return None
    overlays = _overlays(args)
    return None if overlays is None else place(args, overlays)


def looks(args: Any) -> bool:
    """Whether Snakemake would only look and tell."""
    reports = (args.report or args.reporter) and not args.report_after_run
    apart = args.executor in ("dryrun", "touch") or args.containerize is not None
    return bool(reports or apart or any(getattr(args, name, None) for name in LOOKS))


def place(args: Any, overlays: dict[str, Any]) -> Launch:
    """Where a call of Snakemake works, by the configuration that it will see."""
    workdir = Path(args.directory or "").resolve()
    own = workdir / CONFIG
    # Snakemake does without the Snakefile's own file where others are given; without any, it is told as missing.
    values = merged([own]) if own.exists() or not overlays else {}
    if args.replace_workflow_config and overlays:
        values = {}
    lay_over(values, overlays)
    return Launch(workdir, Path(os.path.normpath(workdir / load_config(values).study.results)))


def _overlays(args: Any) -> dict[str, Any] | None:
    """What --configfile and --config lay over the Snakefile's configuration; None if Snakemake would refuse them."""
    from snakemake.cli import parse_config
    from snakemake.settings.types import ConfigSettings

    try:
        settings = ConfigSettings(config=parse_config(args.config), configfiles=args.configfile or ())
        return dict(settings.overwrite_config)
    except Exception:
        return None
