#include "client/exchange.h"

#include <string.h>
#include <strings.h>

void exchange_init(struct exchange *exchange)
{
    *exchange = (struct exchange){
        .timeout_ns = EXCHANGE_TIMEOUT_NS,
        .body_max = EXCHANGE_BODY_MAX,
    };
}

void exchange_fini(struct exchange *exchange)
{
    buf_fini(&exchange->request);
    buf_fini(&exchange->headers);
    buf_fini(&exchange->body);
}

static void clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

void exchange_clear(struct exchange *exchange)
{
    exchange->status = 0;
    clear(&exchange->headers);
    clear(&exchange->body);
    exchange->error = CLIENT_OK;
    exchange->detail = NULL;
    exchange->times = (struct exchange_times){0};
    exchange->n_sent = exchange->n_received = 0;
}

void exchange_fail(struct exchange *exchange, enum client_error error,
                   const char *detail)
{
    exchange->status = 0;
    clear(&exchange->headers);
    clear(&exchange->body);
    exchange->error = error;
    exchange->detail = detail;
}

const char *exchange_header(const struct exchange *exchange, const char *name)
{
    const char *at = exchange->headers.data;
    const char *end = at + exchange->headers.len;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}
