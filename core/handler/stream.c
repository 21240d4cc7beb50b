#include "handler/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/buf.h"
#include "http/daemon.h"

/* A writer waits when more than MANY_BYTES are to be sent, and goes on when at
 * most FEW_BYTES are. */
#define MANY_BYTES ((size_t)64 << 10)
#define FEW_BYTES ((size_t)16 << 10)
/* The size of a block for HTTP/1.0, which has no chunks. */
#define BLOCK_BYTES ((size_t)16 << 10)

struct stream {
    struct request *request;
    struct buf bytes;
    size_t n_sent;          /* bytes of the buffer that are sent */
    uint64_t n_sent_before; /* bytes that are no longer in the buffer */
    bool is_ended, is_complete;
    void (*wanted)(void *ctx);
    void *ctx;
};

struct stream *stream_new(void) { return calloc(1, sizeof(struct stream)); }

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    buf_fini(&stream->bytes);
    free(stream);
}

static size_t n_waiting(const struct stream *stream)
{
    return stream->bytes.len - stream->n_sent;
}

static size_t take_stream_bytes(struct stream *stream, char *out, size_t max)
{
    size_t n = n_waiting(stream) < max ? n_waiting(stream) : max;
    memcpy(out, stream->bytes.data + stream->n_sent, n);
    stream->n_sent += n;
    return n;
}

/* Gives libmicrohttpd up to `max` bytes. */
static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t max)
{
    struct stream *stream = ctx;
    (void)position;
    if (!stream->is_ended && n_waiting(stream) <= FEW_BYTES)
        stream->wanted(stream->ctx);
    if (n_waiting(stream) > 0)
        return (ssize_t)take_stream_bytes(stream, out, max);
    if (stream->is_ended)
        return stream->is_complete && !stream->bytes.failed
                   ? MHD_CONTENT_READER_END_OF_STREAM
                   : MHD_CONTENT_READER_END_WITH_ERROR;
    request_pause(stream->request);
    return 0;
}

struct MHD_Response *stream_response(struct stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                             read_stream, stream, NULL);
}

void stream_start(struct stream *stream, struct request *request,
                  void (*wanted)(void *ctx), void *ctx)
{
    stream->request = request;
    stream->wanted = wanted;
    stream->ctx = ctx;
}

/* Removes the sent bytes from the buffer, unless more bytes would have to be
 * moved than are removed. */
static void drop_sent_bytes(struct stream *stream)
{
    size_t n = n_waiting(stream);
    if (stream->n_sent < n)
        return;
    stream->n_sent_before += stream->n_sent;
    memmove(stream->bytes.data, stream->bytes.data + stream->n_sent, n);
    stream->bytes.len = n;
    stream->n_sent = 0;
}

bool stream_write(struct stream *stream, const char *bytes, size_t n)
{
    if (stream->n_sent > 0)
        drop_sent_bytes(stream);
    buf_append(&stream->bytes, bytes, n);
    request_resume(stream->request);
    return n_waiting(stream) <= MANY_BYTES;
}

void stream_end(struct stream *stream, bool is_complete)
{
    stream->is_ended = true;
    stream->is_complete = is_complete;
    request_resume(stream->request);
}

uint64_t stream_n_sent(const struct stream *stream)
{
    return stream->n_sent_before + stream->n_sent;
}

bool stream_has_failed(const struct stream *stream)
{
    return stream->bytes.failed;
}
