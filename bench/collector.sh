#!/bin/sh
# collector.sh: a server whose Lua states collect garbage incrementally, as they do,
# against one with the generational collector: CPU time and latency of a request to
# /data of lua/, and to /json of bench/serve/ with 500,000 tables that stay.
#
#   sh bench/collector.sh [ROUNDS]        (5; SECONDS_EACH=3)
#
# The servers are asked in turn. CPU time and latencies are medians of the rounds.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need wrk curl
rounds=${1:-$(by_mode 5 1)}
seconds=${SECONDS_EACH:-$(by_mode 3 1)}

# make_app NAME MODE FOLDER KEPT: the app of a folder in this mode, with so many
# tables.
make_app() {
    cp -r "$3" "$folder/$1"
    {
        echo "collectgarbage '$2'"
        echo "kept = {} for i = 1, $4 do kept[i] = { i } end"
        cat "$3/routes.lua"
    } >"$folder/$1/routes.lua"
    "$perilune" serve --listen 127.0.0.1:0 --workers 1 --no-watch "$folder/$1" \
        >"$folder/$1.log" 2>&1 &
    pids="$pids $!"
    echo $! >"$folder/$1.pid"
    wait_for_address "$folder/$1.log" >"$folder/$1.url"
}

cpu_ns() {
    cat "/proc/$(cat "$folder/$1.pid")/task"/*/schedstat |
        awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# measure NAME PATH: appends CPU microseconds, and the latency that 99 % keep.
measure() {
    before=$(cpu_ns "$1")
    wrk -t1 -c2 -d"${seconds}s" --latency "$(cat "$folder/$1.url")$2" \
        >"$folder/out"
    awk -v ns=$(($(cpu_ns "$1") - before)) '
        /requests in/ { n = $1 }
        $1 == "99%" {
            ms = $2 + 0
            if ($2 ~ /us$/) ms /= 1000
            if ($2 ~ /[0-9]s$/) ms *= 1000
        }
        END { print ns / 1000 / n, ms }' "$folder/out" >>"$folder/$1.runs"
}

for mode in incremental generational; do
    make_app "data-$mode" "$mode" lua 0
    make_app "json-$mode" "$mode" bench/serve 500000
done
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    for mode in incremental generational; do
        measure "data-$mode" /data
        measure "json-$mode" '/json?name=World'
    done
done
for app in data json; do
    for mode in incremental generational; do
        runs="$folder/$app-$mode.runs"
        printf '%s %-13s %7.1f us CPU per request, 99 %% within %6.2f ms, %5.1f MiB\n' \
            "$app" "$mode" "$(awk '{ print $1 }' "$runs" | median)" \
            "$(awk '{ print $2 }' "$runs" | median)" \
            "$(awk '$1 == "VmRSS:" { print $2 / 1024 }' \
                "/proc/$(cat "$folder/$app-$mode.pid")/status")"
    done
done
