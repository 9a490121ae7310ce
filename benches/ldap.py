#!/usr/bin/env python3
"""Measures `fetch` against ldapsearch: the same people, attributes and server, in turn, on this machine.

Needs Python 3.9, OpenLDAP (slapd, ldapsearch) or Samba on Linux, and cargo. The server and the client share the cores, so
what the client saves the server gains, and several connections gain less than between two machines.
"""
import argparse
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import tempfile

import measure
from files import MIB, build, say
from measure import in_turn, output_of, spread

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEOPLE = "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)(objectClass=contact)))" \
         "(&(objectClass=group)(|(mail=*)(proxyAddresses=*))))"


def attributes():
    """What the README asks csvde for: all that the rules read."""
    return re.search(r'csvde .* -l "([^"]+)"', (ROOT / "README.md").read_text(encoding="utf-8")).group(1).split(",")


class Bed:
    """A server of tests/servers, while this is open."""

    def __init__(self, script, users):
        command = ["/usr/bin/python3", ROOT / "tests/servers" / script, "--users", str(users)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.at = {}
        for line in self.process.stdout:
            if "=" not in line:
                break
            name, value = line.rstrip("\n").split("=", 1)
            self.at[name] = value

    def cpu(self):
        """The processor time that the server has taken, in seconds, those of its processes that have ended included."""
        ticks = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
                    words = f.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if words[3] == self.at["PID"]:
                ticks += sum(map(int, words[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    """The commands, and what they cost."""

    def __init__(self, bed, work, program):
        self.server, self.bed, self.work, self.program, self.url = bed, bed.at, work, program, bed.at["LDAPS"]
        self.took = {}
        self.env = {**os.environ, "LDAPTLS_CACERT": self.bed["CA"], "NO_COLOR": "1", "XDG_CONFIG_HOME": str(work)}

    def search(self, out):
        return ["ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-x", "-H", self.url, "-D", self.bed["USER"], "-y",
                str(self.work / "password"), "-b", self.bed["BASE"], "-E", "pr=1000/noprompt", PEOPLE, *attributes(),
                ">", str(out)]

    def ldapsearch(self, at_once):
        """So many ldapsearch at once, each reading everybody into a file of its own."""
        parts = [" ".join(word if word == ">" else shlex.quote(word) for word in self.search(self.work / f"ldif{n}"))
                 for n in range(at_once)]
        return self.run(["sh", "-c", " & ".join(parts) + " & wait"])

    def fetch(self, connections):
        out = self.work / "fetched"
        if out.exists():
            out.unlink()
        return self.run([self.program, "fetch", self.url, "--out", str(out), "--connections", str(connections), "-q",
                         "--bind-dn", self.bed["USER"], "--password-file", self.bed["PASSWORD_FILE"], "--ca-file",
                         self.bed["CA"], "--page-size", "1000"])

    def run(self, command):
        """Runs it; what the server took for it is kept beside the sample."""
        before = self.server.cpu()
        sample = measure.run(command, self.work, self.env)
        self.took[id(sample)] = (sample, self.server.cpu() - before)
        return sample

    def count(self):
        with open(self.work / "ldif0", "rb") as f:
            return sum(line.startswith(b"dn:") for line in f)

    def line(self, name, entries, samples, ratios):
        """A line of the table."""
        middle = statistics.median
        wall = middle(sample.wall for sample in samples)
        server = middle(self.took[id(sample)][1] for sample in samples)
        cells = [name, spread([sample.wall for sample in samples]), f"{entries / wall:,.0f}", spread(ratios),
                 f"{middle(sample.cpu for sample in samples) / entries * 1e6:.1f}", f"{server / entries * 1e6:.0f}",
                 f"{max(sample.peak for sample in samples) / MIB:.0f}"]
        return "| " + " | ".join(cells) + " |"


def rows(bench, pairs):
    """The lines of the table; every other is measured in turn with one ldapsearch."""
    def base():
        return bench.ldapsearch(1)
    base()
    entries = bench.count()
    others = [("two ldapsearch at once", 2, lambda: bench.ldapsearch(2))]
    others += [(f"fetch, {n} connection{'s' * (n > 1)}", 1, lambda n=n: bench.fetch(n)) for n in (1, 2, 4)]
    seen, lines = [], []
    for name, times, other in others:
        say(name)
        other()
        done = in_turn(base, other, pairs, say)
        seen += [one for one, _ in done]
        lines.append(bench.line(name, entries * times, [two for _, two in done],
                                [times * one.wall / two.wall for one, two in done]))
    return [bench.line("ldapsearch", entries, seen, [1.0])] + lines


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--users", type=int, default=100_000)
    p.add_argument("--samba", action="store_true", help="a Samba domain controller in place of OpenLDAP")
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--ours", help="a built program instead of building one")
    options = p.parse_args()
    program = options.ours or str(build(ROOT / "Cargo.toml", "dirsync-audit"))
    facts = measure.machine()
    facts.append(("program", output_of(program, "--version")))
    for package in ("samba-ad-dc",) if options.samba else ("slapd", "ldap-utils"):
        facts.append((package, output_of("dpkg-query", "-W", "-f=${Version}", package)))
    script = "samba_dc.py" if options.samba else "openldap.py"
    with tempfile.TemporaryDirectory() as folder, Bed(script, options.users) as bed:
        work = pathlib.Path(folder)
        (work / "password").write_text(bed.at["PASSWORD"])
        for key, value in facts:
            print(f"- {key}: {value}")
        print(f"\n{options.users:,} users and those of the sample, LDAPS, pages of 1,000, {options.pairs} pairs\n")
        print("| reader | wall, s | entries/s | times one ldapsearch | client CPU, µs/entry | server CPU, µs/entry | peak, MiB |")
        print("|---|---|---|---|---|---|---|")
        for row in rows(Bench(bed, work, program), options.pairs):
            print(row, flush=True)


if __name__ == "__main__":
    main()
