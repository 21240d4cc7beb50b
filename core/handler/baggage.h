/* baggage.h -- labels that a trusted client gives to the samples of its
 * request, by a `baggage` header as k6 sends it:
 * "k6.scenario=browse,k6.name=login". The format is W3C's (w3.org/TR/baggage).
 *
 * Path: exchange.c -> [baggage] -> sample/labels.c
 */
#ifndef HANDLER_BAGGAGE_H
#define HANDLER_BAGGAGE_H

#include <stdint.h>

struct MHD_Connection;

/* The set of labels with those of the request. What is malformed, too long, or
 * named as the program's own labels is left out, and what comes after the
 * eighth. */
uint32_t baggage_add_labels(struct MHD_Connection *connection, uint32_t labels);

#endif
