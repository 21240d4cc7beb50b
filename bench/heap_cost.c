/* heap_cost.c -- nanoseconds of CPU for a malloc and a free, of sizes from 16
 * to 1,039 bytes, of which 4,096 are held at a time.
 *
 *   bench_heap_cost RATE     through ours, sampled every RATE bytes; 0: never
 *   bench_heap_cost libc     the C library's own: ours are not there
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/libc_malloc.h"
#include "sample/session/sampler.h"
#include "sample/tables/heap.h"
#include "sample/walk/attach.h"

enum { HELD = 4096, N = 10000000 };

static void *held[HELD];

/* Not inlined: so that both are called through a pointer of the same kind. */
static double run(void *(*allocate)(size_t), void (*release)(void *), int n)
{
    uint32_t random = 1;
    int64_t start_ns = clock_thread_ns();
    for (int i = 0; i < n; i++) {
        random = random * 1664525 + 1013904223;
        void **slot = &held[random >> 20];
        release(*slot);
        *slot = allocate(16 + (random >> 4) % 1024);
    }
    return (double)(clock_thread_ns() - start_ns) / n;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_heap_cost RATE|libc\n");
        return 2;
    }
    if (strcmp(argv[1], "libc") == 0) {
        run(libc_malloc, libc_free, HELD);
        printf("%.2f\n", run(libc_malloc, libc_free, N));
        return 0;
    }
    heap_set_rate(strtoul(argv[1], NULL, 10));
    if (!sampler_init(&err) || !attach_thread(NULL, &err)) {
        fprintf(stderr, "bench_heap_cost: %s\n", err.message);
        return 1;
    }
    run(malloc, free, HELD);
    printf("%.2f\n", run(malloc, free, N));
    return 0;
}
