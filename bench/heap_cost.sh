#!/bin/sh
# heap_cost.sh: what the heap profile costs a script that does little but
# allocate: CPU time at the default rate, and at 64 KiB, over that with no
# samples at all; alternating runs, the median of the ratios of each round.
#
#   sh bench/heap_cost.sh [ROUNDS]        (9)
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
perilune=${PERILUNE:-$here/build/perilune}
rounds=${1:-9}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

cat >"$folder/allocate.lua" <<'SCRIPT'
local function build(n)
  local rows = {}
  for i = 1, n do
    rows[i] = { id = i, name = "row " .. i, values = { i, i + 1 } }
  end
  return rows
end
for _ = 1, 40 do build(20000) end
print(os.clock())
SCRIPT

# cpu RATE: CPU seconds of one run.
cpu() {
    taskset -c 1 "$perilune" run --heap-rate "$1" --heap "$folder/heap.pb.gz" \
        "$folder/allocate.lua"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    off=$(cpu 0)
    for rate in 524288 65536; do
        awk -v on="$(cpu $rate)" -v off="$off" 'BEGIN { print on / off }' \
            >>"$folder/$rate"
    done
done
printf 'CPU with samples every 512 KiB / without: %.3f (must 1.02, aim 1.01)\n' \
    "$(median <"$folder/524288")"
printf 'CPU with samples every 64 KiB / without:  %.3f\n' \
    "$(median <"$folder/65536")"
