/* content.h -- decodes a body's Content-Encoding, as k6 does: gzip and deflate,
 * and several of them in a row. A body with an unknown coding stays encoded.
 *
 * Path: connection.c -> [content]
 */
#ifndef CLIENT_CONTENT_H
#define CLIENT_CONTENT_H

#include <stdbool.h>

#include "base/buf.h"

struct transfer;

/* Decodes the body of a complete reply. Fails the transfer if the body is
 * damaged or, decoded, longer than body_max. `scratch` is overwritten. */
void content_decode(struct transfer *transfer, struct buf *scratch);

#endif
