#!/usr/bin/env python3
"""scan.py polars|duckdb USERS.csv: a bare scan of two columns. No audit: the floor of the two engines."""
import sys
eng, p = sys.argv[1:3]
if eng == "polars":
    import polars as pl
    c = pl.col
    print(pl.scan_csv(p, infer_schema=False).select(c("proxyAddresses").str.len_bytes().sum(), c("msRTCSIP-PrimaryUserAddress").str.len_bytes().sum(), n=pl.len()).collect(engine="streaming"))
else:
    import duckdb
    print(duckdb.sql(f"""select count(*), sum(strlen(proxyAddresses)), sum(strlen("msRTCSIP-PrimaryUserAddress")) from read_csv('{p}', header=true, all_varchar=true)""").fetchall())
