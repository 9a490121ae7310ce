#!/usr/bin/python3
"""Two name servers on loopback, BIND with the zones of a folder each, as an organisation has with split DNS.

--zones FOLDER: its sub-folders `outside` and `inside` hold zone files, each named after its zone.  OUTSIDE and INSIDE
say where the two answer, each from its folder alone: they are no recursive servers, and refuse whatever they do not
hold.  A file that is no zone makes its zone answer SERVFAIL.
"""
import argparse
import os
import socket
import struct
import sys

import bed

NAMED = "/usr/sbin/named"


def question(name):
    """A question for the SOA record of a zone (RFC 1035, 4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 7, 0, 1, 0, 0, 0) + labels + b"\x00" + struct.pack("!2H", 6, 1)


def answers(place):
    """Whether BIND answers at this address and port for a zone that it surely has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        try:
            s.sendto(question("ready.test"), place)
            answer = s.recv(512)
        except OSError:
            return False
    return len(answer) > 4 and answer[3] & 15 == 0


class Names(bed.Server):
    """Both servers, in one session."""

    def answers(self):
        return all(answers(place) for place in self.place)


def zone(name, path):
    return f'    zone "{name}" {{ type primary; file "{path}"; check-names ignore; }};\n'


def config(folder, name, port, zones, ready):
    """Writes the configuration of one of the two; gives its path."""
    path = os.path.join(folder, name + ".conf")
    with open(path, "w") as f:
        f.write(f'options {{\n    directory "{folder}";\n    pid-file none;\n    session-keyfile none;\n'
                f"    listen-on port {port} {{ 127.0.0.1; }};\n    listen-on-v6 {{ none; }};\n    recursion no;\n"
                "    dnssec-validation no;\n    notify no;\n    allow-transfer { none; };\n    minimal-responses yes;\n"
                f'}};\ncontrols {{ }};\n{zone("ready.test", ready)}')
        f.writelines(zone(file, os.path.join(zones, name, file)) for file in sorted(os.listdir(os.path.join(zones, name))))
    return path


def make(folder):
    parser = argparse.ArgumentParser()
    parser.add_argument("--zones", required=True)
    zones = parser.parse_args().zones
    outside, inside = bed.free_ports(2)
    ready = os.path.join(folder, "ready")
    with open(ready, "w") as f:
        f.write("$TTL 60\n@ SOA ns admin 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\n")
    run = [f"{NAMED} -f -n 1 -c {config(folder, name, port, zones, ready)}"
           for name, port in (("inside", inside), ("outside", outside))]
    server = Names(["/bin/sh", "-c", f"{run[0]} & exec {run[1]}"], [("127.0.0.1", inside), ("127.0.0.1", outside)],
                   os.path.join(folder, "log"))
    return server, [("OUTSIDE", f"127.0.0.1:{outside}"), ("INSIDE", f"127.0.0.1:{inside}")]


if __name__ == "__main__":
    if not os.path.exists(NAMED):
        sys.exit(f"{NAMED} is not installed; tests/run installs it")
    bed.serve(make)
