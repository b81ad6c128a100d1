"""Runs the first example of README.md, and checks that it prints what the page says.

python tests/first_example.py   (where the pipeline of the example is installed)
"""

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def first_example() -> tuple[str, list[str]]:
    """The code of the first example, and the lines that it is to print."""
    code = README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    return code, re.findall(r"^# (.*)$", code, re.MULTILINE)


def main() -> None:
    """Run it.

    RAISES (SystemExit): It prints something else.
    """
    code, expected = first_example()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    found = printed.getvalue().splitlines()
    if not expected or found != expected:
        raise SystemExit(f"The example prints {found}, and README.md says {expected}")
    print("README.md:", *found)


if __name__ == "__main__":
    main()
