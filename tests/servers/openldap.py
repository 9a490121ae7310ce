#!/usr/bin/python3
"""An OpenLDAP server on loopback that holds people as a domain controller does; see bed.py for how it obeys.

Its page and size limits are a domain controller's (1000), and it sends references to the other naming contexts. It has
no ranged attributes, no Kerberos, no invocation id: those are samba_dc.py's. Runs as any user.
"""
import argparse
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import users  # noqa: E402
from bed import BASE, DOMAIN, HERE, HOST, PASSWORD, Server, certificates, free_ports, serve  # noqa: E402

SCHEMAS = "/etc/ldap/schema"


def schema(ordered):
    """The schema of the directory, with or without an order on objectGUID."""
    with open(os.path.join(HERE, "openldap.schema")) as f:
        text = f.read()
    return text if ordered else text.replace(" ORDERING octetStringOrderingMatch", "")


def configuration(options, at):
    includes = [at("directory.schema")]
    if options.plain:
        includes = [f"{SCHEMAS}/{name}.schema" for name in ("core", "cosine", "inetorgperson")]
    total = options.cut or "unlimited"
    return "".join(f"include {path}\n" for path in includes) + f"""
modulepath /usr/lib/ldap
moduleload back_mdb
threads 8
TLSCACertificateFile {at("tls/ca.pem")}
TLSCertificateFile {at(f"tls/{options.certificate}.pem")}
TLSCertificateKeyFile {at("tls/key.pem")}
TLSVerifyClient try
security simple_bind=112
localSSF 128
{"" if options.plain else "rootDSE " + at("root-dse.ldif")}
access to dn.base="" by * read
access to attrs=userPassword by * auth
access to * by users read by anonymous {"read" if options.anonymous else "auth"}
database mdb
suffix "{BASE}"
directory {at("db")}
maxsize {32 << 30}
dbnosync
envflags nosync
rootdn "CN=Administrator,CN=Users,{BASE}"
rootpw {PASSWORD}
limits * size.soft=1000 size.hard=1000 size.unchecked=unlimited size.pr=1000 size.prtotal={total}
index objectClass eq
{"" if options.plain else "index sAMAccountName,userPrincipalName,uSNChanged,objectGUID eq"}
"""


def root_dse():
    return f"""dn:
defaultNamingContext: {BASE}
rootDomainNamingContext: {BASE}
configurationNamingContext: CN=Configuration,{BASE}
schemaNamingContext: CN=Schema,CN=Configuration,{BASE}
supportedCapabilities: 1.2.840.113556.1.4.800
dnsHostName: {HOST}
"""


def skeleton():
    """The domain, the account of the program under test, the references."""
    yield BASE, [("objectClass", ["top", "domain"]), ("dc", [DOMAIN.split(".")[0]])]
    yield f"CN=Users,{BASE}", [("objectClass", ["top", "container"]), ("cn", ["Users"])]
    yield f"CN=svc-audit,CN=Users,{BASE}", [
        ("objectClass", ["top", "person", "organizationalPerson", "user"]), ("cn", ["svc-audit"]), ("sn", ["Audit"]),
        ("sAMAccountName", ["svc-audit"]), ("userPrincipalName", [f"svc-audit@{DOMAIN}"]),
        ("userAccountControl", ["66048"]), ("userPassword", [PASSWORD])]
    for name, host in (("CN=Configuration", DOMAIN), ("DC=ForestDnsZones", f"ForestDnsZones.{DOMAIN}")):
        yield f"{name},{BASE}", [("objectClass", ["top", "referral", "extensibleObject"]),
                                 (name[:2].lower(), [name[3:]]), ("ref", [f"ldap://{host}/{name},{BASE}"])]


def plain_skeleton():
    """The same for a directory that has nothing of Microsoft's."""
    yield BASE, [("objectClass", ["top", "domain"]), ("dc", [DOMAIN.split(".")[0]])]
    yield f"CN=Users,{BASE}", [("objectClass", ["top", "applicationProcess"]), ("cn", ["Users"])]
    yield f"CN=svc-audit,CN=Users,{BASE}", [
        ("objectClass", ["top", "person"]), ("cn", ["svc-audit"]), ("sn", ["Audit"]), ("userPassword", [PASSWORD])]


def plain(entry):
    """A generated user as an inetOrgPerson."""
    keep = ("cn", "sn", "givenname", "displayname", "telephonenumber")
    dn, attributes = entry
    kept = [(name, values) for name, values in attributes if name.lower() in keep]
    mail = next((values for name, values in attributes if name == "mail" and values[0].isascii()), None)
    classes = ["top", "person", "organizationalPerson", "inetOrgPerson"]
    return dn, [("objectClass", classes)] + kept + ([("mail", mail)] if mail else [])


def entries(options):
    if options.plain:
        found = [plain(users.generated(number)) for number in range(options.users)]
        return list(plain_skeleton()) + users.units(dn for dn, _ in found) + found
    found = users.people(options.users)
    found = [(dn, users.of_a_controller(dn, attributes, number)) for number, (dn, attributes) in enumerate(found)]
    ours = [(dn, users.of_a_controller(dn, attributes, 0) if "svc-audit" in dn else attributes)
            for dn, attributes in skeleton()]
    units = [unit for unit in users.units(dn for dn, _ in found) if unit[0] not in [dn for dn, _ in ours]]
    return ours + units + found


def feed(at, text):
    """slapd is one program under several names."""
    os.symlink(shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin"), at("slapadd"))
    add = subprocess.Popen([at("slapadd"), "-q", "-f", at("slapd.conf")], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    told = add.communicate("".join(text).encode("utf-8", "surrogateescape"))[0]
    if add.returncode:
        sys.exit("slapadd:\n" + told.decode(errors="replace")[-3000:])


def make(options):
    def at_folder(folder):
        def at(name):
            return os.path.join(folder, name)

        certificates(at("tls"))
        os.makedirs(at("db"))
        for name, text in (("slapd.conf", configuration(options, at)), ("root-dse.ldif", root_dse()),
                           ("directory.schema", schema(options.ordered))):
            with open(at(name), "w") as f:
                f.write(text)
        feed(at, [users.ldif(*entry) for entry in entries(options)])
        ldap, ldaps = options.ports or free_ports(2)
        slapd = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        urls = f"ldap://127.0.0.1:{ldap}/ ldaps://127.0.0.1:{ldaps}/ ldapi://{at('ldapi').replace('/', '%2F')}/"
        server = Server([slapd, "-d", "0", "-f", at("slapd.conf"), "-h", urls], ("127.0.0.1", ldap), at("log"))
        return server, [
            ("LDAP", f"ldap://127.0.0.1:{ldap}"), ("LDAPS", f"ldaps://127.0.0.1:{ldaps}"), ("LDAPI", at("ldapi")),
            ("BASE", BASE), ("CA", at("tls/ca.pem")), ("OTHER_CA", at("tls/other-ca.pem")), ("CLIENT", at("tls/client.pem")), ("CLIENT_KEY", at("tls/client.key")), ("PASSWORD", PASSWORD),
            ("PASSWORD_FILE", at("password")), ("USER", f"CN=svc-audit,CN=Users,{BASE}"), ("ADMIN", f"CN=Administrator,CN=Users,{BASE}")]
    return at_folder


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--users", type=int, default=2000, help="generated users beside those of the sample")
    p.add_argument("--cut", type=int, help="end every search after so many entries, over all its pages")
    p.add_argument("--plain", action="store_true", help="inetOrgPerson and the common schema, nothing of Microsoft's")
    p.add_argument("--anonymous", action="store_true", help="anybody may read")
    p.add_argument("--unordered", dest="ordered", action="store_false", help="no ordering rule on objectGUID")
    p.add_argument("--certificate", choices=("cert", "expired", "elsewhere"), default="cert")
    p.add_argument("--ports", type=int, nargs=2, help="for LDAP and LDAPS; free ones unless given")
    serve(make(p.parse_args()))


if __name__ == "__main__":
    main()
