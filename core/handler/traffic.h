/* traffic.h -- what a worker counts of its requests, by route.
 *
 * One thread writes, any may read: plain stores, no lock, nothing shared
 * between workers. A route's counters live as long as the worker, so that they
 * go on when the scripts are reloaded.
 *
 * Path: worker.c -> [traffic] -> metrics.c
 */
#ifndef HANDLER_TRAFFIC_H
#define HANDLER_TRAFFIC_H

#include <stdatomic.h>
#include <stdint.h>

/* Statuses that are counted: 100 to 599. */
enum { TRAFFIC_FIRST_STATUS = 100, TRAFFIC_N_STATUSES = 500 };

/* The client left before its answer, as nginx calls it. */
enum { TRAFFIC_CLIENT_LEFT = 499 };

/* Upper bounds of the latency histogram, in nanoseconds; one more bucket is
 * without a bound. */
enum { TRAFFIC_N_BOUNDS = 14 };
extern const int64_t traffic_bounds_ns[TRAFFIC_N_BOUNDS];

typedef _Atomic uint64_t traffic_counter;

struct route_traffic {
    struct route_traffic *next;
    char *route; /* its pattern; "" for what has no route */
    traffic_counter statuses[TRAFFIC_N_STATUSES];
    traffic_counter buckets[TRAFFIC_N_BOUNDS + 1];
    traffic_counter sum_ns;
};

struct traffic {
    _Atomic(struct route_traffic *) routes;
    struct route_traffic none; /* "": also where memory is short */
    traffic_counter n_started, n_ended;
};

/* The struct stays in place. */
void traffic_init(struct traffic *traffic);
void traffic_fini(struct traffic *traffic);

/* The counters of a route, made when it is first asked for. [worker] */
struct route_traffic *traffic_route(struct traffic *traffic, const char *route);

/* A request begins; it ends with this status, so long after. [worker] */
void traffic_start(struct traffic *traffic);
void traffic_end(struct traffic *traffic, struct route_traffic *route,
                 unsigned status, int64_t duration_ns);

/* All routes, in any order. [any thread] */
const struct route_traffic *traffic_first(const struct traffic *traffic);

#endif
