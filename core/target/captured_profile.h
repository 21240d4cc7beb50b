/* captured_profile.h -- one profile of the target: the reply as a file, and the
 * numbers that the report shows of it.
 *
 * A target that trusts the header `baggage` (request_baggage.h) labels its
 * samples with the endpoint of the request. Then the profile also has the
 * functions of each endpoint.
 *
 * Path: profile_capture.c -> [captured_profile] -> report/profile_section.c
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
    CAPTURED_WAITING, /* not requested yet */
    CAPTURED_TAKING,
    CAPTURED_DONE,
    CAPTURED_FAILED,
};

/* The functions in the samples of one endpoint's requests. */
struct captured_endpoint {
    const char *name;
    struct top top;
};

/* The functions of this header are called on the thread of profile_capture.c's
 * loop. */
struct captured_profile {
    const struct profile_kind *kind;
    enum captured_state state;
    char failure[512]; /* reason, if FAILED */
    char *file;        /* path of the saved file; NULL: saving failed, and
                          file_failure has the reason */
    char file_failure[512];
    struct profile *profile; /* NULL unless DONE */
    const char *type;        /* sample type of the values in `top` */
    const char *unit;
    struct top top;
    struct top counts; /* numbers of samples; empty if the profile does not
                          count them */
    struct captured_endpoint *endpoints; /* sorted by total, greatest first */
    unsigned n_endpoints;
};

/* Checks the reply, reads it and saves it as DIR/KIND.pb.gz, byte for byte. The
 * state is DONE or FAILED afterwards. A file that cannot be written does not
 * fail the profile. */
void captured_profile_take(struct captured_profile *captured,
                           const struct transfer *transfer, const char *dir);

/* Returns true if the values are objects that were in use at the end of the
 * window, and false if they are events within the window. The state is DONE. */
bool captured_profile_is_in_use(const struct captured_profile *captured);

/* Sets the state to FAILED, with the formatted text as the reason. */
void captured_profile_fail(struct captured_profile *captured,
                           const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees what the profile owns. */
void captured_profile_fini(struct captured_profile *captured);

#endif
