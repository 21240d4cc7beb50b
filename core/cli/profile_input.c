#include "cli/profile_input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "client/fetch.h"
#include "profile/pprof_read.h"

static const size_t LIMIT_BYTES = (size_t)1 << 30;
/* A profile endpoint replies after its `seconds`; an hour is the limit. */
static const int64_t TIMEOUT_NS = 3600 * 1000000000LL;

static bool read_input_file(const char *path, struct buf *bytes,
                            struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file)
        return err_set(err, "%s", strerror(errno));
    size_t n;
    do {
        if (!buf_reserve(bytes, 65536))
            break;
        n = fread(bytes->data + bytes->len, 1, 65536, file);
        bytes->len += n;
    } while (n > 0 && bytes->len <= LIMIT_BYTES);
    bool failed = ferror(file);
    int why = errno;
    if (!is_stdin)
        fclose(file);
    if (failed)
        return err_set(err, "%s", strerror(why));
    if (bytes->failed)
        return err_set(err, "out of memory");
    return bytes->len <= LIMIT_BYTES || err_set(err, "larger than 1 GiB");
}

/* Fetches the URL. If the server refuses, err quotes the first line of its
 * reply. */
static bool fetch_url(const char *url, struct buf *bytes, struct err *err)
{
    int status = 0;
    if (!client_fetch(url, TIMEOUT_NS, LIMIT_BYTES, bytes, &status, err))
        return false;
    if (status == 200)
        return true;
    const char *text = buf_cstr(bytes);
    return err_set(err, "not a profile but status %d: %.*s", status,
                   text ? (int)strcspn(text, "\r\n") : 0, text ? text : "");
}

struct profile *profile_input_read(const char *input, struct err *err)
{
    struct buf bytes = BUF_INIT;
    bool is_url =
        strncmp(input, "http://", 7) == 0 || strncmp(input, "https://", 8) == 0;
    bool got = is_url ? fetch_url(input, &bytes, err)
                      : read_input_file(input, &bytes, err);
    struct profile *profile =
        got ? pprof_read(bytes.data, bytes.len, err) : NULL;
    buf_fini(&bytes);
    if (!profile)
        err_prefix(err, "%s: ", strcmp(input, "-") == 0 ? "stdin" : input);
    return profile;
}
