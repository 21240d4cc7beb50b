#!/bin/sh
# exceptions.sh: what an exception in a C++ module costs: CPU time of a script
# whose module throws, under the plain interpreter and under `perilune run`, not
# profiled and profiled; alternating runs, their medians and the ratios of them.
#
#   sh bench/exceptions.sh [ROUNDS]        (5)
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need g++ lua5.4 pkg-config
rounds=${1:-$(by_mode 5 1)}
n=$(by_mode 200000 2000)

# shellcheck disable=SC2046 # words
g++ -shared -fPIC -O2 $(pkg-config --cflags lua5.4) -o "$folder/throws.so" \
    spec/scripts/throws.cc
cat >"$folder/throw.lua" <<SCRIPT
package.cpath = "$folder/?.so"
local throws = require "throws"
local start = os.clock()
assert(throws.throws($n, 5) == $n)
print(os.clock() - start)
SCRIPT

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    lua5.4 "$folder/throw.lua" >>"$folder/plain"
    "$perilune" run "$folder/throw.lua" 2>/dev/null >>"$folder/run"
    "$perilune" run --cpu "$folder/cpu" "$folder/throw.lua" >>"$folder/profiled"
done
plain=$(median <"$folder/plain")
for name in plain run profiled; do
    median <"$folder/$name" | awk -v name="$name" -v n="$n" -v plain="$plain" \
        '{ printf "%-9s %6.2f us an exception, %.2f times lua5.4\n",
               name, $1 / n * 1e6, $1 / plain }'
done
