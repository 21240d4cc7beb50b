/* captured_profile.h -- one profile of the target: what came, and what the
 * report tells of it.
 *
 * Path: profile_capture.c -> [captured_profile] -> profile_section.c
 */
#ifndef TARGET_CAPTURED_PROFILE_H
#define TARGET_CAPTURED_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "client/transfer.h"
#include "record/profile_kind.h"
#include "profile/top.h"

#define CAPTURED_ENDPOINTS_MAX 50

enum captured_state {
    CAPTURED_WAITING, /* not asked for yet */
    CAPTURED_TAKING,
    CAPTURED_DONE,
    CAPTURED_FAILED,
};

/* Samples of one endpoint's requests, if the target labels them. */
struct captured_endpoint {
    const char *name;
    struct top top;
};

struct captured_profile {
    const struct profile_kind *kind;
    enum captured_state state;
    char failure[512]; /* FAILED: why */
    char *file;        /* where it is saved; NULL: it could not be */
    char file_failure[512];
    struct profile *profile; /* DONE */
    const char *type;        /* of the values that are shown */
    const char *unit;
    struct top top;
    struct top counts; /* of samples; empty where they are not counted */
    struct captured_endpoint *endpoints; /* falling by total */
    unsigned n_endpoints;
};

/* Take the reply: check it, read it, save it as DIR/KIND.pb.gz, as it came. The
 * state is DONE or FAILED then. */
void captured_profile_take(struct captured_profile *captured,
                           const struct transfer *transfer, const char *dir);

/* Are the values what there was at the window's end, and not what came within
 * it? DONE only. */
bool captured_profile_is_in_use(const struct captured_profile *captured);

void captured_profile_fail(struct captured_profile *captured,
                           const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void captured_profile_fini(struct captured_profile *captured);

#endif
