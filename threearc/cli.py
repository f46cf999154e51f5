"""The console command ``threearc``."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from threearc.config.document import commented, json_schema
from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.front.forecast import forecast
from threearc.front.forecast_text import told
from threearc.front.repair import RESULTS, repair
from threearc.front.reruns import rerun_table
from threearc.front.run import run
from threearc.front.status import status
from threearc.provenance.errors import StudyError
from threearc.provenance.files import write_text


def _validate(words: Sequence[str]) -> None:
    # All that draws and judges takes a moment to import: no other command waits for it.
    from threearc.domains.protocol import load_domain
    from threearc.validation import command
    from threearc.validation.answers import Form

    given = command.parser().parse_args(words)
    config = load_config(merged([given.config, *given.overlays]))
    forms = tuple(
        Form(name, load_domain(name).instrument, tuple(config.domains[name].axes)) for name in config.study.domains
    )
    command.run(given, forms, config.analysis.model_dump(mode="json"))


#: Commands that take all their arguments as they stand: these are Snakemake's, or those of a command of many options.
PASSING: dict[str, tuple[Callable[[Sequence[str]], None], str]] = {
    "run": (run, "run the study: `snakemake` with the same arguments, as soon as nobody else works on the results"),
    "status": (status, "tell how far the study is, of the same arguments, and which files nobody needs any more"),
    "validate": (_validate, "judge studies whose truth is planted: how often is a verdict right, and how often wrong?"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; 0 if all is well, 1 with one message on the error stream if not."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] in PASSING:
            PASSING[words[0]][0](words[1:])
        else:
            given = _parser().parse_args(words)
            given.work(given)
        sys.stdout.flush()
    except StudyError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever reads it has seen enough, as `head` has: what is left goes into a pipe that nobody reads.
        os.dup2(os.pipe()[1], sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="threearc", description="Studies of dispositions in small language models.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, help) in PASSING.items():
        commands.add_parser(name, help=help)
    check = commands.add_parser("check", help="check a configuration without running anything")
    check.add_argument("overlays", nargs="*", type=Path, help="files laid over config.yaml, in order")
    document = commands.add_parser("document", help="write config.yaml's comments, its schema and the rerun table anew")
    schema = Path("schemas/config.schema.json")
    document.add_argument("--schema", type=Path, default=schema, help="where the schema goes")
    document.add_argument("--reruns", type=Path, default=Path("docs/reruns.md"), help="where the rerun table goes")
    ahead = commands.add_parser("plan", help="tell what a study can settle and what it costs, before anything is made")
    ahead.add_argument("overlays", nargs="*", type=Path, help="files laid over config.yaml, in order")
    ahead.add_argument("--json", action="store_true", help="all of it, for programs")
    ahead.add_argument("--from-results", action="store_true", help="take what base's judged answers show for granted")
    for command in (check, ahead, document):
        command.add_argument("--config", type=Path, default=Path("config.yaml"), help="the full configuration")
    mend = commands.add_parser("repair", help="set aside or delete what among the results cannot be believed")
    mend.add_argument("files", nargs="*", type=Path, help="files to look at; all results if none is named")
    mend.add_argument("--results", type=Path, help=f"the study's results folder; {RESULTS} if no file tells")
    for command, work in ((check, _check), (ahead, _plan), (document, _document), (mend, _repair)):
        command.set_defaults(work=work)
    return parser


def _check(given: argparse.Namespace) -> None:
    config = load_config(merged([given.config, *given.overlays]))
    cells = len(config.study.models) * len(config.study.domains)
    print(f"The configuration is sound: {cells} cells, operators {', '.join(config.study.operators)}.")


def _plan(given: argparse.Namespace) -> None:
    config = load_config(merged([given.config, *given.overlays]))
    found = forecast(config, Path(config.study.results) if given.from_results else None)
    print(json.dumps(asdict(found), indent=1, ensure_ascii=False) if given.json else "\n".join(told(found)))


def _document(given: argparse.Namespace) -> None:
    values = merged([given.config])
    load_config(values)
    write_text(given.config, commented(values))
    write_text(given.schema, json_schema())
    # The miniature uses keys that the full study does not, and the other way round.
    demo = merged([given.config, given.config.parent / "config/demo.yaml"])
    write_text(given.reruns, rerun_table([values, demo], given.config.parent / "workflow_scripts"))


def _repair(given: argparse.Namespace) -> None:
    print("\n".join(repair(given.files, given.results)))


if __name__ == "__main__":
    sys.exit(main())
