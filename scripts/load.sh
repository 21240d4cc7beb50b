#!/bin/sh
# load.sh: put a little load on /data with plain curl, one request after the
# other, and print a short summary.
#
#   PORT=8080 sh scripts/load.sh
#   BASE=http://127.0.0.1:8080 REQUESTS=500 sh scripts/load.sh
#
# For real load: PORT=8080 build/perilune load scripts/load.lua
set -u
base=${BASE:-http://127.0.0.1:${PORT:-8080}}
requests=${REQUESTS:-100}
case $requests in
'' | *[!0-9]* | 0*)
    echo "load.sh: REQUESTS must be a whole number from 1, got '$requests'" >&2
    exit 2
    ;;
esac
command -v curl >/dev/null || {
    echo "load.sh: curl is missing (apt-get install curl)" >&2
    exit 1
}

times=$(mktemp) || exit 1
trap 'rm -f "$times"' EXIT
trap 'exit 130' INT TERM
i=0
while [ "$i" -lt "$requests" ]; do
    curl --silent --output /dev/null --max-time 60 \
        --write-out '%{http_code} %{time_total}\n' "$base/data" >>"$times"
    i=$((i + 1))
done

sort -k 2n "$times" | awk -v base="$base" '
    { all[++n] = $2 * 1000; sum += $2; if ($1 < 200 || $1 > 399) failed++ }
    function quantile(q, at) {
        at = int(q * n)
        if (at < q * n) at++
        return all[at]
    }
    END {
        printf "GET %s/data\n", base
        printf "requests  %d, failed %d\n", n, failed
        if (sum > 0) printf "rate      %.1f/s, one at a time\n", n / sum
        printf "duration  avg=%.2fms med=%.2fms p(90)=%.2fms p(95)=%.2fms max=%.2fms\n",
            sum * 1000 / n, quantile(0.5), quantile(0.9), quantile(0.95), all[n]
        exit failed == n
    }'
