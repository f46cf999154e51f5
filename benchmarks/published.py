"""The rules judge against the language model that judged the answers released with the paper.

    .venv/bin/python benchmarks/published.py FOLDER [--half development]

FOLDER is the release, or as much of it as holds eval/results. Rules may be changed by what the development half shows;
the held-out half is for one look at rules that are final. No model runs.
"""

import argparse
import sys
from typing import get_args

from threearc.domains.protocol import load_domain
from threearc.judging.judge import Unjudged
from threearc.judging.oracle import OracleRunner
from threearc.judging.published import Half, read_published
from threearc.judging.rules import RulesJudge, known_axes
from threearc.provenance.errors import StudyError
from threearc.records.judgements import Delivery
from threearc.statistics.agreement import agreement, rank_correlation
from threearc.statistics.clusters import as_json
from threearc.statistics.wording import interval

LABELS = get_args(Delivery)


def shown(value):
    return interval(**as_json(value), digits=2)


def delivery_table(judge, answers):
    """Counts of both judges' deliveries, and how far they agree."""
    ours = [judge.delivery(answer.prompt, answer.text).delivery for answer in answers]
    theirs = [answer.delivery for answer in answers]
    found = agreement(ours, theirs, LABELS, [answer.prompt.id for answer in answers])
    yield f"| rules ↓, released → | {' | '.join(LABELS)} |"
    yield f"|---{'|---:' * len(LABELS)}|"
    yield from (f"| {label} | {' | '.join(map(str, row))} |" for label, row in zip(LABELS, found.counts, strict=True))
    yield ""
    yield f"kappa {shown(found.kappa)}, PABAK {shown(found.pabak)}, 95 % intervals by prompt; " + ", ".join(
        f"agreement on {label} {share:.2f}" for label, share in found.on.items()
    )


def axes_table(judge, answers):
    """Rank correlation of both judges' scores, by axis; every prompt taken for certain, as in the release."""
    scored = [(judge.scores(a.prompt, a.text, "certain").scores, a.scores) for a in answers if a.scores]
    shared = [axis for axis in judge.axes if all(axis in one and axis in other for one, other in scored)]
    if scored:
        yield f"\n| axis, of {len(scored)} scored answers | Spearman | mean, rules | mean, released |"
        yield "|---|---|---:|---:|"
    for axis in shared if scored else ():
        ours, theirs = ([float(side[axis]) for side in pair] for pair in zip(*scored, strict=True))
        means = f"{sum(ours) / len(ours):.2f} | {sum(theirs) / len(theirs):.2f}"
        yield f"| {axis} | {shown(rank_correlation(ours, theirs))} | {means} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--half", choices=get_args(Half), default="development")
    given = parser.parse_args()
    try:
        released = read_published(given.folder, given.half)
        domain = load_domain("chef")
        with OracleRunner(1.0, 64) as oracle:
            judge = RulesJudge(domain, tuple(known_axes(domain.instrument)), oracle)
            for model, answers in released.items():
                print(f"\n## {model}: {len(answers)} answers of the {given.half} half\n")
                print(*delivery_table(judge, answers), *axes_table(judge, answers), sep="\n")
    except (StudyError, Unjudged) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
