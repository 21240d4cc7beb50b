/* request_baggage.h -- tells the target what a request is of, so that it can
 * label the samples of its profiles: the header `baggage`, as k6 sends it
 * (w3.org/TR/baggage).
 *
 * Path: vu_url.c, vu_http.c -> [request_baggage] -> http/baggage.c of a target
 * that trusts us -> captured_profile.c
 */
#ifndef TARGET_REQUEST_BAGGAGE_H
#define TARGET_REQUEST_BAGGAGE_H

#include <stddef.h>

#include "base/buf.h"

/* The label that then has the name of an endpoint. */
#define REQUEST_BAGGAGE_NAME "k6.name"

/* "baggage: k6.scenario=SCENARIO,k6.name=NAME", values percent-encoded. */
void request_baggage_put(struct buf *out, const char *scenario,
                         const char *name, size_t n_name);

#endif
