/* request_baggage.h -- tells the target to which scenario and endpoint a
 * request belongs, so that the target can label its samples: the header
 * `baggage`, as k6 sends it (w3.org/TR/baggage).
 *
 * Path: load/vu_url.c, load/vu_http.c -> [request_baggage] -> the target, if it
 * trusts the header -> captured_profile.c
 */
#ifndef TARGET_REQUEST_BAGGAGE_H
#define TARGET_REQUEST_BAGGAGE_H

#include <stddef.h>

#include "base/buf.h"

/* The label that has the name of the endpoint in the target's profiles. */
#define REQUEST_BAGGAGE_NAME "k6.name"

/* Appends the header "baggage: k6.scenario=SCENARIO,k6.name=NAME", with
 * percent-encoded values. */
void request_baggage_put(struct buf *out, const char *scenario,
                         const char *name, size_t n_name);

#endif
