#!/bin/sh
# demo.sh -- the main job, in half a minute: build, serve lua/, put load on
# /data, profile the server under load, show where the time goes, and of each
# kind of profile what it has, by go tool pprof, of the function in lua/data.lua
# that is there to show it. Fails when one of them has nothing.
#
# Leaves out/cpu.pb.gz, out/cpu.folded, a profile of each other kind in
# out/KIND.pb.gz, out/load.txt and out/server.log.
set -eu
cd "$(dirname "$0")/.."
sh scripts/build.sh perilune
perilune=build/perilune
mkdir -p out

# Port 0: one that is free; the log tells which.
$perilune serve --listen 127.0.0.1:0 2>out/server.log &
server=$!
load=
stop() {
    [ -z "$load" ] || kill "$load" 2>/dev/null || true
    kill "$server" 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 130' INT TERM

tries=0
until address=$(sed -n 's/.*event=listening address=\([^ ]*\).*/\1/p' out/server.log) &&
    [ -n "$address" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "The server did not start:" >&2
        cat out/server.log >&2
        exit 1
    fi
    sleep 0.1
done
echo "Serving lua/ on http://$address; load on /data for 10 seconds ..."
BASE="http://$address" $perilune load scripts/load.lua -d 10s \
    >out/load.txt 2>&1 &
load=$!
sleep 1

echo "Profiling for 6 seconds under load ..."
fetch() { # QUERY FILE
    $perilune convert "http://$address/debug/pprof/$1" --to pprof -o "out/$2"
}
fetch 'wall?seconds=6' wall.pb.gz &
wall=$!
fetch 'profile?seconds=6' cpu.pb.gz
wait "$wall"
for kind in heap allocs goroutine threadcreate block mutex; do
    fetch "$kind" "$kind.pb.gz"
done
$perilune convert out/cpu.pb.gz --to folded -o out/cpu.folded
wait "$load" || echo "The load test failed: see out/load.txt"
load=

echo
grep -E 'http_reqs|http_req_duration|checks_succeeded|checks\.' out/load.txt || true
echo
$perilune convert out/cpu.pb.gz --to top | head -n 22
# KIND INDEX FUNCTION: the function's line in the table of go tool pprof.
n_empty=0
show() {
    go tool pprof -top -cum -nodefraction=0 -sample_index="$2" "out/$1.pb.gz" \
        2>out/pprof.log | awk -v kind="$1" -v index_="$2" -v name="data.$3" '
        $NF == name && $4 != "0" {
            printf "%-14s %-14s %10s %9s  %s\n", kind, index_, $4, $5, name
            found = 1
        }
        END { exit !found }' && return
    echo "$1: nothing of data.$3 in $2: see out/$1.pb.gz and out/pprof.log" >&2
    n_empty=$((n_empty + 1))
}
if command -v go >out/pprof.log; then
    echo
    echo "go tool pprof -top -cum -sample_index=..., one line of each kind:"
    echo
    show cpu cpu sort_rows
    show allocs alloc_space build_rows
    show allocs alloc_objects build_rows
    show heap inuse_space keep_rows
    show heap inuse_objects keep_rows
    show goroutine goroutine archive_summaries
    show threadcreate threadcreate start_archive
    show block delay wait_for_totals
    show block contentions wait_for_totals
    show mutex delay save_totals
    show mutex contentions save_totals
    show wall wall write_totals
fi
cat <<END

Wrote out/cpu.pb.gz and out/cpu.folded, out/load.txt, and a profile of each
other kind: wall, heap, allocs, goroutine, threadcreate, block, mutex. Try next:

  go tool pprof -list 'data.compare_rows' out/cpu.pb.gz
  go tool pprof -top -cum -focus data out/mutex.pb.gz
  edit lua/data.lua, and run this again
  PORT=8080 $perilune serve
END
[ "$n_empty" -eq 0 ]
