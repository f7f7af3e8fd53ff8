"""Runs cargo-mutants on the domain, and compares what was missed with tests/mutants.toml."""

import collections
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOMAIN = ROOT / "crates" / "domain"
OUTPUT = ROOT / "target" / "mutants"
LISTED = ROOT / "tests" / "mutants.toml"
# The share of viable mutants that must be caught.
LEAST = 0.95
SHARDS = 8
# So that every shard is a fair sample.
ROUND_ROBIN = ["--sharding", "round-robin"]
# Seconds of one build, and of one run of the tests.
LONGEST_BUILD = 300
LONGEST_TEST = 60
KINDS = {
    "CaughtMutant": "caught",
    "Timeout": "timeout",
    "MissedMutant": "missed",
    "Unviable": "unviable",
}


def fingerprint():
    """Of everything that a result depends on."""
    files = [ROOT / "Cargo.lock", ROOT / "Cargo.toml", pathlib.Path(__file__)]
    files += sorted(path for path in DOMAIN.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run(name, arguments):
    """The outcomes of one call, or those of an earlier one on the same files."""
    directory = OUTPUT / name
    outcomes, stamp = directory / "mutants.out" / "outcomes.json", directory / "stamp"
    mark = fingerprint() + " ".join(arguments)
    if not (stamp.exists() and stamp.read_text() == mark):
        stamp.unlink(missing_ok=True)
        directory.mkdir(parents=True, exist_ok=True)
        command = [
            "cargo", "mutants", "--package", "madoguchi-domain", "--jobs", "2",
            "--colors", "never", "--no-shuffle", "--output", str(directory),
            "--timeout", str(LONGEST_TEST), "--build-timeout", str(LONGEST_BUILD),
            *arguments, "--", "--locked", "--tests",
        ]
        # Every job builds in its own copy of the tree, and only what the mutant changes.
        environment = {"CARGO_INCREMENTAL": "1", "CARGO_PROFILE_DEV_DEBUG": "0"}
        environment = os.environ | environment
        # Jobs that share one would wait for each other, and mix up their builds.
        environment.pop("CARGO_TARGET_DIR", None)
        status = subprocess.run(command, cwd=ROOT, env=environment).returncode
        # 2: a mutant was missed, 3: the tests of one hung.
        if status not in (0, 2, 3):
            sys.exit(f"tests/mutants: cargo mutants ended with {status}")
        stamp.write_text(mark)
    return json.loads(outcomes.read_text())["outcomes"]


def collect(texts):
    """The names of the mutants by kind, without their line and column."""
    if texts:
        files = [str(path.relative_to(ROOT)) for path in sorted((DOMAIN / "src").rglob("*.rs"))]
        chosen = [path for path in files if any(text in path for text in texts)]
        if not chosen:
            sys.exit("tests/mutants: no file of the domain has such a path")
        arguments = [part for path in chosen for part in ("--file", path)]
        outcomes = run("chosen", arguments)
    else:
        outcomes = []
        for shard in range(SHARDS):
            # The first shard runs the tests without a mutant.
            baseline = ["--baseline", "skip"] if shard else []
            part = ["--shard", f"{shard}/{SHARDS}", *ROUND_ROBIN, *baseline]
            outcomes += run(f"shard-{shard}", part)
    mutants = collections.defaultdict(list)
    for outcome in outcomes:
        if outcome["scenario"] != "Baseline":
            name = outcome["scenario"]["Mutant"]["name"]
            short = re.sub(r"^crates/domain/src/(\S+?\.rs):\d+:\d+: ", r"\1: ", name)
            kind = KINDS[outcome["summary"]]
            # A constant that never ends is not compiled: no test is run.
            if kind == "timeout" and outcome["phase_results"][-1]["phase"] == "Build":
                kind = "unviable"
            mutants[kind].append((short, name))
    return mutants


def main(texts):
    mutants = collect(texts)
    missed = collections.Counter(short for short, _ in mutants["missed"])
    listed = collections.Counter()
    for entry in tomllib.loads(LISTED.read_text()).get("missed", []):
        assert entry["why"], f"{entry['name']} has no reason"
        listed[entry["name"]] += entry.get("count", 1)
    unlisted = missed - listed
    for short, name in sorted(mutants["missed"]):
        print(f"missed{'' if short in unlisted else ' (listed)'}: {name}")
    for name in sorted(listed - missed) if not texts else []:
        print(f"tests/mutants.toml: not missed any more: {name}")
    counts = {kind: len(mutants[kind]) for kind in KINDS.values()}
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    # Tests that hang find the mutant too.
    found = counts["caught"] + counts["timeout"]
    viable = found + counts["missed"]
    score = found / viable if viable else 1
    print(f"score: {found} of {viable} viable mutants found, {100 * score:.1f} %")
    is_current = bool(texts) or not listed - missed
    is_enough = bool(texts) or score >= LEAST
    return 0 if is_enough and is_current and not unlisted else 1


sys.exit(main(sys.argv[1:]))
