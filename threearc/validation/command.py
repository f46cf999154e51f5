"""``threearc validate``: its arguments, and what it does with them."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threearc.provenance.errors import StudyError
from threearc.provenance.files import read_json, write_json, write_text
from threearc.provenance.hashing import content_id
from threearc.validation.answers import Form
from threearc.validation.digest import digest
from threearc.validation.plasmode import Plasmode, read_pools
from threearc.validation.run import Grid, validate
from threearc.validation.study import Design
from threearc.validation.tables import markdown, power_curves
from threearc.validation.truths import TRUTHS
from threearc.validation.worlds import Parametric, Size, Source

ABOUT = "Judge studies whose truth is planted, by the engine's own path, and count right and wrong verdicts."
#: Multiples of what can be detected.
SIZES = (0.5, 1.0, 2.0)


def parser() -> argparse.ArgumentParser:
    """The arguments of ``threearc validate``."""
    parser = argparse.ArgumentParser(prog="threearc validate", description=ABOUT)
    parser.add_argument("overlays", nargs="*", type=Path, help="files laid over config.yaml, in order")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"), help="the full configuration")
    parser.add_argument("--studies", type=_count, default=100, help="planted studies per class and point of the grid")
    parser.add_argument("--seed", type=int, default=0, help="seed of all of them")
    parser.add_argument("--out", type=Path, help="where the results go; studies that are there are not run again")
    parser.add_argument("--show", type=Path, nargs="+", help="print the tables of such files, and draw their figures")
    parser.add_argument("--digest", type=Path, help="with --show: write down what the report shows of these files")
    parser.add_argument("--from", type=Path, dest="results", help="draw real answers of these results, not a model's")
    parser.add_argument("--truths", nargs="+", choices=list(TRUTHS), default=list(TRUTHS), help="classes of truth")
    parser.add_argument("--sizes", nargs="+", type=float, default=SIZES, help="planted, in detectable sizes")
    parser.add_argument("--entries", nargs="+", type=_count, default=(200,), help="entries per split")
    parser.add_argument("--decode-seeds", nargs="+", type=_count, default=(2,), help="answers per prompt")
    parser.add_argument("--judge-error", nargs="+", type=_share, default=(0.0,), help="share of wrong judgements")
    parser.add_argument("--models", type=_count, default=2, help="models per domain")
    parser.add_argument("--treatments", type=_count, default=2, help="treatments per cell")
    parser.add_argument("--processes", type=_count, default=1, help="processes to work with")
    return parser


def run(given: argparse.Namespace, forms: tuple[Form, ...], analysis: Mapping[str, Any]) -> None:
    """Run planted studies, or show what some came to.

    Args:
        analysis: config analysis; ``forms``: the study's domains.

    Raises:
        StudyError: if a file is missing, or holds something else.
    """
    if given.show is not None:
        files = {path: _shown(path) for path in given.show}
        for path, found in files.items():
            print(f"{markdown(found)}\n")
            # One size makes no curve.
            if len({point["size"] for point in found["points"]}) > 1:
                figure = path.with_suffix(".svg")
                write_text(figure, power_curves(found))
                print(f"Power curves: {figure}\n")
        if given.digest is not None:
            write_json(given.digest, digest({str(path): found for path, found in files.items()}))
        return
    if given.out is None:
        raise StudyError(
            "Nothing says where the planted studies go.",
            where="threearc validate, --out",
            remedy="Give --out FILE, or --show FILE to look at one.",
        )
    source, told = _source(given.results, forms, analysis)
    design = Design(source, forms, Size(given.models, given.treatments), analysis)
    grid = Grid(
        tuple(given.truths),
        tuple(given.sizes),
        tuple(given.entries),
        tuple(given.decode_seeds),
        tuple(given.judge_error),
    )
    validate(design, grid, given.studies, given.seed, given.out, given.processes, told)


def _source(
    results: Path | None, forms: tuple[Form, ...], analysis: Mapping[str, Any]
) -> tuple[Source, dict[str, Any]]:
    if results is None:
        source = Parametric()
        return source, {"kind": "parametric", "world": {k: _plain(v) for k, v in vars(source.world).items()}}
    pools = read_pools(results, forms, analysis["correct_coverage"])
    rows = {f"{domain}, {split}": len(pool.rows) for (domain, split), pool in pools.items()}
    digest = content_id([pool.rows.right.tolist() + pool.rows.asserts.tolist() for pool in pools.values()])
    return Plasmode(pools), {"kind": "plasmode", "answers": rows, "digest": digest}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(path: Path) -> dict[str, Any]:
    found = read_json(path)
    if not isinstance(found, dict) or not {"settings", "points"} <= found.keys():
        raise StudyError(
            "The file holds no planted studies.", where=str(path), remedy="Show a file that --out has written."
        )
    return found


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share < 0.5:
        raise argparse.ArgumentTypeError("a share below 0.5")
    return share
