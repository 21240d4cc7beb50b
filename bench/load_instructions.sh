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
set -eu
cd "$(dirname "$0")/.."
. bench/load_target.sh
need valgrind
requests=${1:-$(by_mode 6000 200)}
connections=${CONNECTIONS:-10}
start_target 18240

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
            END {
                if (!most) {
                    print "no function transport.c:on_read" >"/dev/stderr"
                    exit 1
                }
                printf "%-9s %6.0f\n", name, most / n
            }'
}

echo "instructions per request, $requests requests"
count url "$url"
count script "$folder/script.lua" -e "URL=$url"
count prepared "$folder/prepared.lua" -e "URL=$url"
