#!/usr/bin/python3
"""A domain controller (Samba AD DC) on loopback, with the attributes of Exchange and Lync; see bed.py how it obeys.

Needs root (it takes sudo), for the attributes of its files and for its ports: Samba has no option for those of LDAP,
and clients know a global catalogue by its port, so every bed has a loopback address of its own. Entries that Samba
refuses, as Active Directory would, are left out and counted.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
import users  # noqa: E402
from bed import BASE, DOMAIN, HERE, HOST, PASSWORD, Server, certificates, free_address, run, serve  # noqa: E402

REALM = DOMAIN.upper()
FAST = {"TDB_NO_FSYNC": "1"}
CONFIGURATION = f"CN=Configuration,{BASE}"
LYNC = {"services": f"CN=Services,{CONFIGURATION}", "system": f"CN=Microsoft,CN=System,{BASE}"}
ACCOUNTS = ("svc-audit", "svc-narrow", "svc-disabled", "svc-expired", "svc-mustchange", "svc-locked")
POINTERS = ("homeMDB", "msRTCSIP-PrimaryHomeServer")
CHUNK = 1000


def smb_conf(at, address):
    return f"""[global]
netbios name = DC1
realm = {REALM}
workgroup = CORP
server role = active directory domain controller
server services = ldap kdc dns
interfaces = {address}/8
bind interfaces only = yes
ldap server require strong auth = allow_sasl_over_tls
ldb:nosync = true
tls enabled = yes
tls keyfile = {at("tls/key.pem")}
tls certfile = {at("tls/cert.pem")}
tls cafile = {at("tls/ca.pem")}
private dir = {at("private")}
lock directory = {at("lock")}
state directory = {at("state")}
cache directory = {at("cache")}
pid directory = {at("run")}
ncalrpc dir = {at("run/ncalrpc")}
winbindd socket directory = {at("run/winbindd")}
ntp signd socket directory = {at("run/ntp_signd")}
binddns dir = {at("bind-dns")}
log file = {at("log/samba.log")}
[sysvol]
path = {at("state/sysvol")}
read only = no
[netlogon]
path = {at("state/sysvol/" + DOMAIN + "/scripts")}
read only = no
"""


def krb5_conf(address):
    return f"""[libdefaults]
default_realm = {REALM}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
[realms]
{REALM} = {{
kdc = {address}
}}
[domain_realm]
.{DOMAIN} = {REALM}
{address} = {REALM}
"""


def database(at, options=None):
    """The directory's database, opened directly."""
    try:
        from samba.auth import system_session
        from samba.param import LoadParm
        from samba.samdb import SamDB
    except ImportError as error:
        sys.exit(f"python3-samba is missing ({error}); tests/run installs it")
    os.environ.update(FAST)
    settings = LoadParm()
    settings.load(at("smb.conf"))
    settings.set("dsdb:schema update allowed", "true")
    return SamDB(url=at("private/sam.ldb"), session_info=system_session(settings), lp=settings, options=options)


def provision(at, address):
    run(["samba-tool", "domain", "provision", "-q", "-s", at("smb.conf"), f"--realm={REALM}", "--domain=CORP",
         "--host-name=dc1", f"--host-ip={address}", f"--adminpass={PASSWORD}", "--server-role=dc",
         "--dns-backend=SAMBA_INTERNAL", "--backend-store=mdb", "--backend-store-size=8Gb", "--plaintext-secrets"],
        FAST)
    db = database(at)
    for name, change in (("attributes", db.add_ldif), ("classes", db.modify_ldif)):
        extend(db, change, template(f"samba-{name}.ldif"))


def template(name):
    """A file of this folder with the names of this forest in it."""
    with open(os.path.join(HERE, name)) as f:
        text = f.read()
    for word, dn in (("@SCHEMA@", f"CN=Schema,{CONFIGURATION}"), ("@CONFIGURATION@", CONFIGURATION)):
        text = text.replace(word, dn)
    return text


def extend(db, change, text):
    """Change the schema, and let what follows know."""
    db.transaction_start()
    change(text)
    db.transaction_commit()
    db.set_schema_update_now()


def organisation(at, place):
    """What Exchange and Lync keep of the organisation; Lync has two places for it."""
    from samba.sd_utils import SDUtils
    db = database(at)
    for text in template("samba-organisation-schema.ldif").split("# =====\n"):
        extend(db, db.add_ldif, text)
    db = database(at)
    db.transaction_start()
    if place == "system":
        db.add({"dn": LYNC[place], "objectClass": "container"})
    db.add_ldif(template("samba-organisation.ldif").replace("@LYNC@", LYNC[place]))
    db.transaction_commit()
    # An account from which Exchange is hidden: every object has its own list, which wins over an inherited one.
    sid = db.search(f"CN=svc-narrow,CN=Users,{BASE}", attrs=["objectSid"])[0]["objectSid"][0]
    hidden = f"(D;;RPLCLORC;;;{db.schema_format_value('objectSid', sid).decode()})"
    for found in db.search(f"CN=Microsoft Exchange,CN=Services,{CONFIGURATION}", attrs=["cn"]):
        SDUtils(db).dacl_add_ace(found.dn, hidden)


def accounts(at, address):
    """A plain account for the program under test, and one for each refusal of a bind."""
    import ldb
    db = database(at)

    def change(dn, name, values, how=ldb.FLAG_MOD_REPLACE):
        message = ldb.Message(ldb.Dn(db, f"{dn},{BASE}" if dn else BASE))
        message[name] = ldb.MessageElement(values, how, name)
        db.modify(message)

    db.transaction_start()
    for name in ACCOUNTS:
        db.newuser(name, PASSWORD)
        if name != "svc-mustchange":
            change(f"CN={name},CN=Users", "userAccountControl", "66050" if name == "svc-disabled" else "66048")
    change("CN=Administrator,CN=Users", "userAccountControl", "66048")
    change("CN=svc-expired,CN=Users", "accountExpires", "116444736000000000")
    change("CN=svc-mustchange,CN=Users", "pwdLastSet", "0")
    # A lock holds as long as the domain's lockoutDuration, here for ever.
    change("", "lockoutDuration", str(-(2 ** 63)))
    change("CN=svc-locked,CN=Users", "lockoutTime", "133500000000000000")
    change("CN=DC1,OU=Domain Controllers", "servicePrincipalName", [f"ldap/{address}", f"ldap/{HOST}"], ldb.FLAG_MOD_ADD)
    db.transaction_commit()


def here(entry):
    """An entry of the forest contoso.com in this one, without what the server alone may write."""
    dn, attributes = entry
    forest = "CN=Configuration,DC=contoso,DC=com"
    return dn, [(name, [value.replace(forest, f"CN=Configuration,{BASE}") if name in POINTERS else value
                        for value in values])
                for name, values in attributes if name.lower() not in users.OF_THE_SERVER]


def message(ldb, db, entry):
    dn, attributes = entry
    out = ldb.Message(ldb.Dn(db, dn))
    for name, values in attributes:
        out[name] = ldb.MessageElement(values, ldb.FLAG_MOD_ADD, name)
    return out


def folders(ldb, db, entries):
    """What must be there first: the folders of entries, and the objects that they point to."""
    pointed = {value for _, attributes in entries for name, values in attributes if name in POINTERS for value in values}
    pointed = sorted(pointed)
    needed = users.units([dn for dn, _ in entries] + pointed)
    needed += [(dn, [("objectClass", ["top", "container"]), ("cn", [dn.split(",")[0][3:]])]) for dn in pointed]
    for entry in needed:
        try:
            db.add(message(ldb, db, entry))
        except ldb.LdbError as error:
            if error.args[0] != ldb.ERR_ENTRY_ALREADY_EXISTS:
                raise


def load(at, count):
    """Add the people: those of the sample one by one, the generated ones by the thousand."""
    import ldb
    db = database(at)
    first = [here(entry) for entry in (*users.sample(), *users.others())]
    refused = []
    made = [here(users.generated(number)) for number in range(count)]
    folders(ldb, db, first + made)
    for entry in first:
        try:
            db.add(message(ldb, db, entry))
        except ldb.LdbError as error:
            refused.append(f"{entry[0]}: {error.args[1]}")
    db = database(at, ["batch_mode:1", "transaction_index_cache_size:200000"])
    for start in range(0, count, CHUNK):
        db.transaction_start()
        for entry in made[start:start + CHUNK]:
            db.add(message(ldb, db, entry))
        db.transaction_commit()
    with open(at("refused"), "w") as f:
        f.writelines(f"{text}\n" for text in refused)
    return len(refused)


def make(options):
    def at_folder(folder):
        def at(name):
            return os.path.join(folder, name)

        for name in ("private", "lock", "state", "cache", "run/ncalrpc", "bind-dns", "log"):
            os.makedirs(at(name))
        address = free_address(389)
        certificates(at("tls"), address)
        for name, text in (("smb.conf", smb_conf(at, address)), ("krb5.conf", krb5_conf(address))):
            with open(at(name), "w") as f:
                f.write(text)
        provision(at, address)
        accounts(at, address)
        if options.organisation:
            organisation(at, options.organisation)
        refused = load(at, options.users)
        server = Server(["samba", "-F", "--no-process-group", "-M", "standard", "--debug-stdout", "-s", at("smb.conf")],
                        (address, 389), at("log/stdout"), FAST)
        return server, [
            ("LDAP", f"ldap://{address}"), ("LDAPS", f"ldaps://{address}"), ("GC", f"ldap://{address}:3268"),
            ("GCS", f"ldaps://{address}:3269"), ("BASE", BASE), ("HOST", HOST), ("CA", at("tls/ca.pem")),
            ("OTHER_CA", at("tls/other-ca.pem")), ("PASSWORD", PASSWORD), ("PASSWORD_FILE", at("password")),
            ("USER", f"svc-audit@{DOMAIN}"), ("ADMIN", f"administrator@{DOMAIN}"), ("KRB5_CONFIG", at("krb5.conf")), ("CONF", at("smb.conf")), ("ADDRESS", address),
            ("PRINCIPAL", f"svc-audit@{REALM}"), ("REFUSED", refused)]
    return at_folder


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--users", type=int, default=2000, help="generated users beside those of the sample")
    p.add_argument("--organisation", choices=LYNC, help="what Exchange and Lync keep in the configuration partition, and "
                   "where Lync keeps its own")
    options = p.parse_args()
    if os.geteuid():
        os.execvp("sudo", ["sudo", sys.executable, *sys.argv])
    serve(make(options))


if __name__ == "__main__":
    main()
