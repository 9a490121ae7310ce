"""Builds the binaries and makes the inputs that are measured; says whether two reports are the same."""
import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

MIB = 1 << 20


def say(text):
    """Shows progress."""
    print(text, file=sys.stderr, flush=True)


def build(manifest, name):
    """Builds a release binary and gives its path."""
    say(f"building {name}")
    cargo = ["cargo", "--quiet", "build", "--release", "--manifest-path", str(manifest)]
    if subprocess.run(cargo, check=False).returncode != 0:
        sys.exit(f"{name} cannot be built")
    metadata = subprocess.run(["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path",
                               str(manifest)], check=True, capture_output=True)
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"]) / "release" / name


def made(path, write):
    """The path, after `write` has made the file if it is not there yet; a file is whole or not there."""
    if not path.exists():
        say(f"writing {path.name}")
        part = path.with_name(path.name + ".part")
        write(part)
        part.rename(path)
    return path


def users(generator, folder, count, seed, *options, kind="csv"):
    """So many generated users in a file."""
    command = [generator, str(count), "--seed", str(seed), *options, "--out"]
    path = folder / f"users-{count}-seed{seed}{''.join(options)}.{kind}"
    return made(path, lambda part: subprocess.run([*command, part], check=True))


def utf_16(plain):
    """A file in UTF-16 with a BOM, as Windows PowerShell writes it."""
    def write(part):
        with open(plain, encoding="utf-8", newline="") as source, \
                open(part, "w", encoding="utf-16", newline="") as target:
            shutil.copyfileobj(source, target, MIB)
    return made(plain.with_suffix(".utf16.csv"), write)


def gz(plain):
    """A file, compressed."""
    def write(part):
        with open(plain, "rb") as source, gzip.open(part, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target, MIB)
    return made(plain.with_suffix(".csv.gz"), write)


def digests(folder):
    """Names and hashes of a report's lists; the other files of a report name the time of the run."""
    lists = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".jsonl"))
    found = []
    for path in lists:
        digest = hashlib.sha256()
        with open(path, "rb") as f:
            while block := f.read(MIB):
                digest.update(block)
        found.append((path.name, digest.hexdigest()))
    return tuple(found)
