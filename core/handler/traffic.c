#include "handler/traffic.h"

#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

const int64_t traffic_bounds_ns[TRAFFIC_N_BOUNDS] = {
    MS / 2,   MS,       5 * MS / 2, 5 * MS,    10 * MS,   25 * MS,   50 * MS,
    100 * MS, 250 * MS, 500 * MS,   1000 * MS, 2500 * MS, 5000 * MS, 10000 * MS,
};

static void add_to_counter(traffic_counter *counter, uint64_t n)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + n, memory_order_relaxed);
}

void traffic_init(struct traffic *m)
{
    memset(m, 0, sizeof *m);
    m->none.route = "";
    atomic_init(&m->routes, &m->none);
}

void traffic_fini(struct traffic *m)
{
    struct route_traffic *r = atomic_load(&m->routes);
    while (r != &m->none) {
        struct route_traffic *next = r->next;
        free(r->route);
        free(r);
        r = next;
    }
}

struct route_traffic *traffic_route(struct traffic *m, const char *route)
{
    struct route_traffic *first = atomic_load(&m->routes);
    for (struct route_traffic *r = first; r; r = r->next)
        if (strcmp(r->route, route) == 0)
            return r;
    struct route_traffic *made = calloc(1, sizeof *made);
    if (!made || !(made->route = strdup(route))) {
        free(made);
        return &m->none;
    }
    made->next = first;
    atomic_store_explicit(&m->routes, made, memory_order_release);
    return made;
}

void traffic_start(struct traffic *m) { add_to_counter(&m->n_started, 1); }

void traffic_end(struct traffic *m, struct route_traffic *route,
                 unsigned status, int64_t duration_ns)
{
    unsigned place = 0;
    while (place < TRAFFIC_N_BOUNDS && duration_ns > traffic_bounds_ns[place])
        place++;
    add_to_counter(&route->buckets[place], 1);
    add_to_counter(&route->sum_ns, (uint64_t)duration_ns);
    add_to_counter(&route->statuses[status - TRAFFIC_FIRST_STATUS], 1);
    add_to_counter(&m->n_ended, 1);
}

const struct route_traffic *traffic_first(const struct traffic *m)
{
    return atomic_load_explicit(&m->routes, memory_order_acquire);
}
