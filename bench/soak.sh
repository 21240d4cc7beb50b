#!/bin/sh
# soak.sh -- a server that is asked for all kinds of profiles, again and again,
# at the highest rate and with a heap sample every 64 KiB, while it is under load.
# Fails when a request or a profile fails, when the server says anything but that
# it started and stopped (a sanitizer, say), or when its memory still grows after
# the first two minutes. With QUICK=1 it lasts 15 seconds and only prints the
# memory.
#
#   sh bench/soak.sh [MINUTES]                      (10, at least 4)
#   PERILUNE=build/asan/perilune sh bench/soak.sh   with the sanitizers
#
# Memory: the median of the last two minutes against that of the third and
# fourth, resident, read every second. It may be 5 % more, for what the allocator
# keeps varies by that from minute to minute.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
minutes=$(by_mode "${1:-10}" 1)
seconds=$(by_mode $((minutes * 60)) 15)

PORT=0 "$perilune" serve --workers 2 --heap-rate 65536 2>"$folder/log" &
server=$!
pids=$server
url=$(wait_for_address "$folder/log")

"$perilune" load "$url/data" -u 8 -d "${seconds}s" >"$folder/load" 2>&1 &
load=$!
pids="$pids $load"

# ask QUERY...: one after the other until the end; a line for each failure.
ask() {
    while [ "$(date +%s)" -lt "$end" ]; do
        for query in "$@"; do
            curl -sf --max-time 60 -o /dev/null "$url/debug/pprof/$query" ||
                echo "$query" >>"$folder/failed"
            echo >>"$folder/asked"
        done
    done
}
jobs=
start=$(date +%s)
end=$((start + seconds - 5))
: >"$folder/failed"
: >"$folder/asked"
ask 'profile?seconds=1&rate=10000' 'profile?seconds=1&slower_than=5ms' &
jobs="$jobs $!"
ask 'wall?seconds=1&rate=10000' 'wall?seconds=1&slower_than=5ms&rate=10000' &
jobs="$jobs $!"
ask heap 'heap?gc=1' 'heap?debug=1' 'heap?seconds=1' allocs 'allocs?seconds=1' &
jobs="$jobs $!"
ask goroutine 'goroutine?debug=1' 'goroutine?debug=2' threadcreate \
    'goroutine?format=folded' 'goroutine?seconds=1' &
jobs="$jobs $!"
ask block mutex 'block?seconds=1&rate=1' 'mutex?seconds=1&fraction=1' \
    'mutex?debug=1' 'block?label=route:/data' &
jobs="$jobs $!"
pids="$pids $jobs"

: >"$folder/rss"
while [ "$(date +%s)" -lt "$end" ]; do
    sleep 1
    kb=$(awk '/VmRSS/ { print $2 }' "/proc/$server/status") || break
    echo "$(($(date +%s) - start)) $kb" >>"$folder/rss"
done
for job in $jobs; do wait "$job"; done
wait "$load" || true
kill "$server"
wait "$server" || status=$?
pids=

# kib_within FROM TO: the median of the KiB within these seconds.
kib_within() {
    awk -v from="$1" -v to="$2" '$1 >= from && $1 < to { print $2 }' \
        "$folder/rss" | median
}
failed=$(wc -l <"$folder/failed")
lost=$(awk '/http_req_failed/ { print $(NF - 3) }' "$folder/load")
said=$(grep -cv -e event=listening -e event=stopping "$folder/log" || true)
grep -h -e 'http_reqs' -e 'http_req_failed' "$folder/load" || cat "$folder/load"
printf 'profiles: %d, failed %d\n' "$(wc -l <"$folder/asked")" "$failed"
grown=0
if [ -z "${QUICK:-}" ]; then
    before=$(kib_within 120 240)
    after=$(kib_within $((seconds - 125)) $((seconds - 5)))
    printf 'resident: %.0f KiB in the third and fourth minute, %.0f KiB in the last two\n' \
        "$before" "$after"
    grown=$(awk -v before="$before" -v after="$after" \
        'BEGIN { print after * 100 > before * 105 }')
fi
printf 'by minute, KiB:'
minute=0
while [ "$minute" -lt "$minutes" ]; do
    printf ' %s' "$(kib_within $((minute * 60)) $((minute * 60 + 60)))"
    minute=$((minute + 1))
done
echo
sort "$folder/failed" | uniq -c
grep -v -e event=listening -e event=stopping "$folder/log" | head -n 40 || true
[ "$failed" -eq 0 ] && [ "$lost" = 0 ] && [ "$said" -eq 0 ] &&
    [ "${status:-0}" -eq 0 ] && [ "$grown" -eq 0 ]
