"""How long the verdicts of a large study take: effects, guards and verdicts of a synthetic grid of judgements.

    .venv/bin/python benchmarks/verdicts.py [--grid 50x10] [--entries 48] [--seeds 2] [--treatments 1]

The grid is built cell by cell, and that is not timed: every answer has a delivery, correctness, scores on every axis
and a style, on eval and on fresh prompts. Timed, in CPU seconds of all threads together, are the engine's own functions
with the draws and permutations of config.yaml: effects and guards of each cell, and the verdicts of all as one family.
"""

import argparse
import resource
from pathlib import Path
from time import process_time

import numpy as np

from threearc.config.load import load_config
from threearc.config.overlays import merged
from threearc.domains.protocol import load_domain
from threearc.validation.answers import Form
from threearc.validation.detectable import detectable
from threearc.validation.run import unswept
from threearc.validation.study import Design, Planted, assess, draw_cell
from threearc.validation.truths import CLEAN, TRUTHS
from threearc.validation.worlds import Parametric, Size
from threearc.verdicts.synthesis import verdicts

REPOSITORY = Path(__file__).parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grid", default="50x10", help="models x domains")
    parser.add_argument("--entries", type=int, default=48, help="entries per split")
    parser.add_argument("--seeds", type=int, default=2, help="answers per prompt")
    parser.add_argument("--treatments", type=int, default=1, help="treatments per cell")
    given = parser.parse_args()
    models, domains = map(int, given.grid.split("x"))
    config = load_config(merged([REPOSITORY / "config.yaml"]))
    known = [(load_domain(name).instrument, tuple(own.axes)) for name, own in config.domains.items()]
    forms = tuple(Form(f"domain {i + 1}", *known[i % len(known)]) for i in range(domains))
    size = Size(models, given.treatments, given.entries, 1, given.seeds)
    design = Design(Parametric(), forms, size, config.analysis.model_dump(mode="json"))
    planted = Planted(TRUTHS[CLEAN], 1.0, detectable(design, 0))
    rng, cells, rows = np.random.default_rng(0), [], 0
    drawing = judging = 0.0
    with unswept():
        for form in forms:
            for number in range(models):
                start = process_time()
                model = f"model {number + 1}"
                cell = draw_cell(design, form, model, planted, rng, set())
                between = process_time()
                cells.append(assess(design, form, model, cell))
                drawing, judging = drawing + between - start, judging + process_time() - between
                rows += len(cell.outcomes)
        start = process_time()
        drawn = verdicts(cells, design.analysis)
        last = process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{models} models x {domains} domains, {given.treatments} treatment(s), {rows} answers, {len(drawn)} verdicts"
    )
    print(f"drawn in {drawing:.1f} CPU-s (not counted), {peak:.0f} MB at most")
    print(f"effects and guards {judging:.1f} CPU-s, verdicts {last:.1f} CPU-s: {judging + last:.1f} CPU-s on one core")


if __name__ == "__main__":
    main()
