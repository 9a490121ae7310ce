#!/usr/bin/env python3
"""Measures dirsync-audit against its targets: side by side with DuckDB, Polars and plain Python on generated users.

See README.md next to this file. Needs Python 3.9 on a Unix system and cargo; for the peers `pip install duckdb polars`.
"""
import argparse
import dataclasses
import os
import pathlib
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import files
import measure
from files import MIB, build, say
from measure import Failed, Tool, in_turn, output_of, spread, warm

HERE = pathlib.Path(__file__).resolve().parent
PEERS = HERE / "peers"
NOT_INSTALLED = "the package is not installed (`pip install {}`)"
AUDIT = "audit {file} --scenario lync-hybrid --out {out} --progress never -q --exit-zero".split()


@dataclasses.dataclass(frozen=True)
class Target:
    """What a figure must reach and should reach; `more` = the larger the better."""
    must: float = None
    aim: float = None
    more: bool = False

    def reached(self, value):
        """The word for a figure: `aim`, `must`, `missed`, or nothing without a target."""
        for word, bound in (("aim", self.aim), ("must", self.must)):
            if bound is not None and (value >= bound if self.more else value <= bound):
                return word
        return "–" if self.must is None else "**missed**"

    def words(self, unit="×"):
        """The two bounds as they stand in the table."""
        sign = "≥" if self.more else "≤"
        return ["–" if bound is None else f"{sign} {bound:g} {unit}" for bound in (self.must, self.aim)]


class Bench:
    """One run of this script: what is measured with, and the table so far."""

    def __init__(self, args, work):
        self.args, self.work, self.pairs, self.users = args, work, args.pairs, args.users
        self.out = work / "out"
        self.rows, self.notes, self.sound = [], [], True
        (work / "empty").mkdir(exist_ok=True)
        binary = build(HERE.parent / "Cargo.toml", "dirsync-audit") if not args.ours else None
        self.generator = build(PEERS / "gen-users" / "Cargo.toml", "gen-users")
        self.csv_loop = self.tool("csv loop", self.generator.with_name("csv-loop"), "{file}")
        self.ours_command = shlex.split(args.ours) if args.ours else [str(binary), *AUDIT]
        self.version = "stand-in: " + args.ours if args.ours else output_of(str(binary), "--version")
        self.help = "" if args.ours else help_of(binary)
        self.versions = {name: output_of(args.python, "-c", f"import {name}; print({name}.__version__)")
                         for name in ("duckdb", "polars")}

    def tool(self, name, *command):
        """A tool that finds no settings of ours, neither in its working folder nor in the user's."""
        empty = self.work / "empty"
        env = {"XDG_CONFIG_HOME": str(empty), "NO_COLOR": "1"}
        return Tool(name, tuple(map(str, command)), empty, env)

    def ours(self, *options):
        """Our command with more options. Raises Failed when it does not know one."""
        for option in options:
            if option.startswith("--") and option not in self.help:
                raise Failed(f"`{option}` is not there")
        return self.tool("ours", *self.ours_command, *options)

    def peers(self):
        """The peers that can be run here."""
        python = self.args.python
        peers = {}
        if self.versions["duckdb"]:
            peers["DuckDB"] = self.tool("DuckDB", python, PEERS / "run_duckdb.py", "{file}", "{out}")
        if self.versions["polars"]:
            peers["Polars"] = self.tool("Polars", python, PEERS / "audit_polars.py", "{file}", "{out}")
        peers["Python"] = self.tool("Python", python, PEERS / "audit.py", "{file}", "{out}")
        return peers

    def file(self, users, *options, kind="csv"):
        """Generated users in a file; made when it is not there yet."""
        return files.users(self.generator, self.work, users, self.args.seed, *options, kind=kind)

    def row(self, what, ours, other, ratio, target, value, unit="×"):
        """One line of the table; `value` is held against the target."""
        line = [what, ours, other, ratio, *target.words(unit), target.reached(value)]
        self.rows.append(line)
        say("  " + " | ".join(line))

    def skip(self, what, why):
        """One line of the table for what was not measured."""
        self.rows.append([what, "not measured", "", "", "", "", "–"])
        self.notes.append(f"{what}: not measured, {why}.")
        say(f"  {what}: not measured, {why}")

    def pair(self, ours, our_file, other, other_file, pairs=None):
        """Runs two tools in turn on warm files."""
        say(f"{ours.name} on {our_file.name} and {other.name} on {other_file.name}")
        warm(our_file, other_file)
        return in_turn(lambda: ours.run(our_file, self.out), lambda: other.run(other_file, self.out),
                       pairs or self.pairs, say)

    def seconds(self, what, done, field, target, turned=False, scale=1.0):
        """A line of seconds: ours, the other's, and theirs/ours (turned: ours/theirs), times `scale`."""
        ours, other = ([getattr(pair[k], field) for pair in done] for k in (0, 1))
        ratios = [scale * (a / b if turned else b / a) for a, b in zip(ours, other)]
        texts = [f"{statistics.median(values):.3f} s" for values in (ours, other)]
        self.row(what, *texts, spread(ratios), target, statistics.median(ratios))

    def memory(self, what, samples, users):
        """A line of peak memory against 64 MiB and so many bytes a user."""
        peak = max(sample.peak for sample in samples) / MIB
        must, aim = (round(64 + per_user * users / MIB) for per_user in (100, 40))
        self.row(what, f"{peak:.0f} MiB", "", "", Target(must, aim), peak, "MiB")


    def limited(self, file, limit):
        """The cells of a line of peak memory under a limit of so many MiB."""
        warm(file)
        peak = self.ours("--memory", f"{limit}M").run(file, self.out).peak / MIB
        return f"{peak:.0f} MiB", "", "", Target(limit), peak, "MiB"


def help_of(binary):
    """What `audit --help` says."""
    return subprocess.run([binary, "audit", "--help"], capture_output=True, text=True, check=False).stdout


def short(users):
    """A number of users as people say it."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if users >= size:
            return f"{users / size:g}{letter}"
    return str(users)


def check_peers(bench):
    """The peers must find the same, or they are no measure."""
    users = min(bench.users, 100_000)
    file, outs = bench.file(users), {}
    for name, peer in bench.peers().items():
        say(f"checking {name} on {file.name}")
        outs[name] = bench.work / f"check-{name}"
        peer.run(file, outs[name])
    for name in outs.keys() - {"Python"}:
        same = subprocess.run([sys.executable, PEERS / "compare.py", outs["Python"], outs[name]], check=False,
                              stdout=sys.stderr).returncode == 0
        bench.sound &= same
        word = "the same records as" if same else "**other records than**"
        bench.notes.append(f"{name} writes {word} Python for {short(users)} users.")
    for out in outs.values():
        shutil.rmtree(out)


def peers(bench):
    """Whole audits side by side."""
    targets = {"DuckDB": Target(6, 10, True), "Polars": Target(6, 10, True), "Python": Target(25, 50, True)}
    here = bench.peers()
    for users in sorted({max(1, bench.users // 10), bench.users}):
        for name, target in targets.items():
            what = f"{short(users)} users against the {name} peer"
            if name not in here:
                bench.skip(what, NOT_INSTALLED.format(name.lower()))
                continue
            file = bench.file(users)
            try:
                done = bench.pair(bench.ours(), file, here[name], file)
            except Failed as error:
                bench.skip(what, str(error))
                continue
            if users < bench.users:
                bench.seconds(f"{what}, wall", done, "wall", Target())
                continue
            bench.seconds(f"{what}, wall", done, "wall", target)
            bench.seconds(f"{what}, CPU", done, "cpu", Target() if name == "Python" else target)
            peak = statistics.median(other.peak for _, other in done) / MIB
            bench.notes.append(f"The {name} peer takes {peak:.0f} MiB for {short(users)} users.")


def floors(bench):
    """What reading alone costs."""
    file, size = bench.file(bench.users), short(bench.users)
    done = bench.pair(bench.ours(), file, bench.csv_loop, file)
    bench.seconds(f"{size} users against a bare read loop of the csv crate, CPU", done, "cpu", Target(4, 2.5), True)
    for name in ("DuckDB", "Polars"):
        what = f"{size} users against a bare scan of two columns by {name}, wall"
        if name not in bench.peers():
            bench.skip(what, NOT_INSTALLED.format(name.lower()))
            continue
        scan = bench.tool(f"scan by {name}", bench.args.python, PEERS / "scan.py", name.lower(), "{file}")
        bench.seconds(what, bench.pair(bench.ours(), file, scan, file), "wall", Target(2, 1), True)


def memory(bench):
    """The peak of our process."""
    file = bench.file(bench.users)
    warm(file)
    samples = [bench.ours().run(file, bench.out) for _ in range(bench.pairs)]
    bench.memory(f"peak memory, {short(bench.users)} users", samples, bench.users)
    wall, cpu = (statistics.median(getattr(sample, field) for sample in samples) for field in ("wall", "cpu"))
    written = sum(path.stat().st_size for path in bench.out.iterdir()) / MIB
    bench.notes.append(f"{short(bench.users)} users take {wall:.3f} s and {cpu:.3f} s of CPU: "
                       f"{bench.users / wall:,.0f} users/s; {file.stat().st_size / MIB:.0f} MiB read, "
                       f"{written:.0f} MiB written.")


def ten_times(bench):
    """Ten times the users, and the same within a memory limit."""
    users = 10 * bench.users
    sizes = f"{short(users)} users against {short(bench.users)}, per user"
    if not bench.args.ten_million:
        bench.skip(sizes, "it was not asked for (`--ten-million`)")
        return
    large, small = bench.file(users), bench.file(bench.users)
    done = bench.pair(bench.ours(), large, bench.ours(), small)
    for field, word in (("wall", "wall"), ("cpu", "CPU")):
        bench.seconds(f"{sizes}, {word}", done, field, Target(1.2, 1.05), True, scale=0.1)
    bench.memory(f"peak memory, {short(users)} users", [ours for ours, _ in done], users)
    limited = f"{short(users)} users with `--memory 256M`"
    try:
        done = bench.pair(bench.ours("--memory", "256M"), large, bench.ours(), large)
    except Failed as error:
        bench.skip(limited, str(error))
        return
    bench.seconds(f"{limited}, wall against without", done, "wall", Target(1.5, 1.2), True)
    peak = max(ours.peak for ours, _ in done) / MIB
    bench.row(f"{limited}, peak memory", f"{peak:.0f} MiB", "", "", Target(256), peak, "MiB")


def threads(bench):
    """What a second thread brings."""
    file = bench.file(bench.users)
    done = bench.pair(bench.ours("--threads", "2"), file, bench.ours("--threads", "1"), file)
    bench.seconds("two threads against one, wall", done, "wall", Target(1.7, 1.9, True))


def shared(bench):
    """Everybody twice under another DN. Linear is taken as: ten times the users cost at most 1.2 times each."""
    large, small = (bench.file(users, "--twice") for users in (bench.users, max(1, bench.users // 10)))
    what = f"every address shared, {short(bench.users)} users listed twice"
    done = bench.pair(bench.ours(), large, bench.ours(), small)
    bench.seconds(f"{what}, wall per user against a tenth of them", done, "wall", Target(1.2), True, scale=0.1)
    bench.memory(f"{what}, peak memory", [ours for ours, _ in done], 2 * bench.users)
    bench.row(f"{what} and `--memory 64M`, peak memory", *bench.limited(large, 64))


def inputs(bench):
    """Other inputs than plain CSV, in users per second."""
    plain = bench.file(bench.users)
    kinds = {"LDIF": lambda: bench.file(bench.users, "--ldif", kind="ldif"),
             "UTF-16": lambda: files.utf_16(plain), "gz": lambda: files.gz(plain)}
    for name, make in kinds.items():
        what = f"{name} input, users per second against plain CSV"
        try:
            done = bench.pair(bench.ours(), make(), bench.ours(), plain)
        except Failed as error:
            bench.skip(what, f"the tool says {error}")
            continue
        bench.seconds(what, done, "wall", Target(0.5, None, True))


def same_bytes(bench):
    """The report must not depend on the number of threads or the memory limit."""
    what = "the same bytes for 1, 2 and 4 threads"
    file = bench.file(bench.users)
    ways = [("--threads", n) for n in "124"]
    if "--memory" in bench.help:
        what += " and with `--memory 64M`"
        ways.append(("--memory", "64M"))
    found = set()
    for way in ways:
        say(" ".join(way))
        bench.ours(*way).run(file, bench.out)
        found.add(files.digests(bench.out))
    lists = ", ".join(name for name, _ in min(found))
    same = len(found) == 1
    bench.sound &= same
    bench.rows.append([what, "the same" if same else "different", lists, "", "always", "–",
                       "must" if same else "**missed**"])


def start(bench):
    """Start to exit on hardly any users."""
    file = bench.file(10)
    times = [1000 * bench.ours().run(file, bench.out).wall for _ in range(max(20, bench.pairs))]
    middle = statistics.median(times)
    bench.row("start to exit on 10 users", f"{middle:.1f} ms", "", spread(times) + " ms", Target(20, 5), middle, "ms")


GROUPS = {"check": check_peers, "peers": peers, "floors": floors, "memory": memory, "ten-million": ten_times,
          "threads": threads, "shared": shared, "inputs": inputs, "bytes": same_bytes, "start": start}


def report(bench, machine):
    """The machine, the table and the notes as Markdown."""
    load, cores = (float(dict(machine)[word]) for word in ("load before the first run", "cores"))
    if load > cores / 2:
        bench.notes.append(f"The machine was busy: a load of {load:g} on {cores:g} cores. Times are longer than they "
                           "need be, wall far more than CPU, and threads bring less; measure again on a quiet one.")
    machine = [*machine, ("load after the last run", f"{os.getloadavg()[0]:.1f}"), ("dirsync-audit", bench.version),
               ("commit", output_of("git", "-C", str(HERE), "describe", "--always", "--dirty") or "unknown")]
    machine += [(name, version or "not installed") for name, version in bench.versions.items()]
    machine += [("users", f"{bench.users:,}, seed {bench.args.seed}"), ("pairs", str(bench.pairs))]
    lines = [f"- {word}: {text}" for word, text in machine]
    lines += ["", "| what | ours | other | ratio: min – **median** – max | must | aim | reached |",
              "|---|---|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in bench.rows]
    lines += ["", *(f"- {note}" for note in bench.notes),
              "- PowerShell is not measured, so nothing is claimed about it."]
    return "\n".join(lines) + "\n"


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ten-million", action="store_true", help="ten times the users too (needs some 20 GB)")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="pairs of runs (default 5)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other users (default 1)")
    parser.add_argument("--users", type=int, default=1_000_000, metavar="N",
                        help="for a quick look; the targets are meant for the default of 1,000,000")
    parser.add_argument("--only", action="append", choices=GROUPS, help="one group of lines (repeatable)")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR", help="keep the generated files here")
    parser.add_argument("--keep", action="store_true", help="keep the work folder if it is a temporary one")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--python", default=sys.executable, metavar="PATH", help="the Python that has the peers")
    parser.add_argument("--ours", metavar="COMMAND",
                        help="measure this in place of dirsync-audit; `{file}` and `{out}` stand for input and output")
    return parser.parse_args()


def main():
    """Measures and prints the table; 1 when the peers or our own reports disagree, or when interrupted."""
    args = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    work = (args.work or pathlib.Path(tempfile.mkdtemp(prefix="dirsync-bench-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        machine = measure.machine()
        bench = Bench(args, work)
        for name in args.only or GROUPS:
            try:
                GROUPS[name](bench)
            except Failed as error:
                bench.skip(f"group `{name}`", str(error))
            except KeyboardInterrupt:
                bench.skip(f"group `{name}` and what follows", "interrupted")
                bench.sound = False
                break
        text = report(bench, machine)
        print(text, end="")
        if args.markdown:
            args.markdown.write_text(text, encoding="utf-8")
        return 0 if bench.sound else 1
    finally:
        shutil.rmtree(work / "out", ignore_errors=True)
        if args.work or args.keep:
            say(f"files kept in {work}")
        else:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
