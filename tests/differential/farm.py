# SPDX-License-Identifier: MPL-2.0
"""What the differential tests share: calling auris-farm, and saying what was not tested."""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FARM = ROOT / "target" / "release" / "auris-farm"
# Measuring the whole corpus takes seconds; a hang should not take for ever.
TIMEOUT = 600


def skip(reason):
    """Say what could not be tested; the exit code is the one by which Meson and Automake know it."""
    print(f"SKIPPED: {reason}", file=sys.stderr)
    raise SystemExit(77)


def tracks(farm, *arguments):
    """Run `auris-farm measure` and return its track records by file name."""
    command = [farm, "measure", "--format", "ndjson", "--quiet", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nfailed with {done.returncode}\n{done.stderr}{done.stdout}")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(record["path"]).name: record for record in records if record["type"] == "track"}


class Verdict:
    """Counts comparisons, and tells of those that failed."""

    def __init__(self):
        self.made = 0
        self.failures = []

    def equal(self, what, ours, theirs):
        """Both the same, exactly."""
        self.made += 1
        if ours != theirs:
            self.failures.append(f"{what}: {ours}, expected {theirs}")
        return "=" if ours == theirs else "DIFFERS"

    def near(self, what, ours, theirs, tolerance):
        """Return the difference, formatted; where one has a value the other must have one too."""
        if ours is None or theirs is None:
            return self.equal(what, ours, theirs)
        self.made += 1
        difference = 0.0 if ours == theirs else abs(ours - theirs)
        if not difference <= tolerance:
            self.failures.append(f"{what}: {ours}, expected {theirs}, difference {difference:.3g} > {tolerance:g}")
        return f"{difference:.1e}"

    def conclude(self):
        """Print the outcome and exit."""
        if self.made == 0:
            raise SystemExit("nothing was compared")
        for failure in self.failures:
            print(f"MISS {failure}")
        print(f"{self.made} comparisons, {len(self.failures)} missed")
        raise SystemExit(1 if self.failures else 0)
