/* slow_requests.h -- for profiles of slow requests only: which samples are of
 * one.
 *
 * That is known when the request ends, after its samples. Until then they go
 * under a tag, which stands for a request and a set of labels, and at the end
 * of the profile each tag is judged: its request took long enough, or has by
 * now. A request that was quick says so at its end, if a sample saw it; so what
 * is kept of requests is bounded by what is kept of samples.
 *
 * Path: script/scheduler.c -> cpu.c, wall.c -> [slow_requests] ->
 *       session_profile.c
 */
#ifndef SAMPLE_WALK_SLOW_REQUESTS_H
#define SAMPLE_WALK_SLOW_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context_request;
struct slow_requests;

/* A request begins, which is all zeros: gives the request its number. */
void slow_requests_begin(struct context_request *request, int64_t start_ns);

/* The request is over. [the thread of the request] */
void slow_requests_end(struct context_request *request);

/* Of requests that take `least_ns` or longer. NULL when out of memory. [any
 * thread, like all below] */
struct slow_requests *slow_requests_new(int64_t least_ns);
void slow_requests_free(struct slow_requests *slow);

/* What to put in the place of a sample's labels. `request` is its number
 * (sampler.h), 0 for none: SLOW_REQUESTS_NONE, the sample is not wanted. Also
 * when out of memory. */
#define SLOW_REQUESTS_NONE UINT32_MAX
uint32_t slow_requests_tag(struct slow_requests *slow, uint32_t labels,
                           int64_t request);

/* Requests that still run are as long as they are now. The first call counts.
 */
void slow_requests_judge(struct slow_requests *slow);

/* Is it a slow request's? Then `labels` are those of its samples. After
 * slow_requests_judge. */
bool slow_requests_has(struct slow_requests *slow, uint32_t tag,
                       uint32_t *labels);

/* How many requests have samples, and how many of these are slow. */
void slow_requests_count(struct slow_requests *slow, size_t *n_sampled,
                         size_t *n_slow);

#endif
