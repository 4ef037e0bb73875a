"""`python -m tests.bicep`: check infra/ and say what is wrong; exit status 1 when something is."""

import sys

from tests.bicep.checking import findings
from tests.infra.ways import INFRA, WAYS


def main() -> int:
    found = findings(INFRA, "main.bicep", WAYS)
    for one in found:
        sys.stderr.write(f"{one}\n")
    count = len(list(INFRA.rglob("*.bicep")))
    sys.stdout.write(f"{count} Bicep files, deployed on paper in {len(WAYS)} ways: ")
    sys.stdout.write(f"{len(found)} found wrong\n" if found else "nothing found wrong\n")
    return 1 if found else 0


sys.exit(main())
