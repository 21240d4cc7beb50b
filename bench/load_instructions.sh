#!/bin/sh
# load_instructions.sh: the instructions that the load generator itself takes for
# a request, counted by callgrind: of a URL, of a script with one check, and of
# the same with a prepared request. What the kernel does is not in them, and is
# most of the time that a request takes. No other process changes these numbers:
# they are what to look at when a change may cost, or win, a per cent.
#
# Counted is what is done when a reply has come, which sends the next request;
# what is done ten times a second is not.
#
#   sh bench/load_instructions.sh [REQUESTS]        (6000; CONNECTIONS=10)
#
# Needs valgrind and nginx.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
perilune=${PERILUNE:-$here/build/perilune}
requests=${1:-6000}
connections=${CONNECTIONS:-10}
for tool in valgrind nginx; do
    command -v "$tool" >/dev/null || {
        echo "bench/load_instructions.sh: $tool is missing" >&2
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
events { worker_connections 1024; }
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
    nginx -c "$folder/nginx.conf" -e "$folder/error.log" &
    nginx_pid=$!
    sleep 0.5
    kill -0 "$nginx_pid" 2>/dev/null
}

# A port that nobody listens on: try some.
port=18240
until start_nginx "$port"; do
    port=$((port + 1))
    [ "$port" -lt 18260 ] || exit 1
done
url=http://127.0.0.1:$port/

# script NAME EXPRESSION: a check of the response that it gives.
script() {
    cat >"$folder/$1.lua" <<SCRIPT
local http, loadtest = require "http", require "loadtest"
local check, URL = loadtest.check, loadtest.env.URL
local prepared = http.prepare { url = URL }
return { default = function()
  check($2, {
    ["status is 200"] = function(res) return res.status == 200 end,
  })
end }
SCRIPT
}
script script 'http.get(URL)'
script prepared 'prepared:send()'

# count NAME TARGET...
count() {
    name=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file="$folder/$name.out" \
        "$perilune" load "$@" -u "$connections" -i "$requests" -q \
        >"$folder/$name.log" 2>&1
    callgrind_annotate --inclusive=yes --auto=no --threshold=100 \
        "$folder/$name.out" |
        awk -v n="$requests" -v name="$name" '
            /core\/client\/transport\.c:on_read / {
                gsub(",", "", $1)
                if ($1 > most) most = $1
            }
            END { printf "%-9s %6.0f\n", name, most / n }'
}

echo "instructions per request, $requests requests"
count url "$url"
count script "$folder/script.lua" -e "URL=$url"
count prepared "$folder/prepared.lua" -e "URL=$url"
