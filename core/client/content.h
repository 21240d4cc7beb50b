/* content.h -- undoes the Content-Encoding of a body, as k6 does: gzip and
 * deflate, and several of them one after the other. Codings that are not known
 * stay.
 */
#ifndef CLIENT_CONTENT_H
#define CLIENT_CONTENT_H

#include <stdbool.h>

#include "base/buf.h"

struct transfer;

/* The body of a complete reply, which becomes an error of it when it is damaged
 * or longer than body_max when decoded. `scratch` is emptied. */
void content_decode(struct transfer *transfer, struct buf *scratch);

#endif
