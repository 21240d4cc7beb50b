#include "client/transfer.h"

#include <string.h>
#include <strings.h>

void transfer_init(struct transfer *transfer)
{
    *transfer = (struct transfer){
        .timeout_ns = TRANSFER_TIMEOUT_NS,
        .body_max = TRANSFER_BODY_MAX,
    };
}

void transfer_fini(struct transfer *transfer)
{
    buf_fini(&transfer->request);
    buf_fini(&transfer->headers);
    buf_fini(&transfer->body);
}

static void clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

void transfer_clear(struct transfer *transfer)
{
    transfer->status = 0;
    clear(&transfer->headers);
    clear(&transfer->body);
    transfer->error = CLIENT_OK;
    transfer->detail = NULL;
    transfer->times = (struct transfer_times){0};
    transfer->n_sent = transfer->n_received = 0;
}

void transfer_fail(struct transfer *transfer, enum client_error error,
                   const char *detail)
{
    transfer->status = 0;
    clear(&transfer->headers);
    clear(&transfer->body);
    transfer->error = error;
    transfer->detail = detail;
}

const char *transfer_header(const struct transfer *transfer, const char *name)
{
    const char *at = transfer->headers.data;
    const char *end = at + transfer->headers.len;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}
