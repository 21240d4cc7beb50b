/* slow_requests.h -- keeps the samples of slow requests apart, for profiles
 * that want no others.
 *
 * Whether a request is slow is known when it ends, after its samples were
 * taken. So a session adds each sample under a tag, which stands for a request
 * and a set of labels, in place of the sample's labels. When the profile ends,
 * each tag is judged: a request is slow if it took `least_ns` or longer, or has
 * run for that long and still runs. A request that ends earlier reports itself
 * as quick; the report is kept only if a sample was taken of the request. So
 * the memory for requests is bounded by the memory for samples.
 *
 *   sample: request 7, labels 3 -> tag 0 -> { request 7, labels 3 }
 *   sample: request 9, labels 3 -> tag 1 -> { request 9, labels 3 }
 *   request 9 ends in time      -> request 9 is quick: tag 1 is dropped
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

/* Begins a request, which is all zeros: gives the request its number.
 * `start_ns` is when the request began (monotonic). [any thread, not in a
 * handler] */
void slow_requests_begin(struct context_request *request, int64_t start_ns);

/* Ends a request. Its memory may go afterwards. [the thread of the request] */
void slow_requests_end(struct context_request *request);

/* All functions below: [any thread, not in a handler] */

/* Begins to watch for requests that take `least_ns` or longer. Returns NULL if
 * out of memory. The caller frees the result with slow_requests_free, which
 * accepts NULL. */
struct slow_requests *slow_requests_new(int64_t least_ns);
void slow_requests_free(struct slow_requests *slow);

/* Returns the tag for a sample with these labels and the number of this request
 * (context.h). Returns SLOW_REQUESTS_NONE if `request` is 0, so that the sample
 * is of no request, or if out of memory. */
#define SLOW_REQUESTS_NONE UINT32_MAX
uint32_t slow_requests_tag(struct slow_requests *slow, uint32_t labels,
                           int64_t request);

/* Ends the watching: requests that still run are as long as they are now. Only
 * the first call has an effect. */
void slow_requests_judge(struct slow_requests *slow);

/* Returns true if the tag is of a slow request, and sets `*labels` to the
 * labels of its samples. Called after slow_requests_judge. */
bool slow_requests_has(struct slow_requests *slow, uint32_t tag,
                       uint32_t *labels);

/* Counts the requests that have samples, and those of them that are slow.
 * Called after slow_requests_judge. */
void slow_requests_count(struct slow_requests *slow, size_t *n_sampled,
                         size_t *n_slow);

#endif
