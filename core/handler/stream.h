/* stream.h -- a reply's body that is made while it is sent: what lies between
 * who writes it and the connection.
 *
 * [worker]
 *
 * Path: app.c -> [stream] -> daemon.c
 */
#ifndef HANDLER_STREAM_H
#define HANDLER_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;
struct stream;

/* NULL when out of memory. Free it when the request is over. */
struct stream *stream_new(void);
void stream_free(struct stream *stream);

/* A response with this body, sent in chunks. NULL when out of memory. */
struct MHD_Response *stream_response(struct stream *stream);

/* The request that is going to be answered with it. `wanted` is called
 * whenever the body runs low, so also to begin with, but not after stream_end;
 * never when only the head is asked for. It may write. */
void stream_start(struct stream *stream, struct request *request,
                  void (*wanted)(void *ctx), void *ctx);

/* Copy bytes to the body's end. False when so much is waiting that the writer
 * should wait for `wanted`. */
bool stream_write(struct stream *stream, const char *bytes, size_t n);

/* The body is complete; or it is not, which the client sees by a connection
 * that closes without the last chunk. */
void stream_end(struct stream *stream, bool is_complete);

/* Of the body, sent so far. */
uint64_t stream_n_sent(const struct stream *stream);

/* Has memory been short for the bytes? Then it is incomplete. */
bool stream_has_failed(const struct stream *stream);

#endif
