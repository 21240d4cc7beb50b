#include "client/content.h"

#include <string.h>
#include <strings.h>

#include "base/gzip.h"
#include "client/transfer.h"

#define SCRATCH_KEPT ((size_t)1 << 20)

struct coding {
    const char *name;
    bool (*decode)(const void *data, size_t n, size_t limit, struct buf *out,
                   struct err *err);
    const char *damaged;
};

static const struct coding codings[] = {
    {"gzip", gzip_decompress, "damaged gzip data"},
    {"x-gzip", gzip_decompress, "damaged gzip data"},
    {"deflate", gzip_inflate, "damaged deflate data"},
};

static const struct coding *find_coding(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (strlen(codings[i].name) == n &&
            strncasecmp(codings[i].name, name, n) == 0)
            return &codings[i];
    return NULL;
}

static bool undo(struct transfer *transfer, const struct coding *coding,
                 struct buf *scratch)
{
    struct buf *body = &transfer->body;
    struct err err;
    scratch->len = 0;
    if (coding->decode(body->data, body->len, transfer->body_max, scratch,
                       &err)) {
        body->len = 0;
        buf_append(body, scratch->data, scratch->len);
        if (!body->failed)
            return true;
    }
    if (body->failed || scratch->failed)
        transfer_fail(transfer, CLIENT_OUT_OF_MEMORY, NULL);
    else if (scratch->len > transfer->body_max)
        transfer_fail(transfer, CLIENT_BODY_TOO_LARGE, "when decompressed");
    else
        transfer_fail(transfer, CLIENT_DECODING, coding->damaged);
    return false;
}

/* In "a, b" the coding b was applied last, so it is decoded first. */
void content_decode(struct transfer *transfer, struct buf *scratch)
{
    const char *list = transfer_header(transfer, "Content-Encoding");
    size_t end = list && transfer->body.len > 0 ? strlen(list) : 0;
    bool ok = true;
    while (ok && end > 0) {
        size_t at = end;
        while (at > 0 && list[at - 1] != ',')
            at--;
        size_t first = at + strspn(list + at, " \t");
        size_t n = strcspn(list + first, " \t,");
        const struct coding *coding = find_coding(list + first, n);
        if (coding)
            ok = undo(transfer, coding, scratch);
        end = at > 0 ? at - 1 : 0;
    }
    scratch->len = 0;
    scratch->failed = false;
    if (scratch->cap > SCRATCH_KEPT)
        buf_fini(scratch);
}
