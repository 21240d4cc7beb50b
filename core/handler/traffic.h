/* traffic.h -- counts the requests of a worker by route.
 *
 * One thread writes the counters and any thread reads them. They are stored
 * without a lock and shared between no two workers. The counters of a route
 * live as long as the worker, so that they go on when the scripts are reloaded.
 *
 * Path: worker.c -> [traffic] -> metrics.c
 */
#ifndef HANDLER_TRAFFIC_H
#define HANDLER_TRAFFIC_H

#include <stdatomic.h>
#include <stdint.h>

/* The statuses that are counted: 100 to 599. */
enum { TRAFFIC_FIRST_STATUS = 100, TRAFFIC_N_STATUSES = 500 };

/* The client left before its answer. nginx uses the same number. */
enum { TRAFFIC_CLIENT_LEFT = 499 };

/* The upper bounds of the latency histogram, in nanoseconds. One more bucket
 * has no bound. */
enum { TRAFFIC_N_BOUNDS = 14 };
extern const int64_t traffic_bounds_ns[TRAFFIC_N_BOUNDS];

typedef _Atomic uint64_t traffic_counter;

struct route_traffic {
    struct route_traffic *next;
    char *route; /* the pattern; "" for requests without a route */
    traffic_counter statuses[TRAFFIC_N_STATUSES];
    traffic_counter buckets[TRAFFIC_N_BOUNDS + 1];
    traffic_counter sum_ns;
};

struct traffic {
    _Atomic(struct route_traffic *) routes; /* ends with `none` */
    struct route_traffic none; /* route "", and any route if out of memory */
    traffic_counter n_started, n_ended;
};

/* Sets all counters to zero. The struct stays in place until traffic_fini. */
void traffic_init(struct traffic *traffic);
void traffic_fini(struct traffic *traffic);

/* Returns the counters of a route, which are made at the first call. [worker]
 */
struct route_traffic *traffic_route(struct traffic *traffic, const char *route);

/* Counts a request that begins. [worker] */
void traffic_start(struct traffic *traffic);

/* Counts a request that is over. [worker] */
void traffic_end(struct traffic *traffic, struct route_traffic *route,
                 unsigned status, int64_t duration_ns);

/* Returns the first of all routes, in no order; `next` leads to the others.
 * [any thread] */
const struct route_traffic *traffic_first(const struct traffic *traffic);

#endif
