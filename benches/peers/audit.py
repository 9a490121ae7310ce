#!/usr/bin/env python3
"""audit.py USERS.csv OUTDIR: the peers' 17 rules in plain Python, standard library only. The reference of the others."""
import csv, re, sys, os
from collections import defaultdict

ADDR = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
is_addr = re.compile(ADDR + r"\Z").match
is_sip = re.compile(r"[sS][iI][pP]:" + ADDR + r"\Z").match
is_entry = re.compile(r"[A-Za-z][A-Za-z0-9]*:").match


def main(path, out):
    users, found = [], []                      # found: (row, rule, attribute, value, detail)
    owners, upns = defaultdict(list), defaultdict(list)
    with open(path, newline="", encoding="utf-8-sig") as f:
        r = csv.reader(f)
        head = next(r)
        c = {n: i for i, n in enumerate(head)}
        SAM, UPN, MAIL, PROX = c["sAMAccountName"], c["userPrincipalName"], c["mail"], c["proxyAddresses"]
        PUA, EN = c["msRTCSIP-PrimaryUserAddress"], c["msRTCSIP-UserEnabled"]
        for row, rec in enumerate(r, 1):
            sam, upn, mail, prox, pua = rec[SAM], rec[UPN], rec[MAIL], rec[PROX], rec[PUA]
            users.append((sam, upn))
            entries = prox.split(";") if prox else []
            low = [e.lower() for e in entries]
            keys = set()
            smtp = sip = prim = 0
            primary = None
            for e, l in zip(entries, low):
                if l.startswith("smtp:"):
                    smtp += 1
                    keys.add(l)
                    v = e[5:]
                    if e.startswith("SMTP:"):
                        prim += 1
                        if primary is None:
                            primary = l[5:]
                    if not is_addr(v):
                        found.append((row, "R02_smtp_syntax", "proxyAddresses", e, ""))
                    if len(v.rpartition("@")[0].encode()) > 64:
                        found.append((row, "R04_local_part_long", "proxyAddresses", e, ""))
                elif l.startswith("sip:"):
                    sip += 1
                    keys.add(l)
                    if not is_addr(e[4:]):
                        found.append((row, "R03_sip_syntax", "proxyAddresses", e, ""))
                elif not is_entry(e):
                    found.append((row, "R01_entry_type", "proxyAddresses", e, ""))
            if prim > 1:
                found.append((row, "R05_multiple_primary", "proxyAddresses", "", str(prim)))
            if smtp and not prim:
                found.append((row, "R06_no_primary", "proxyAddresses", "", ""))
            if mail and primary is not None and mail.lower() != primary:
                found.append((row, "R07_mail_ne_primary", "mail", mail, primary))
            if sip > 1:
                found.append((row, "R08_multiple_sip", "proxyAddresses", "", str(sip)))
            if pua:
                pl = pua.lower()
                if pl not in low:
                    found.append((row, "R09_pua_not_in_proxy", "msRTCSIP-PrimaryUserAddress", pua, ""))
                if not is_sip(pua):
                    found.append((row, "R10_pua_syntax", "msRTCSIP-PrimaryUserAddress", pua, ""))
                if pl.startswith("sip:"):
                    keys.add(pl)
            elif rec[EN].lower() == "true":
                found.append((row, "R11_enabled_no_pua", "msRTCSIP-PrimaryUserAddress", "", ""))
            if upn:
                ul = upn.lower()
                if not is_addr(upn):
                    found.append((row, "R12_upn_syntax", "userPrincipalName", upn, ""))
                if ul.endswith(".local"):
                    found.append((row, "R13_upn_nonroutable", "userPrincipalName", upn, ""))
                upns[ul].append(row)
            if mail:
                if not is_addr(mail):
                    found.append((row, "R14_mail_syntax", "mail", mail, ""))
                keys.add("smtp:" + mail.lower())
            if len(set(low)) != len(low):
                for l in {l for l in low if low.count(l) > 1}:
                    found.append((row, "R15_dup_in_user", "proxyAddresses", l, ""))
            for k in keys:
                owners[k].append(row)
    for k, o in owners.items():
        if len(o) > 1:
            d = f"owners={len(o)} first_row={o[0]}"
            for row in o:
                found.append((row, "R16_dup_address", "proxyAddresses", k, d))
    for k, o in upns.items():
        if len(o) > 1:
            d = f"owners={len(o)} first_row={o[0]}"
            for row in o:
                found.append((row, "R17_dup_upn", "userPrincipalName", k, d))
    found.sort()
    with open(os.path.join(out, "findings.csv"), "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["row", "sAMAccountName", "rule", "attribute", "value", "detail"])
        w.writerows((x[0], users[x[0] - 1][0], x[1], x[2], x[3], x[4]) for x in found)
    with open(os.path.join(out, "users.csv"), "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["row", "sAMAccountName", "userPrincipalName", "findings", "rules"])
        i = 0
        for row, (sam, upn) in enumerate(users, 1):
            j = i
            while j < len(found) and found[j][0] == row:
                j += 1
            w.writerow((row, sam, upn, j - i, ";".join(sorted({x[1] for x in found[i:j]}))))
            i = j


if __name__ == "__main__":
    os.makedirs(sys.argv[2], exist_ok=True)
    main(sys.argv[1], sys.argv[2])
