#!/bin/sh
# heap_cost.sh: what the heap profile costs. A script that does little but
# allocate, through Lua's allocator and, in json and gzip, through malloc: CPU
# time at the default rate, and at 64 KiB, over that with no samples at all;
# alternating runs, the median of the ratios of each round and their quartiles.
# And nanoseconds for a malloc and a free of a program that does nothing else.
#
#   sh bench/heap_cost.sh [ROUNDS]        (21)
#
# Needs a build with BENCH=ON.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need_built bench_heap_cost
rounds=${1:-$(by_mode 21 1)}

cat >"$folder/allocate.lua" <<'SCRIPT'
local json, gzip = require "json", require "gzip"
local function build(n)
  local rows = {}
  for i = 1, n do
    rows[i] = { id = i, name = "row " .. i, values = { i, i + 1 } }
  end
  return rows
end
for _ = 1, tonumber(os.getenv "QUICK") and 2 or 20 do
  for _ = 1, 10 do
    local text = json.encode(build(2000))
    json.decode(text)
    gzip.compress(text:sub(1, 1000))
  end
end
print(os.clock())
SCRIPT

# cpu RATE: CPU seconds of one run.
cpu() {
    taskset -c 1 "$perilune" run --heap-rate "$1" --heap "$folder/heap.pb.gz" \
        "$folder/allocate.lua"
}

# pair_ns WHAT: nanoseconds of a malloc and a free.
pair_ns() { taskset -c 1 build/bench_heap_cost "$1"; }

# at QUARTER: of the numbers on stdin, 2 the median.
at() { sort -n | awk -v q="$1" '{ v[NR] = $1 } END { print v[int(NR * q / 4) + (q < 4)] }'; }

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    off=$(cpu 0)
    for rate in 524288 65536; do
        on=$(cpu $rate)
        awk -v on="$on" -v off="$off" 'BEGIN { print on / off }' \
            >>"$folder/$rate"
    done
    for what in libc 0 524288 65536; do
        pair_ns "$what" >>"$folder/pair_$what"
    done
done
for rate in 524288 65536; do
    printf 'CPU, a sample every %3d KiB / none: %.3f (%.3f to %.3f)\n' \
        $((rate / 1024)) "$(at 2 <"$folder/$rate")" \
        "$(at 1 <"$folder/$rate")" "$(at 3 <"$folder/$rate")"
done
printf 'ns of malloc + free: %s the C library alone, %s no samples, ' \
    "$(at 2 <"$folder/pair_libc")" "$(at 2 <"$folder/pair_0")"
printf '%s every 512 KiB, %s every 64 KiB\n' \
    "$(at 2 <"$folder/pair_524288")" "$(at 2 <"$folder/pair_65536")"
