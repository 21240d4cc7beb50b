#!/bin/sh
# speed.sh: how fast a script is in `perilune run`, as it is by default and with no
# profile being taken, against the plain interpreter `lua5.4`. The programs are those
# of bench/programs/ and the operations of bench/speed/operations.lua.
#
#   sh bench/speed.sh [ROUNDS [PROGRAM...]]        (11; REPEAT=5)
#
# Both run in turn, each in a process of its own. A ratio is taken within one round,
# of the CPU seconds of the program without start and end; below 1 Perilune is
# faster. Printed are the median of the rounds and its interval, which holds with
# 99 % at 11 rounds: the second least and the second largest ratio. The bench fails
# if a program is certainly slower than 1.03: if its whole interval lies above.
set -eu
cd "$(dirname "$0")/.."
. bench/begin.sh
need lua5.4
rounds=${1:-$(by_mode 11 1)}
[ $# = 0 ] || shift
repeat=${REPEAT:-$(by_mode 5 1)}
allocating="binary_trees json storage build_strings closures concat tables"

names() {
    lua5.4 -e 'for name in pairs(dofile "bench/speed/operations.lua") do
        print(name)
    end'
    for file in bench/programs/*.lua; do
        basename "$file" .lua
    done
}
[ $# = 0 ] && programs=$(names | sort) || programs=$*

seconds_lua() { lua5.4 bench/speed/time.lua "$@"; }
seconds_perilune() {
    "$perilune" run bench/speed/time.lua "$@" 2>"$folder/errors" || {
        cat "$folder/errors" >&2
        exit 1
    }
}

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    for name in $programs; do
        lua=$(seconds_lua "$name" "$repeat")
        ours=$(seconds_perilune "$name" "$repeat")
        echo "$lua $ours" >>"$folder/$name"
    done
done

echo "$rounds rounds, CPU seconds of $repeat repetitions, ratio to lua5.4"
for name in $programs; do
    printf '%-15s %7.3f  lua5.4 %7.3f  ' "$name" \
        "$(awk '{ print $2 }' "$folder/$name" | median)" \
        "$(awk '{ print $1 }' "$folder/$name" | median)"
    awk '{ print $2 / $1 }' "$folder/$name" | sort -n | awk -v name="$name" '
        { v[NR] = $1 }
        END {
            low = NR > 2 ? v[2] : v[1]
            high = NR > 2 ? v[NR - 1] : v[NR]
            median = (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2
            word = (low > 1.03) ? "  SLOWER" : ""
            printf "%5.2f  (%.2f to %.2f)%s\n", median, low, high, word
        }'
done | tee "$folder/result"

# The mean is geometric.
mean_of() {
    awk -v names=" $* " 'index(names, " " $1 " ") || names == " all " {
        sum += log($5); n++
    }
    END { printf "%.2f\n", n ? exp(sum / n) : 1 }' "$folder/result"
}
echo "mean of all $(mean_of all), of those that allocate much $(mean_of "$allocating")"
[ -n "${QUICK:-}" ] || ! grep -q SLOWER "$folder/result"
