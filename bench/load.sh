#!/bin/sh
# load.sh: the load generator against wrk and k6, one core each for generator
# and target, alternating runs: requests/s, and CPU time of the generator per
# request. Ratios are taken within a round; their median is what counts. In the
# same rounds, what outputs of each sample cost. Then how well it keeps an arrival
# rate, what a virtual user takes, and whether it and k6 say the same of
# lua/data.lua.
#
#   sh bench/load.sh [ROUNDS]        (5; SECONDS_EACH=3 CONNECTIONS=50)
#
# Target: nginx with one worker that returns 26 bytes. Needs two cores that are
# otherwise idle; k6 where it is installed: K6=, on the PATH,
# or where spec/real_k6.lua puts it. When others are at work the rates say
# nothing; the CPU time per request still does.
set -eu
cd "$(dirname "$0")/.."
. bench/load_target.sh
need wrk
rounds=${1:-$(by_mode 5 1)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}
k6=${K6:-$(command -v k6 || ls "$cache"/perilune/k6-*/k6 2>/dev/null || :)}
seconds=${SECONDS_EACH:-$(by_mode 3 1)}
connections=${CONNECTIONS:-50}
start_target 18200

cat >"$folder/check.lua" <<'SCRIPT'
local http, loadtest = require "http", require "loadtest"
local check, URL = loadtest.check, loadtest.env.URL
return { default = function()
  check(http.get(URL), {
    ["status is 200"] = function(res) return res.status == 200 end,
  })
end }
SCRIPT

cat >"$folder/check.js" <<'SCRIPT'
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  check(http.get(__ENV.URL), { 'status is 200': (r) => r.status === 200 });
}
SCRIPT

run_wrk() {
    taskset -c 0 wrk -t1 -c"$connections" -d"${seconds}s" "$url"
}
run_url() {
    taskset -c 0 "$perilune" load "$url" -u "$connections" -d "${seconds}s" -q
}
run_script() {
    taskset -c 0 "$perilune" load "$folder/check.lua" -e "URL=$url" \
        -u "$connections" -d "${seconds}s" -q
}

# URL mode, with each sample of each request written down, too.
run_json() { run_url_with "json=/dev/null"; }
run_csv() { run_url_with "csv=/dev/null"; }
run_json_gz() { run_url_with "json=$folder/null.gz"; }
run_url_with() {
    taskset -c 0 "$perilune" load "$url" -u "$connections" -d "${seconds}s" -q \
        -o "$1"
}
ln -s /dev/null "$folder/null.gz"

run_k6() {
    URL=$url K6_NO_USAGE_REPORT=true GOMAXPROCS=1 taskset -c 0 "$k6" run \
        --quiet --no-color -u "$connections" -d "${seconds}s" "$folder/check.js"
}

# CPU seconds of the children that have ended, from the output of `times`.
cpu_of() {
    awk 'NR == 2 { for (i = 1; i <= 2; i++) {
            split($i, part, /[ms]/); sum += part[1] * 60 + part[2] }
        print sum }' "$1"
}

# measure NAME: one run; appends "requests/s  CPU-us-per-request".
measure() {
    times >"$folder/before" # not in a subshell: that has other children
    "run_$1" >"$folder/out"
    times >"$folder/after"
    awk -v cpu="$(cpu_of "$folder/before") $(cpu_of "$folder/after")" '
        /requests in/ { n = $1 }
        /^Requests\/sec:/ { rate = $2 }
        $1 ~ /^http_reqs\./ { # http_reqs...: N RATE/s
            n = $2; sub("/s", "", $3); rate = $3 }
        END { split(cpu, c, " "); print rate, (c[2] - c[1]) * 1e6 / n }
    ' "$folder/out" >>"$folder/$1"
}

# ratio NAME COLUMN [PEER]: the median over the rounds of NAME's to the peer's
# (wrk's).
ratio() {
    paste "$folder/$1" "$folder/${3:-wrk}" |
        awk -v c="$2" '{ print $c / $(c + 2) }' | median
}

echo "target: nginx, $connections connections, $rounds rounds of ${seconds} s"
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    for name in wrk url script json csv json_gz ${k6:+k6}; do
        measure "$name"
        # shellcheck disable=SC2046 # two words
        printf '%-7s %d: %8.0f requests/s, %5.2f us CPU per request\n' "$name" \
            "$round" $(tail -n1 "$folder/$name")
    done
done
printf 'URL mode / wrk:   rate %.3f, CPU %.3f\n' \
    "$(ratio url 1)" "$(ratio url 2)"
printf 'Lua script / wrk: rate %.3f, CPU %.3f\n' \
    "$(ratio script 1)" "$(ratio script 2)"
printf 'URL mode with -o: CPU, by its own without: json %.2f, csv %.2f, json.gz %.2f\n' \
    "$(ratio json 2 url)" "$(ratio csv 2 url)" "$(ratio json_gz 2 url)"
if [ -n "$k6" ]; then
    printf 'Lua script / k6:  rate %.2f, CPU %.3f\n' \
        "$(ratio script 1 k6)" "$(ratio script 2 k6)"
else
    echo "k6 is not installed: no comparison with it"
fi

# The open model: 20,000 iterations a second.
duration=$(by_mode 10 2)
taskset -c 0 "$perilune" load "$url" -R 20000 -d "${duration}s" -u 1000 -q \
    >"$folder/rate"
awk -v s="$duration" '/^ +iterations\./ { sub("/s", "", $3)
        printf "20,000/s for %d s: %s iterations, %.0f/s (%+.2f %%)\n",
            s, $2, $3, ($3 / 20000 - 1) * 100 }
    /pacing_lag/ { sub(".*med", "med"); print "pacing lag: " $0 }' "$folder/rate"

# Memory of virtual users: 10,000 (QUICK=1: 1,000) with a script, less what 100
# take. A connection
# of each is in it; what the target has of it is not.
resident_kib() {
    "$perilune" load "$folder/check.lua" -e "URL=$url" -u "$1" -d 4s -q \
        >"$folder/vus" &
    load_pid=$!
    sleep 3
    awk '/^VmRSS/ { print $2 }' "/proc/$load_pid/status"
    wait "$load_pid"
}
few=$(resident_kib 100)
vus=$(by_mode 10000 1000)
many=$(resident_kib "$vus")
awk -v few="$few" -v many="$many" -v vus="$vus" 'BEGIN {
    printf "memory per virtual user: %.1f KiB (%d: %.0f MiB in all)\n",
        (many - few) / (vus - 100), vus, many / 1024 }'

# The p95 of the same test of /data at 100 requests a second, by k6 and by us, on
# a core of its own: k6 takes ten times the CPU time. One request in 25 waits for
# a collection, so that p95 is near a step, and needs many requests.
run_data() {
    PORT=$1 exec taskset -c 1 "$perilune" serve --workers 1 --log-level error \
        lua
}
# Exit code 99: on a slow machine a threshold of the script is crossed.
data_by_k6() {
    K6_NO_USAGE_REPORT=true taskset -c 0 "$k6" run --quiet --no-color \
        --summary-export "$1" scripts/load-k6.js >"$folder/out" || [ $? = 99 ]
}
data_by_us() {
    taskset -c 0 "$perilune" load -q --summary-export "$1" \
        scripts/load.lua >"$folder/out" || [ $? = 99 ]
}
p95_of() {
    tr -d ' \n\t' <"$1" |
        sed 's/.*"http_req_duration":{[^}]*"p(95)":\([0-9.]*\).*/\1/'
}
if [ -n "$k6" ]; then
    start_on_free_port 18220 run_data
    export BASE="http://127.0.0.1:$port" RATE=100 DURATION=$(by_mode 15 2)s
    data_by_us "$folder/ours.json" # until the memory that it keeps has grown
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        data_by_k6 "$folder/theirs.json"
        data_by_us "$folder/ours.json"
        echo "$(p95_of "$folder/ours.json") $(p95_of "$folder/theirs.json")" \
            >>"$folder/p95"
    done
    printf 'p95 of /data at 100/s: %.2f ms, by k6 %.2f ms, ratio %.3f\n' \
        "$(awk '{ print $1 }' "$folder/p95" | median)" \
        "$(awk '{ print $2 }' "$folder/p95" | median)" \
        "$(awk '{ print $1 / $2 }' "$folder/p95" | median)"
fi
