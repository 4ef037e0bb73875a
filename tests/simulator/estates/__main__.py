"""python -m tests.simulator.estates: write the scenario files anew from the builders."""

import json
from pathlib import Path

from tests.simulator import estates

FOLDER = Path(__file__).parents[1] / "scenarios"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, scenario in estates.seeds().items():
        text = json.dumps(scenario, indent=1, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
