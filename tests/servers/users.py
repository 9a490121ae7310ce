"""The people of the beds: those of samples/contoso.csv and as many generated ones as wanted.

An entry is (DN, [(attribute, [values])]); values are str or bytes.  A generated user is a function of its number
alone, so that two servers hold the same people; one in 47 has one of the defects below.
"""
import base64
import csv
import hashlib
import os
import re
import uuid

from bed import BASE, DOMAIN, HERE

SAMPLE = os.path.join(HERE, "..", "..", "samples", "contoso.csv")
UNITS = 20
GIVEN = "Anna Ben Carla Dmitri Elif François Grace Hiro Ines Jürgen Kofi Lena Marek Nadia Søren Tomás Zoë".split()
SURNAMES = "Abbott Brandt Dubois Eriksson García Hughes Ivanova Kowalski Müller O'Brien Petrov Weiß Yılmaz Zhang".split()
DEFECTS = ("sip-differs", "no-sip-proxy", "mail-differs", "two-primaries", "no-primary", "shared-proxy", "shared-sip",
           "blank-in-proxy", "blank-after-mail", "sign-in-name", "not-ascii", "foreign-domain")
OF_THE_SERVER = ("objectguid", "objectsid", "iscriticalsystemobject")


def units(dns):
    """The folders above these entries, those further up first."""
    found = {}
    for dn in dns:
        above = dn[:-len(BASE) - 1].split(",")[1:] if dn.endswith(BASE) else []
        for depth in range(len(above)):
            found[",".join(above[-depth - 1:] + [BASE])] = above[-depth - 1]
    out = []
    for dn in sorted(found, key=lambda dn: (dn.count(","), dn)):
        kind, name = found[dn].split("=", 1)
        unit = kind.upper() == "OU"
        out.append((dn, [("objectClass", ["top", "organizationalUnit" if unit else "container"]),
                         ("ou" if unit else "cn", [name])]))
    return out


def sid_bytes(text):
    parts = [int(part) for part in text.split("-")[1:]]
    subs = b"".join(part.to_bytes(4, "little") for part in parts[2:])
    return bytes([parts[0], len(parts) - 2]) + parts[1].to_bytes(6, "big") + subs


def sample_value(name, text):
    """What a cell of the sample is in a directory."""
    if name == "objectGUID":
        return [uuid.UUID(text).bytes_le]
    if name.endswith("Sid"):
        return [sid_bytes(text)]
    if name == "proxyAddresses":
        # An X.400 address holds semicolons.
        return re.split(";(?=[A-Za-z0-9]+:)", text)
    return text.split(";") if name == "objectClass" else [text]


def sample():
    """The users of the sample file, one for each rule."""
    with open(SAMPLE, encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            dn = row.pop("distinguishedName")
            yield dn, [(name, sample_value(name, text)) for name, text in row.items() if text]


def generated(number):
    """User `number`."""
    name = f"u{number:07d}"
    address = f"{name}@{DOMAIN}"
    mail, sip, sign_in = address, f"sip:{address}", address
    enabled = number % 3 != 2
    proxies = [f"SMTP:{address}", f"smtp:{name}.alias@{DOMAIN}", f"smtp:{name}@contoso.mail.onmicrosoft.com"]
    defect = DEFECTS[number // 47 % len(DEFECTS)] if number % 47 == 46 else None
    if enabled and defect != "no-sip-proxy":
        proxies.append(f"sip:{name}.old@{DOMAIN}" if defect == "sip-differs" else sip)
    if defect == "mail-differs":
        mail = f"{name}@mail.{DOMAIN}"
    elif defect == "two-primaries":
        proxies.append(f"SMTP:{name}.second@{DOMAIN}")
    elif defect == "no-primary":
        proxies[0] = f"smtp:{address}"
    elif defect == "shared-proxy":
        proxies.append(f"smtp:u{number - 1:07d}.alias@{DOMAIN}")
    elif defect == "shared-sip":
        sip = f"sip:u{number - 1:07d}@{DOMAIN}"
    elif defect == "blank-in-proxy":
        proxies.append(f"smtp:{name} spare@{DOMAIN}")
    elif defect == "blank-after-mail":
        mail += " "
    elif defect == "sign-in-name":
        sign_in = f"{name}%x@{DOMAIN}"
    elif defect == "not-ascii":
        proxies.append(f"smtp:{name}.é@{DOMAIN}")
    elif defect == "foreign-domain":
        mail, proxies[0] = f"{name}@unverified.invalid", f"SMTP:{name}@unverified.invalid"
    given, surname = GIVEN[number % len(GIVEN)], SURNAMES[number // len(GIVEN) % len(SURNAMES)]
    attributes = [
        ("objectClass", ["top", "person", "organizationalPerson", "user"]), ("cn", [name]), ("sn", [surname]),
        ("givenName", [given]), ("displayName", [f"{given} {surname}"]), ("sAMAccountName", [name]),
        ("userPrincipalName", [sign_in]), ("userAccountControl", ["514" if number % 10 == 9 else "512"]),
        ("mail", [mail]), ("mailNickname", [name]), ("proxyAddresses", proxies),
        ("department", ["Finance", "Sales", "Research"][number % 3:][:1]), ("telephoneNumber", [f"+1555{number:07d}"])]
    if number % 5 == 4:
        attributes += [("targetAddress", [f"SMTP:{name}@contoso.mail.onmicrosoft.com"]),
                       ("msExchRecipientTypeDetails", ["2147483648"])]
    else:
        attributes += [("homeMDB", [f"CN=MDB01,CN=Users,{BASE}"]), ("msExchRecipientTypeDetails", ["1"])]
    if enabled:
        attributes += [("msRTCSIP-PrimaryUserAddress", [sip]), ("msRTCSIP-UserEnabled", ["TRUE"]),
                       ("msRTCSIP-DeploymentLocator", ["SRV:"]), ("msRTCSIP-Line", [f"tel:+1555{number:07d}"]),
                       ("msRTCSIP-PrimaryHomeServer", [f"CN=Pool01,CN=Users,{BASE}"])]
    return f"CN={name},OU=D{number % UNITS:02d},OU=People,{BASE}", attributes


def others():
    """A group and a contact that hold an address of a user each."""
    yield f"CN=staff,OU=Groups,{BASE}", [
        ("objectClass", ["top", "group"]), ("cn", ["staff"]), ("sAMAccountName", ["staff"]),
        ("mail", [f"staff@{DOMAIN}"]), ("proxyAddresses", [f"SMTP:staff@{DOMAIN}", f"smtp:u0000000.alias@{DOMAIN}"])]
    yield f"CN=partner,OU=Groups,{BASE}", [
        ("objectClass", ["top", "person", "organizationalPerson", "contact"]), ("cn", ["partner"]), ("sn", ["Partner"]),
        ("mail", ["partner@fabrikam.com"]),
        ("proxyAddresses", ["SMTP:partner@fabrikam.com", f"smtp:u0000001.alias@{DOMAIN}"])]


def people(count):
    """The sample, the group and the contact, and `count` generated users."""
    yield from sample()
    yield from others()
    yield from (generated(number) for number in range(count))


def of_a_controller(dn, attributes, number):
    """What a domain controller adds to an entry by itself."""
    have = {name.lower() for name, _ in attributes}
    classes = next(values for name, values in attributes if name == "objectClass")
    person = "person" in classes and "computer" not in classes
    rid = (10_000 + number).to_bytes(4, "little")
    own = [("objectCategory", ["person" if person else classes[-1]]), ("uSNCreated", [str(10_000 + number)]),
           ("uSNChanged", [str(10_000 + number)]), ("objectGUID", [hashlib.md5(dn.encode()).digest()]),
           ("objectSid", [sid_bytes("S-1-5-21-1-2-3-0")[:-4] + rid])]
    if "user" in classes and "computer" not in classes:
        own.append(("sAMAccountType", ["805306368"]))
    return attributes + [(name, values) for name, values in own if name.lower() not in have]


def line(name, value):
    raw = value.encode() if isinstance(value, str) else value
    if isinstance(value, str) and raw.isascii() and raw[:1] not in b" :<" and raw[-1:] != b" " and b"\n" not in raw:
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(raw).decode()}\n"


def ldif(dn, attributes):
    return line("dn", dn) + "".join(line(name, value) for name, values in attributes for value in values) + "\n"
