"""How long a decision takes here and in the Rust runtime, in the same run.

`SCOPEGATE` names the program, built for release; without it cargo builds and runs it.
"""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

from scopegate import default_policy

ROOT = Path(__file__).parents[3]
FILE = ROOT / "policies/webriskops/1.1.0/examples/open-pull-request.json"


def main() -> None:
    text = FILE.read_text()
    request = json.loads(text)
    policy = default_policy()
    program = os.environ.get("SCOPEGATE")
    command = [program] if program else ["cargo", "run", "--release", "--quiet", "--package", "scopegate-cli", "--"]
    said = subprocess.run([*command, "bench", FILE, "--format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    rust = json.loads(said)
    for what, work, beside in (
        ("a batch of 1,000 values", lambda: policy.evaluate_batch([request] * 1_000), "batch_nanoseconds"),
        ("a batch of 1,000 JSON texts", lambda: [json.dumps(one) for one in policy.evaluate_batch([text] * 1_000)], "json_nanoseconds"),
    ):
        each = median(work) / 1_000
        print(f"{what:<28} {each:8.0f} ns each  Rust {rust[beside]:>6} ns  {each / rust[beside]:.1f} x")


def median(work) -> float:
    rounds = []
    for _ in range(9):
        begin = time.perf_counter_ns()
        work()
        rounds.append(time.perf_counter_ns() - begin)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
