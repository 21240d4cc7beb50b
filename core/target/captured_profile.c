#include "target/captured_profile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/pprof_request.h"
#include "target/request_baggage.h"
#include "profile/pprof_read.h"
#include "profile/profile.h"

#define COUNT_TYPE "samples" /* number of samples, in profiles of time */

void captured_profile_fail(struct captured_profile *captured,
                           const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(captured->failure, sizeof captured->failure, format, arguments);
    va_end(arguments);
    captured->state = CAPTURED_FAILED;
}

/* --- the profile of a reply --------------------------------------------- */

/* Returns the sample type that the report shows: that of the kind, or else the
 * last one, which is pprof's default. */
static uint32_t shown_type(const struct captured_profile *captured)
{
    uint32_t n = profile_n_sample_types(captured->profile);
    uint32_t type =
        profile_find_sample_type(captured->profile, captured->kind->shown_type);
    return type < n ? type : n - 1;
}

static bool has_endpoint(const struct captured_profile *captured,
                         const char *name)
{
    for (unsigned i = 0; i < captured->n_endpoints; i++)
        if (strcmp(captured->endpoints[i].name, name) == 0)
            return true;
    return false;
}

static bool add_captured_endpoint(struct captured_profile *captured,
                                  uint32_t type, const char *name,
                                  struct err *err)
{
    struct captured_endpoint *endpoint =
        &captured->endpoints[captured->n_endpoints];
    struct top_filter filter = {REQUEST_BAGGAGE_NAME, name};
    if (captured->n_endpoints == CAPTURED_ENDPOINTS_MAX ||
        has_endpoint(captured, name))
        return true;
    endpoint->name = name;
    if (!top_build(&endpoint->top, captured->profile, type, filter, err))
        return false;
    captured->n_endpoints++;
    return true;
}

static int by_total(const void *a, const void *b)
{
    const struct captured_endpoint *x = a, *y = b;
    if (x->top.total != y->top.total)
        return x->top.total > y->top.total ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool add_endpoints(struct captured_profile *captured, uint32_t type,
                          struct err *err)
{
    const struct profile *p = captured->profile;
    captured->endpoints =
        calloc(CAPTURED_ENDPOINTS_MAX + 1, sizeof *captured->endpoints);
    if (!captured->endpoints)
        return err_set(err, "out of memory");
    for (uint32_t i = 0; i < profile_n_samples(p); i++) {
        struct profile_sample sample = profile_get_sample(p, i);
        for (uint32_t k = 0; k < sample.n_labels; k++) {
            const struct profile_label *label = &sample.labels[k];
            const char *key = profile_get_string(p, label->key, NULL);
            if (label->str && strcmp(key, REQUEST_BAGGAGE_NAME) == 0 &&
                !add_captured_endpoint(captured, type,
                                       profile_get_string(p, label->str, NULL),
                                       err))
                return false;
        }
    }
    qsort(captured->endpoints, captured->n_endpoints,
          sizeof *captured->endpoints, by_total);
    return true;
}

static bool read_captured(struct captured_profile *captured,
                          const struct buf *body, struct err *err)
{
    captured->profile = pprof_read(body->data, body->len, err);
    if (!captured->profile)
        return false;
    uint32_t type = shown_type(captured);
    struct profile_value_type shown =
        profile_get_sample_type(captured->profile, type);
    captured->type = profile_get_string(captured->profile, shown.type, NULL);
    captured->unit = profile_get_string(captured->profile, shown.unit, NULL);
    struct top_filter all = {NULL, NULL};
    uint32_t counts = profile_find_sample_type(captured->profile, COUNT_TYPE);
    if (counts < profile_n_sample_types(captured->profile) &&
        !top_build(&captured->counts, captured->profile, counts, all, err))
        return false;
    return top_build(&captured->top, captured->profile, type, all, err) &&
           add_endpoints(captured, type, err);
}

static void save(struct captured_profile *captured, const struct buf *body,
                 const char *dir)
{
    char *path;
    if (asprintf(&path, "%s/%s.pb.gz", dir, captured->kind->name) < 0) {
        snprintf(captured->file_failure, sizeof captured->file_failure,
                 "out of memory");
        return;
    }
    FILE *file = fopen(path, "wbe");
    bool ok = file && fwrite(body->data, 1, body->len, file) == body->len;
    if (file && fclose(file) != 0)
        ok = false;
    if (ok) {
        captured->file = path;
        return;
    }
    snprintf(captured->file_failure, sizeof captured->file_failure, "%s: %s",
             path, strerror(errno));
    free(path);
}

void captured_profile_take(struct captured_profile *captured,
                           const struct transfer *transfer, const char *dir)
{
    struct err err = {""};
    if (pprof_request_failed(transfer, captured->failure,
                             sizeof captured->failure)) {
        captured->state = CAPTURED_FAILED;
        return;
    }
    if (!read_captured(captured, &transfer->body, &err)) {
        captured_profile_fail(captured, "%s", err.message);
        return;
    }
    captured->state = CAPTURED_DONE;
    save(captured, &transfer->body, dir);
}

bool captured_profile_is_in_use(const struct captured_profile *captured)
{
    return strncmp(captured->type, "inuse_", 6) == 0;
}

void captured_profile_fini(struct captured_profile *captured)
{
    for (unsigned i = 0; i < captured->n_endpoints; i++)
        top_fini(&captured->endpoints[i].top);
    free(captured->endpoints);
    top_fini(&captured->top);
    top_fini(&captured->counts);
    profile_free(captured->profile);
    free(captured->file);
}
