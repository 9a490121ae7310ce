#!/usr/bin/env bash
# Makes the seeds of every target from the samples.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p corpus/{csv,ldif,values,addresses}
# Large samples slow the search down.
find ../samples -type f -size -64k \( -name '*.csv*' -o -name '*.tsv' -o -name '*.txt' \) -print0 |
    while IFS= read -r -d '' file; do cp "$file" "corpus/csv/$(basename "$file")"; done
find ../samples -type f -size -64k \( -name '*.ldif*' -o -name '*.ldf' \) -print0 |
    while IFS= read -r -d '' file; do cp "$file" "corpus/ldif/$(basename "$file")"; done
# One seed per cell that holds an address.
number=0
grep -rhoaE '(smtp|sip|x400|x500|eum):[^"]{3,200}' -i ../samples --include='*.csv' | sort -u | head -300 |
    while IFS= read -r cell; do
        number=$((number + 1))
        printf '%s\1' "$cell" >"corpus/values/$number"
        printf '%s' "${cell#*:}" >"corpus/addresses/$number"
    done
