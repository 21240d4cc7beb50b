#!/bin/sh
# load.sh: the load generator against wrk: requests/s on one core each for
# generator and target, alternating runs, medians and their ratios.
#
#   sh bench/load.sh [ROUNDS]        (5; SECONDS_EACH=3 CONNECTIONS=50)
#
# Target: nginx with one worker that returns 26 bytes. Needs wrk, nginx, and
# two cores that are otherwise idle: with others at work only the ratios mean
# something, and only over many rounds.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
perilune=${PERILUNE:-$here/build/perilune}
rounds=${1:-5}
seconds=${SECONDS_EACH:-3}
connections=${CONNECTIONS:-50}
for tool in wrk nginx taskset; do
    command -v "$tool" >/dev/null || {
        echo "bench/load.sh: $tool is missing" >&2
        exit 1
    }
done

folder=$(mktemp -d)
nginx_pid=
finish() {
    if [ -n "$nginx_pid" ]; then
        kill "$nginx_pid" 2>/dev/null || :
        wait "$nginx_pid" 2>/dev/null || :
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

start_nginx() {
    port=$1
    cat >"$folder/nginx.conf" <<CONFIG
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
    listen 127.0.0.1:$port;
    location / { return 200 "hello world, this is data\n"; }
  }
}
CONFIG
    taskset -c 1 nginx -c "$folder/nginx.conf" -e "$folder/error.log" &
    nginx_pid=$!
    sleep 0.5
    kill -0 "$nginx_pid" 2>/dev/null
}

# A port that nobody listens on: try some.
port=18200
until start_nginx "$port"; do
    port=$((port + 1))
    [ "$port" -lt 18220 ] || exit 1
done
url=http://127.0.0.1:$port/

cat >"$folder/check.lua" <<'SCRIPT'
local http, loadtest = require "http", require "loadtest"
local check, URL = loadtest.check, loadtest.env.URL
return { default = function()
  check(http.get(URL), {
    ["status is 200"] = function(res) return res.status == 200 end,
  })
end }
SCRIPT

run_url() {
    taskset -c 0 "$perilune" load "$url" -u "$connections" -d "${seconds}s" -q
}
run_script() {
    taskset -c 0 "$perilune" load "$folder/check.lua" -e "URL=$url" \
        -u "$connections" -d "${seconds}s" -q
}
perilune_rate() {
    awk '$1 ~ /^http_reqs\./ { sub("/s", "", $3); print $3 }'
}
wrk_rate() {
    awk '/^Requests\/sec:/ { print $2 }'
}
median() {
    sort -n "$1" | awk '{ v[NR] = $1 }
        END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

echo "target: nginx, $connections connections, $rounds rounds of ${seconds} s"
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    taskset -c 0 wrk -t1 -c"$connections" -d"${seconds}s" "$url" |
        wrk_rate >>"$folder/wrk"
    run_url | perilune_rate >>"$folder/url"
    run_script | perilune_rate >>"$folder/script"
    printf 'round %d: wrk %.0f, URL %.0f, script %.0f requests/s\n' "$round" \
        "$(tail -n1 "$folder/wrk")" "$(tail -n1 "$folder/url")" \
        "$(tail -n1 "$folder/script")"
done

wrk=$(median "$folder/wrk") by_url=$(median "$folder/url")
by_script=$(median "$folder/script")
awk -v wrk="$wrk" -v url="$by_url" -v script="$by_script" 'BEGIN {
    printf "median: wrk %.0f, URL %.0f, script %.0f requests/s\n",
        wrk, url, script
    printf "URL mode / wrk     %.3f  (must 0.97, aim 1.05)\n", url / wrk
    printf "Lua script / wrk   %.3f  (must 0.90, aim 1.00)\n", script / wrk
}'
