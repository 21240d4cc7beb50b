/* stream.h -- a reply's body that is made while it is sent: a buffer between
 * the writer and the connection.
 *
 * The writer fills the buffer and libmicrohttpd empties it. Above 64 KiB the
 * writer is told to wait, and `wanted` is called when 16 KiB are left. An empty
 * buffer suspends the connection until the next write. All functions are called
 * on the worker's thread.
 *
 *     stream_write --> [ sent | waiting ] --> libmicrohttpd
 *     wanted       <-- when little waits
 *
 * Path: stream_body.c, exchange.c -> [stream] -> daemon.c
 */
#ifndef HANDLER_STREAM_H
#define HANDLER_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;
struct stream;

/* Makes an empty stream. Returns NULL if out of memory. The caller frees the
 * stream after its request is over. */
struct stream *stream_new(void);
void stream_free(struct stream *stream);

/* Makes a response with this body, sent in chunks. Returns NULL if out of
 * memory. */
struct MHD_Response *stream_response(struct stream *stream);

/* Connects the stream with the request that is about to be answered with it.
 * `wanted` is called for the first time when the body's start is sent, then
 * whenever little waits, and no more after stream_end. It is never called for a
 * HEAD request. `wanted` may write. */
void stream_start(struct stream *stream, struct request *request,
                  void (*wanted)(void *ctx), void *ctx);

/* Copies bytes to the end of the body. Returns false if so much waits to be
 * sent that the writer should wait for `wanted`. */
bool stream_write(struct stream *stream, const char *bytes, size_t n);

/* Ends the body. If it is not complete, the connection is closed without the
 * last chunk, which tells the client. */
void stream_end(struct stream *stream, bool is_complete);

/* Returns how many bytes of the body were sent so far. */
uint64_t stream_n_sent(const struct stream *stream);

/* Returns true if memory was short, so that the body is incomplete. */
bool stream_has_failed(const struct stream *stream);

#endif
