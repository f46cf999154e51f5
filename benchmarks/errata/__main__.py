"""How the paper fooled itself, each figure computed again from the artifacts released with it.

    .venv/bin/python -m benchmarks.errata FOLDER [--row 7]

FOLDER is the release. Prints a table in Markdown: our figure with its 95 % interval, the one reported, and whether they
agree. No model runs; half a minute.
"""

import argparse
import sys

from benchmarks.errata.released import Released
from benchmarks.errata.table import compute, left_out, read_reported, written
from threearc.provenance.errors import StudyError


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.errata", description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--row", type=int, action="append", help="only this row; may be given again")
    given = parser.parse_args()
    reported = read_reported()
    try:
        released = Released(given.folder)
        for line in written(compute(released, reported, given.row)):
            print(line, flush=True)
    except StudyError as error:
        sys.exit(str(error))
    if not given.row:
        print(*left_out(reported), sep="\n")


if __name__ == "__main__":
    main()
