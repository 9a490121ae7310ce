#!/usr/bin/env python3
"""audit_polars.py USERS.csv OUTDIR: the peers' 17 rules in Polars, lazy, streaming engine."""
import sys, os
import polars as pl

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDR = rf"{ATOM}(\.{ATOM})*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{{2,63}}"
c, S = pl.col, pl.lit


def addr(x):
    return x.str.contains(f"^(?:{ADDR})$")


def found(lf, rule, attribute, value=S(""), detail=S("")):
    return lf.select("row", S(rule).alias("rule"), S(attribute).alias("attribute"),
                     value.cast(pl.String).alias("value"), detail.cast(pl.String).alias("detail"))


def main(path, out):
    u = (pl.scan_csv(path, infer_schema=False, row_index_name="row", row_index_offset=1)
         .select(c("row"), c("sAMAccountName").alias("sam"), c("userPrincipalName").alias("upn"), "mail",
                 c("proxyAddresses").alias("pa"), c("msRTCSIP-PrimaryUserAddress").alias("pua"), c("msRTCSIP-UserEnabled").alias("en"))
         .with_columns(upnl=c("upn").str.to_lowercase(), maill=c("mail").str.to_lowercase(), pual=c("pua").str.to_lowercase())
         .collect(engine="streaming").lazy())
    e = (u.filter(c("pa").fill_null("") != "").select("row", entry=c("pa").str.split(";")).explode("entry")
         .with_columns(low=c("entry").str.to_lowercase())
         .with_columns(smtp=c("low").str.starts_with("smtp:"), sip=c("low").str.starts_with("sip:"), prim=c("entry").str.starts_with("SMTP:"))
         .collect(engine="streaming").lazy())
    per = e.group_by("row").agg(c("smtp").sum(), c("sip").sum(), c("prim").sum(),
                                primary=c("low").filter(c("prim")).first().str.slice(5)).collect(engine="streaming").lazy()
    pua, mail, upn = (u.filter(c(x).fill_null("") != "") for x in ("pua", "mail", "upn"))
    local = c("entry").str.slice(5).str.extract(r"^(.*)@[^@]*$", 1)
    keys = pl.concat([e.filter(c("smtp") | c("sip")).select("row", k="low"),
                      pua.filter(c("pual").str.starts_with("sip:")).select("row", k="pual"),
                      mail.select("row", k=S("smtp:") + c("maill"))]).unique().collect(engine="streaming").lazy()

    def dups(k):
        return k.group_by("k").agg(n=pl.len(), first=c("row").min()).filter(c("n") > 1)
    owners = pl.format("owners={} first_row={}", c("n"), c("first"))
    P, U, M, V = "proxyAddresses", "userPrincipalName", "mail", "msRTCSIP-PrimaryUserAddress"
    uk = upn.select("row", k="upnl")
    f = pl.concat([
        found(e.filter(~c("entry").str.contains("^[A-Za-z][A-Za-z0-9]*:")), "R01_entry_type", P, c("entry")),
        found(e.filter(c("smtp") & ~addr(c("entry").str.slice(5))), "R02_smtp_syntax", P, c("entry")),
        found(e.filter(c("sip") & ~addr(c("entry").str.slice(4))), "R03_sip_syntax", P, c("entry")),
        found(e.filter(c("smtp") & (local.str.len_bytes() > 64)), "R04_local_part_long", P, c("entry")),
        found(per.filter(c("prim") > 1), "R05_multiple_primary", P, detail=c("prim")),
        found(per.filter((c("smtp") > 0) & (c("prim") == 0)), "R06_no_primary", P),
        found(mail.join(per.filter(c("primary").is_not_null()), on="row").filter(c("maill") != c("primary")), "R07_mail_ne_primary", M, c("mail"), c("primary")),
        found(per.filter(c("sip") > 1), "R08_multiple_sip", P, detail=c("sip")),
        found(pua.join(e, left_on=["row", "pual"], right_on=["row", "low"], how="anti"), "R09_pua_not_in_proxy", V, c("pua")),
        found(pua.filter(~c("pua").str.contains(f"^[sS][iI][pP]:(?:{ADDR})$")), "R10_pua_syntax", V, c("pua")),
        found(u.filter((c("en").str.to_lowercase() == "true") & (c("pua").fill_null("") == "")), "R11_enabled_no_pua", V),
        found(upn.filter(~addr(c("upn"))), "R12_upn_syntax", U, c("upn")),
        found(upn.filter(c("upnl").str.ends_with(".local")), "R13_upn_nonroutable", U, c("upn")),
        found(mail.filter(~addr(c("mail"))), "R14_mail_syntax", M, c("mail")),
        found(e.group_by("row", "low").agg(n=pl.len()).filter(c("n") > 1), "R15_dup_in_user", P, c("low")),
        found(keys.join(dups(keys), on="k"), "R16_dup_address", P, c("k"), owners),
        found(uk.join(dups(uk), on="k"), "R17_dup_upn", U, c("k"), owners),
    ]).collect(engine="streaming").lazy()
    (f.join(u.select("row", sAMAccountName="sam"), on="row")
     .select("row", "sAMAccountName", "rule", "attribute", "value", "detail").sort("row", "rule", "attribute", "value")
     .sink_csv(os.path.join(out, "findings.csv"), engine="streaming"))
    g = f.group_by("row").agg(findings=pl.len(), rules=c("rule").unique().sort().str.join(";"))
    (u.select("row", sAMAccountName="sam", userPrincipalName="upn").join(g, on="row", how="left", maintain_order="left")
     .with_columns(c("findings").fill_null(0)).sink_csv(os.path.join(out, "users.csv"), engine="streaming"))


if __name__ == "__main__":
    os.makedirs(sys.argv[2], exist_ok=True)
    main(sys.argv[1], sys.argv[2])
