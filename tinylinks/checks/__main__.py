"""Make a library of your own from your answers, and judge it.

python -m tinylinks.checks export answers/ --name mylinks     write it, into this folder
python -m tinylinks.checks judge mylinks                      say what it can do, what is missing
python -m tinylinks.checks judge mylinks --to 11              ask only what chapters 2 to 11 build

After a change in `answers/`, export again with --force: it writes the package again.

`answers/` is a folder with the notebooks of the sheets, with your answers in them. If you have
files of your own, put them there with a file adapters.py, which defines the names of the book:

    from .engine import F, Square, Step as Function, Tensor as Variable   # Step, Tensor are yours
    from .book import MiniBatches, split                                  # these are the book's
    globals().update(vars(F))                        # it asks for linear, not for F.linear

What comes from the book computes with the book's Variable, not with yours.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tinylinks.checks import judge, own


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 if all is well."""
    parser = argparse.ArgumentParser(
        prog="python -m tinylinks.checks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write a library of your own from your answers")
    export.add_argument("answers", type=Path, help="the folder with your notebooks or files")
    export.add_argument("--name", default="mylinks", help="the name of the library")
    export.add_argument("--force", action="store_true", help="write over an earlier export")
    judged = commands.add_parser("judge", help="say what a library can do and what is missing")
    judged.add_argument("library", type=Path, help="the folder of the library")
    judged.add_argument("--to", type=int, metavar="CHAPTER", help="judge up to this chapter")
    judged.add_argument("--seed", default=0, help="another seed gives other numbers")
    given = parser.parse_args(arguments)
    if given.command == "export":
        try:
            for sentence in own.export(given.answers, given.name, Path("."), given.force):
                print(sentence)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    well = True
    for good, sentence in judge.judge(given.library.resolve(), given.seed, given.to):
        judge.say(good, sentence)
        well = well and good is not False
    print("All is well." if well else "Mend the first thing first.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
