// A Go program that profiles itself: main CPU_FILE HEAP_FILE. The specs convert
// what it writes: profiles that are not Perilune's own.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"sort"
	"strings"
	"time"
)

var kept []string

func busy(until time.Time) int {
	n := 0
	for time.Now().Before(until) {
		words := strings.Fields(strings.Repeat("moon crater basin ridge ", 200))
		sort.Strings(words)
		kept = append(kept[:len(kept)%1000], strings.Join(words, " "))
		n += len(words)
	}
	return n
}

func main() {
	cpu, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	pprof.StartCPUProfile(cpu)
	fmt.Println(busy(time.Now().Add(700 * time.Millisecond)))
	pprof.StopCPUProfile()
	cpu.Close()
	heap, err := os.Create(os.Args[2])
	if err != nil {
		panic(err)
	}
	pprof.WriteHeapProfile(heap)
	heap.Close()
}
