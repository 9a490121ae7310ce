"""Runs processes and says what they cost; describes the machine; turns pairs of runs into ratios. Unix only."""
import dataclasses
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    """A process ended with something else than 0, or could not be started."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What one process cost from start to exit, its children included: seconds, and bytes at the peak."""
    wall: float
    cpu: float
    peak: int


@dataclasses.dataclass(frozen=True)
class Tool:
    """A command; `{file}` and `{out}` in it stand for the input and the folder for the output."""
    name: str
    command: tuple
    cwd: pathlib.Path
    env: dict = dataclasses.field(default_factory=dict)

    def run(self, file, out):
        """Runs it on a file, with a fresh folder for the output (made by the tool). Raises Failed."""
        if out.exists():
            shutil.rmtree(out)
            os.sync()  # nobody pays for writing back what another has written
        places = {"{file}": str(file), "{out}": str(out)}
        return run([places.get(word, word) for word in self.command], self.cwd, os.environ | self.env)


def run(command, cwd, env):
    """Runs a command to its end and gives its Sample. Raises Failed with what it said."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            raise Failed(f"cannot start `{command[0]}`: {error}") from error
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().splitlines() or ["nothing said"]
            said = said[-1] if said[0].startswith("Traceback") else said[0]
            raise Failed(f"exit status {process.returncode}: {said.strip()}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def warm(*files):
    """Reads files, so that they are in the page cache."""
    for file in files:
        with open(file, "rb", buffering=0) as f:
            while f.read(1 << 20):
                pass


def in_turn(a, b, pairs, say):
    """Runs two things A B A B …; each is called without arguments and gives a Sample. Gives a list of pairs."""
    done = []
    for n in range(pairs):
        done.append((a(), b()))
        say(f"  pair {n + 1} of {pairs}: {done[-1][0].wall:.3f} s, {done[-1][1].wall:.3f} s")
    return done


def spread(values):
    """`min–median–max` with two or three digits."""
    low, middle, high = min(values), statistics.median(values), max(values)
    digits = 1 if middle >= 10 else 2
    return f"{low:.{digits}f} – **{middle:.{digits}f}** – {high:.{digits}f}"


def output_of(*command):
    """The first line that a command prints, or None when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return (done.stdout.strip().splitlines() or [""])[0]


def in_file(path, start):
    """What stands behind the first line of a file that starts so; None without one."""
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith(start)), None)
    except OSError:
        return None


def machine():
    """The machine and the day, as pairs of a word and a text."""
    memory = in_file("/proc/meminfo", "MemTotal")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        ("date", datetime.datetime.now().astimezone().isoformat(" ", "minutes")),
        ("CPU", in_file("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()),
        ("cores", str(cores)),
        ("memory", f"{int(memory.split()[0]) / (1 << 20):.1f} GiB" if memory else "unknown"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("load before the first run", f"{os.getloadavg()[0]:.1f}"),
        ("rustc", output_of("rustc", "--version") or "none"),
        ("Python", platform.python_version()),
    ]
