#include "client/transfer.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define BODY_KEPT 65536

void transfer_init(struct transfer *transfer)
{
    *transfer = (struct transfer){
        .method = "GET",
        .expected = &status_set_default,
        .timeout_ns = TRANSFER_TIMEOUT_NS,
        .body_max = TRANSFER_BODY_MAX,
    };
}

void transfer_fini(struct transfer *transfer)
{
    buf_fini(&transfer->request);
    buf_fini(&transfer->tags);
    buf_fini(&transfer->headers);
    buf_fini(&transfer->body);
}

static void clear_reply(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

void transfer_clear(struct transfer *transfer)
{
    transfer->status = 0;
    transfer->http_1_0 = false;
    transfer->encoded = transfer->sets_cookies = false;
    clear_reply(&transfer->headers);
    clear_reply(&transfer->body);
    transfer->error = CLIENT_OK;
    transfer->detail = NULL;
    transfer->times = (struct transfer_times){0};
    transfer->n_sent = transfer->n_received = 0;
}

void transfer_trim(struct transfer *transfer)
{
    if (transfer->body.cap > BODY_KEPT)
        buf_fini(&transfer->body);
}

void transfer_fail(struct transfer *transfer, enum client_error error,
                   const char *detail)
{
    transfer->status = 0;
    clear_reply(&transfer->headers);
    clear_reply(&transfer->body);
    transfer->error = error;
    transfer->detail = detail;
}

void transfer_refuse(struct transfer *transfer, enum client_error error)
{
    transfer_clear(transfer);
    transfer_fail(transfer, error, NULL);
    transfer->times.start_ns = transfer->times.done_ns = clock_mono_ns();
}

static double span_ms(int64_t from_ns, int64_t to_ns)
{
    return from_ns && to_ns > from_ns ? (double)(to_ns - from_ns) / 1e6 : 0;
}

void transfer_timings(struct transfer_timings *out,
                      const struct transfer_times *times)
{
    /* A reply may begin before the whole request is sent. */
    int64_t first_ns =
        times->first_byte_ns ? times->first_byte_ns : times->done_ns;
    int64_t sent_ns = times->sent_ns ? times->sent_ns : first_ns;
    out->blocked = span_ms(times->start_ns, times->connected_ns);
    int64_t dialled_ns =
        times->handshake_ns ? times->handshake_ns : times->connected_ns;
    out->connecting = span_ms(times->dial_ns, dialled_ns);
    out->tls_handshaking = span_ms(times->handshake_ns, times->connected_ns);
    out->sending = span_ms(times->connected_ns, sent_ns);
    out->waiting = times->connected_ns ? span_ms(sent_ns, first_ns) : 0;
    out->receiving = span_ms(times->first_byte_ns, times->done_ns);
    out->duration = out->sending + out->waiting + out->receiving;
}

int transfer_error_code(const struct transfer *transfer)
{
    if (transfer->error)
        return (int)transfer->error;
    return transfer->status >= 400 ? 1000 + transfer->status : 0;
}

const char *transfer_header(const struct transfer *transfer, const char *header)
{
    const char *name = NULL, *value;
    while (buf_next_pair(&transfer->headers, &name, &value))
        if (strcasecmp(name, header) == 0)
            return value;
    return NULL;
}
