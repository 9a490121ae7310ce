-- The peers' 17 rules in DuckDB's SQL. usage: IN=users.csv OUT=dir duckdb -batch -f audit.sql     (OUT must exist)
SET VARIABLE addr = '[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}';
SET VARIABLE infile = getenv('IN');
SET VARIABLE users_out = getenv('OUT') || '/users.csv';
SET VARIABLE findings_out = getenv('OUT') || '/findings.csv';

CREATE TEMP TABLE u AS
SELECT sAMAccountName AS sam, userPrincipalName AS upn, mail, proxyAddresses AS pa,
       "msRTCSIP-PrimaryUserAddress" AS pua, "msRTCSIP-UserEnabled" AS en
FROM read_csv(getvariable('infile'), header = true, all_varchar = true, delim = ',', quote = '"', escape = '"');

-- one row per proxyAddresses entry, rowid = file order
CREATE TEMP TABLE e AS
SELECT r, entry, lower(entry) AS low, pos FROM (
  SELECT rowid AS r, unnest(string_split(pa, ';')) AS entry, generate_subscripts(string_split(pa, ';'), 1) AS pos FROM u WHERE pa <> '');

CREATE TEMP TABLE per_user AS
SELECT r, count(*) FILTER (low LIKE 'smtp:%') AS smtp, count(*) FILTER (entry LIKE 'SMTP:%') AS prim,
       count(*) FILTER (low LIKE 'sip:%') AS sip, min_by(low, pos) FILTER (entry LIKE 'SMTP:%') AS primary_low
FROM e GROUP BY r;

CREATE TEMP TABLE f AS
WITH keys AS (                                         -- every address a user holds, once per user
  SELECT r, low AS k FROM e WHERE low LIKE 'smtp:%' OR low LIKE 'sip:%'
  UNION SELECT rowid, lower(pua) FROM u WHERE lower(pua) LIKE 'sip:%'
  UNION SELECT rowid, 'smtp:' || lower(mail) FROM u WHERE mail <> ''),
dup AS (SELECT k, count(*) AS n, min(r) AS first FROM keys GROUP BY k HAVING count(*) > 1),
dupu AS (SELECT lower(upn) AS k, count(*) AS n, min(rowid) AS first FROM u WHERE upn <> '' GROUP BY 1 HAVING count(*) > 1)
          SELECT r, 'R01_entry_type' AS rule, 'proxyAddresses' AS attribute, entry AS value, '' AS detail FROM e WHERE NOT regexp_matches(entry, '^[A-Za-z][A-Za-z0-9]*:')
UNION ALL SELECT r, 'R02_smtp_syntax', 'proxyAddresses', entry, '' FROM e WHERE low LIKE 'smtp:%' AND NOT regexp_full_match(entry[6:], getvariable('addr'))
UNION ALL SELECT r, 'R03_sip_syntax', 'proxyAddresses', entry, '' FROM e WHERE low LIKE 'sip:%' AND NOT regexp_full_match(entry[5:], getvariable('addr'))
UNION ALL SELECT r, 'R04_local_part_long', 'proxyAddresses', entry, '' FROM e WHERE strlen(entry) > 70 AND low LIKE 'smtp:%' AND strlen(regexp_extract(entry, '^.....(.*)@[^@]*$', 1)) > 64
UNION ALL SELECT r, 'R05_multiple_primary', 'proxyAddresses', '', prim::VARCHAR FROM per_user WHERE prim > 1
UNION ALL SELECT r, 'R06_no_primary', 'proxyAddresses', '', '' FROM per_user WHERE smtp > 0 AND prim = 0
UNION ALL SELECT r, 'R07_mail_ne_primary', 'mail', mail, primary_low[6:] FROM per_user JOIN u ON u.rowid = per_user.r WHERE mail <> '' AND primary_low IS NOT NULL AND lower(mail) <> primary_low[6:]
UNION ALL SELECT r, 'R08_multiple_sip', 'proxyAddresses', '', sip::VARCHAR FROM per_user WHERE sip > 1
UNION ALL SELECT rowid, 'R09_pua_not_in_proxy', 'msRTCSIP-PrimaryUserAddress', pua, '' FROM u WHERE pua <> '' AND NOT coalesce(list_contains(string_split(lower(pa), ';'), lower(pua)), false)
UNION ALL SELECT rowid, 'R10_pua_syntax', 'msRTCSIP-PrimaryUserAddress', pua, '' FROM u WHERE pua <> '' AND NOT regexp_full_match(pua, '[sS][iI][pP]:' || getvariable('addr'))
UNION ALL SELECT rowid, 'R11_enabled_no_pua', 'msRTCSIP-PrimaryUserAddress', '', '' FROM u WHERE lower(en) = 'true' AND coalesce(pua, '') = ''
UNION ALL SELECT rowid, 'R12_upn_syntax', 'userPrincipalName', upn, '' FROM u WHERE upn <> '' AND NOT regexp_full_match(upn, getvariable('addr'))
UNION ALL SELECT rowid, 'R13_upn_nonroutable', 'userPrincipalName', upn, '' FROM u WHERE lower(upn) LIKE '%.local'
UNION ALL SELECT rowid, 'R14_mail_syntax', 'mail', mail, '' FROM u WHERE mail <> '' AND NOT regexp_full_match(mail, getvariable('addr'))
UNION ALL SELECT r, 'R15_dup_in_user', 'proxyAddresses', low, '' FROM e GROUP BY r, low HAVING count(*) > 1
UNION ALL SELECT keys.r, 'R16_dup_address', 'proxyAddresses', k, 'owners=' || n || ' first_row=' || (first + 1) FROM keys JOIN dup USING (k)
UNION ALL SELECT u.rowid, 'R17_dup_upn', 'userPrincipalName', k, 'owners=' || n || ' first_row=' || (first + 1) FROM u JOIN dupu ON lower(upn) = k;

COPY (SELECT r + 1 AS "row", sam AS "sAMAccountName", rule, attribute, value, detail FROM f JOIN u ON u.rowid = f.r
      ORDER BY r, rule, attribute, value) TO (getvariable('findings_out')) (HEADER);
COPY (SELECT u.rowid + 1 AS "row", sam AS "sAMAccountName", upn AS "userPrincipalName", coalesce(n, 0) AS findings, rules
      FROM u LEFT JOIN (SELECT r, count(*) AS n, string_agg(DISTINCT rule, ';' ORDER BY rule) AS rules FROM f GROUP BY r) g ON g.r = u.rowid
      ORDER BY u.rowid) TO (getvariable('users_out')) (HEADER);
