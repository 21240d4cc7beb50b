/* baggage.h -- adds the labels of a trusted client to the samples of its
 * request.
 *
 * k6 and the built-in load generator send a `baggage` header, such as
 * "k6.scenario=browse,k6.name=login". With `--trust-baggage` its members become
 * labels, and a profile can be split by them. Labels live as long as the
 * process, so the number and the size of the members are bounded. The format is
 * W3C's (w3.org/TR/baggage).
 *
 * Path: exchange.c -> [baggage] -> sample/tables/label_values.c
 */
#ifndef HANDLER_BAGGAGE_H
#define HANDLER_BAGGAGE_H

#include <stdint.h>

struct MHD_Connection;

/* Returns the set `labels` with the members of the request's header added.
 * Leaves out members that are malformed, too long, or named like a label of
 * the program, and all members after the eighth. [worker] */
uint32_t baggage_add_labels(struct MHD_Connection *connection, uint32_t labels);

#endif
