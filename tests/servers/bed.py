"""What samba_dc.py, openldap.py and names.py share: a server of this machine that lives as long as whoever started it.

A bed prints NAME=VALUE lines and `ready` once its server answers, then obeys one word a line on standard input and
answers `done`: `kill` (as by kill -9), `stop` (SIGSTOP: it answers no more), `start`.  When standard input ends, as it
does when the program that started it dies in whatever way, the server is stopped and its folder removed.
"""
import errno
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
DOMAIN = "corp.contoso.com"
BASE = ",".join("DC=" + part for part in DOMAIN.split("."))
HOST = "dc1." + DOMAIN
PASSWORD = "Passw0rd!bed"
# An anonymous search of the root DSE, filter (objectClass=*), message 1, in BER.
ROOT_DSE = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b") + b"objectClass" + b"0\x00"


def run(argv, env=None, **more):
    """Run a program to its end; if it fails, show the end of its output and leave."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
                              env=dict(os.environ, LC_ALL="C.UTF-8", **(env or {})),
                              **{"stdin": subprocess.DEVNULL, **more})
    except FileNotFoundError:
        sys.exit(f"{argv[0]} is not installed; tests/run installs it")
    if done.returncode:
        sys.exit(f"{argv[0]}: exit status {done.returncode}\n{done.stdout.decode(errors='replace')[-3000:]}")


def free_ports(count):
    """Ports that nobody listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def free_address(port):
    """A loopback address on which nobody listens on this port."""
    while True:
        address = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        try:
            socket.create_server((address, port)).close()
            return address
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise


def certificates(folder, address="127.0.0.1"):
    """ca.pem signs cert.pem (this server), expired.pem, elsewhere.pem and client.pem; other-ca.pem signs nothing of it."""
    os.makedirs(folder)

    def at(name):
        return os.path.join(folder, name)

    for ca, name in (("ca", "Test bed"), ("other-ca", "Unrelated")):
        run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650", "-subj",
             f"/O=Test bed/CN={name} CA", "-keyout", at(ca + ".key"), "-out", at(ca + ".pem"), "-addext",
             "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-sha256", "-subj", f"/CN={HOST}",
         "-keyout", at("key.pem"), "-out", at("csr.pem")])
    here = f"DNS:{HOST},DNS:localhost,IP:{address}"
    for name, names, days in (("cert", here, "30"), ("expired", here, "-1"), ("elsewhere", "DNS:elsewhere.test", "30")):
        with open(at("extensions"), "w") as f:
            f.write("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
                    f"extendedKeyUsage=serverAuth\nsubjectAltName={names}\n")
        run(["openssl", "x509", "-req", "-sha256", "-days", days, "-in", at("csr.pem"), "-CA", at("ca.pem"), "-CAkey",
             at("ca.key"), "-CAcreateserial", "-extfile", at("extensions"), "-out", at(name + ".pem")])
    run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-sha256", "-subj", "/CN=svc-audit",
         "-keyout", at("client.key"), "-out", at("client.csr")])
    with open(at("extensions"), "w") as f:
        f.write("basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n")
    run(["openssl", "x509", "-req", "-sha256", "-days", "30", "-in", at("client.csr"), "-CA", at("ca.pem"), "-CAkey",
         at("ca.key"), "-CAcreateserial", "-extfile", at("extensions"), "-out", at("client.pem")])


def answers(place):
    """Whether an LDAP server answers at this address and port."""
    try:
        with socket.create_connection(place, timeout=2) as s:
            s.settimeout(5)
            s.sendall(ROOT_DSE)
            return bool(s.recv(2))
    except OSError:
        return False


class Server:
    """The server's process, the first of a session of its own in which its children stay."""

    def __init__(self, argv, place, log, env=None):
        self.argv, self.place, self.log, self.env = argv, place, log, dict(os.environ, **(env or {}))
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.env, start_new_session=True)
        end = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.end(signal.SIGKILL)
                with open(self.log, errors="replace") as log:
                    sys.exit("the server does not answer:\n" + "".join(log.readlines()[-15:]))
            time.sleep(0.05)

    def answers(self):
        return answers(self.place)

    def session(self):
        """The processes of the server's session that still run."""
        members = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    state, _, _, session = f.read().rsplit(")", 1)[1].split()[:4]
            except OSError:
                continue
            if int(session) == self.process.pid and state != "Z":
                members.append(int(pid))
        return members

    def signal(self, number):
        for pid in self.session():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def end(self, number):
        """End it by this signal; what is left after ten seconds is killed."""
        self.signal(number)
        self.signal(signal.SIGCONT)
        end = time.monotonic() + 10
        while self.session():
            self.process.poll()
            if time.monotonic() > end:
                self.signal(signal.SIGKILL)
            time.sleep(0.02)
        self.process.wait()


def obey(server):
    """What the program that started the bed asks for, until it ends."""
    for line in sys.stdin:
        word = line.strip()
        if word == "kill":
            server.end(signal.SIGKILL)
        elif word == "stop":
            server.signal(signal.SIGSTOP)
        elif word == "start" and server.session():
            server.signal(signal.SIGCONT)
        elif word == "start":
            server.start()
        else:
            sys.exit(f"kill, stop or start, not {word!r}")
        print("done", flush=True)


def serve(make):
    """Make a server in a new folder, say where it is, and obey; `make(folder)` gives the server and the pairs."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="bed-")
    os.chmod(folder, 0o755)
    server = None
    try:
        with open(os.path.join(folder, "password"), "w") as f:
            f.write(PASSWORD + "\n")
        server, pairs = make(folder)
        server.start()
        for name, value in [*pairs, ("PID", server.process.pid)]:
            print(f"{name}={value}")
        print("ready", flush=True)
        obey(server)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if server and server.process:
            server.end(signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
