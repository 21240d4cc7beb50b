#!/bin/sh
# demo.sh -- the main job, in half a minute: build, serve lua/, put load on
# /data, profile the server under load, show where the time goes.
#
# Leaves out/cpu.pb.gz, out/cpu.folded, out/load.txt and out/server.log.
set -eu
cd "$(dirname "$0")/.."
sh scripts/build.sh
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
$perilune convert "http://$address/debug/pprof/profile?seconds=6" \
    --to pprof -o out/cpu.pb.gz
$perilune convert out/cpu.pb.gz --to folded -o out/cpu.folded
wait "$load" || echo "The load test failed: see out/load.txt"
load=

echo
grep -E 'http_reqs|http_req_duration|checks_succeeded|checks\.' out/load.txt || true
echo
$perilune convert out/cpu.pb.gz --to top | head -n 22
cat <<END

Wrote out/cpu.pb.gz, out/cpu.folded and out/load.txt. Try next:

  go tool pprof -list 'data.compare_rows' out/cpu.pb.gz
  edit lua/data.lua, and run this again
  PORT=8080 $perilune serve
END
