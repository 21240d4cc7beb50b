#include "target/pprof_request.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/request.h"

#define PPROF_PATH "/debug/pprof"
#define BODY_MAX ((size_t)256 << 20)
#define SECOND_NS INT64_C(1000000000)
/* Time for the target to write a profile, after its seconds. */
#define REPLY_NS (20 * SECOND_NS)
#define MESSAGE_MAX 200

void pprof_request_init(struct pprof_request *request)
{
    transfer_init(&request->transfer);
    request->url = NULL;
}

void pprof_request_fini(struct pprof_request *request)
{
    transfer_fini(&request->transfer);
    free(request->url);
}

static char *make_url(const char *base, const char *endpoint, int64_t seconds)
{
    size_t n = strlen(base), n_path = strlen(PPROF_PATH);
    char *url, query[32] = "";
    while (n > 0 && base[n - 1] == '/')
        n--;
    bool has_path =
        n >= n_path && strncmp(base + n - n_path, PPROF_PATH, n_path) == 0;
    if (seconds)
        snprintf(query, sizeof query, "?seconds=%" PRId64, seconds);
    int length = asprintf(&url, "%.*s%s/%s%s", (int)n, base,
                          has_path ? "" : PPROF_PATH, endpoint, query);
    return length < 0 ? NULL : url;
}

bool pprof_request_send(struct pprof_request *request, struct client *client,
                        const char *base, const char *endpoint, int64_t seconds,
                        struct err *err)
{
    struct transfer *transfer = &request->transfer;
    free(request->url);
    request->url = make_url(base, endpoint, seconds);
    if (!request->url)
        return err_set(err, "out of memory");
    if (!url_parse(&transfer->url, request->url, strlen(request->url), err))
        return false;
    request_begin(&transfer->request, "GET", &transfer->url);
    request_host(&transfer->request, &transfer->url);
    request_user_agent(&transfer->request, REQUEST_USER_AGENT);
    request_end(&transfer->request, NULL, 0);
    transfer->timeout_ns = seconds * SECOND_NS + REPLY_NS;
    transfer->body_max = BODY_MAX;
    transfer->idempotent = transfer->keep_body = transfer->keep_headers = true;
    return (!transfer->request.failed && client_send(client, transfer)) ||
           err_set(err, "out of memory");
}

/* Returns the length of the first line of the body if the body is a message for
 * a person. Go marks such a body with the header X-Go-Pprof. */
static int message_length(const struct transfer *transfer)
{
    const struct buf *body = &transfer->body;
    int n = 0;
    if (transfer_header(transfer, "X-Go-Pprof"))
        while ((size_t)n < body->len && n < MESSAGE_MAX &&
               (unsigned char)body->data[n] >= 0x20)
            n++;
    return n;
}

bool pprof_request_failed(const struct transfer *transfer, char *out,
                          size_t size)
{
    if (transfer->error) {
        snprintf(out, size, "%s%s%s", client_error_text(transfer->error),
                 transfer->detail ? ": " : "",
                 transfer->detail ? transfer->detail : "");
        return true;
    }
    if (transfer->status == 200)
        return false;
    int n = message_length(transfer);
    snprintf(out, size, "%d %s%s%.*s", transfer->status,
             MHD_get_reason_phrase_for((unsigned)transfer->status),
             n ? ": " : "", n, n ? transfer->body.data : "");
    return true;
}
