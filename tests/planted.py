"""Plants bugs in a copy of the project, and shows which checks find them. Run by tests/planted."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "target" / "planted" / "tree"
BUILD = ROOT / "target" / "planted" / "build"
TABLE = ROOT / "docs" / "planted.md"
FAKE = "crates/testkit/src/fake/store/"
REST = "docs/guide/rest_bank.rs"
KINDS = {
    "store": ["-p", "madoguchi-testkit", "--test", "fake"],
    "adapter": ["-p", "madoguchi-upstream", "--test", "rest_bank"],
    "esb": ["-p", "madoguchi-esb", "--test", "over_http"],
    "protocol": ["-p", "madoguchi-application", "--test", "use_cases"],
}
# It compares the guide with the adapter, so it finds every edit.
NOT_A_CHECK = {"the_guide_prints_what_is_tested"}
RUNS = 5
# Seconds of one build or run.
LONGEST = 600


def copy_project():
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout.decode().split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, COPY / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            # With a new time: what a run that was ended had planted must be built again.
            shutil.copy(source, target)


def cargo(*arguments):
    command = ["cargo", "test", "--quiet", "--locked", "--all-features", *arguments]
    environment = {"CARGO_TARGET_DIR": str(BUILD), "RUST_BACKTRACE": "0"}
    environment |= {"CARGO_INCREMENTAL": "1", "CARGO_PROFILE_DEV_DEBUG": "0"}
    try:
        return subprocess.run(
            command, cwd=COPY, env=os.environ | environment, capture_output=True, text=True,
            errors="replace", timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "a_check_that_hangs --- FAILED", "")


def failed_checks(output):
    found = re.findall(r"^(\S+) --- FAILED$|^test (\S+) \.\.\. FAILED$", output, re.M)
    names = {(one or other).split("::")[-1] for one, other in found}
    return names - NOT_A_CHECK


def file_of(kind, plant):
    if kind == "store":
        return COPY / FAKE / plant["file"]
    return COPY / (REST if kind == "adapter" else plant["file"])


def try_plant(kind, plant):
    """The checks that found it in every run; None if it does not compile."""
    path = file_of(kind, plant)
    right = path.read_text()
    if right.count(plant["old"]) != 1:
        sys.exit(f"{plant['name']}: `old` is not in {path.name} exactly once")
    path.write_text(right.replace(plant["old"], plant["new"]))
    try:
        if cargo("--no-run", *KINDS[kind]).returncode != 0:
            return None
        runs = [failed_checks(cargo(*KINDS[kind]).stdout) for _ in range(RUNS)]
        return set.intersection(*runs), runs
    finally:
        path.write_text(right)


def main():
    wanted = sys.argv[1:]
    plants = tomllib.loads((ROOT / "tests" / "planted.toml").read_text())
    copy_project()
    for kind, arguments in KINDS.items():
        if cargo(*arguments).returncode != 0:
            sys.exit(f"the right {kind} does not pass its checks")
    rows, good = [], True
    total = sum(len(plants[kind]) for kind in KINDS)
    for kind in KINDS:
        for plant in plants[kind]:
            if wanted and not any(text in plant["name"] for text in wanted):
                continue
            began, result = time.time(), try_plant(kind, plant)
            caught = "DOES NOT COMPILE"
            if result is not None:
                always, runs = result
                hits = sum(1 for run in runs if run)
                caught = f"{hits} of {RUNS}"
                good &= hits == RUNS
                shown = sorted(always or set.union(*runs))
            else:
                good, shown = False, []
            more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
            check = f"`{shown[0]}`{more}" if shown else "**nothing**"
            rows.append((kind, plant["name"], check, caught))
            took = time.time() - began
            print(f"{len(rows)}/{total} {kind}: {plant['name']}: {caught} ({took:.0f} s)", flush=True)
    print_table(rows)
    write_table(plants, rows)
    sys.exit(0 if good else 1)


def print_table(rows):
    for kind, name, check, caught in rows:
        if caught != f"{RUNS} of {RUNS}":
            print(f"NOT CAUGHT: {kind}: {name}: {caught}, {check}")
    print(f"{len(rows)} planted, {sum(caught == f'{RUNS} of {RUNS}' for *_, caught in rows)} caught")


def write_table(plants, rows):
    """Replaces the rows of the bugs that were tried; those of bugs that are gone are dropped."""
    text = TABLE.read_text()
    head = "| | planted bug | found by | runs |\n|---|---|---|---|\n"
    begin = text.index(head)
    lines = {tuple(line.split(" | ")[:2]): line for line in text[begin + len(head):].splitlines()}
    for kind, name, check, runs in rows:
        lines[f"| {kind}", name] = f"| {kind} | {name} | {check} | {runs} |"
    order = [(f"| {kind}", plant["name"]) for kind in KINDS for plant in plants[kind]]
    body = "".join(f"{lines[key]}\n" for key in order if key in lines)
    TABLE.write_text(text[:begin] + head + body)


if __name__ == "__main__":
    main()
