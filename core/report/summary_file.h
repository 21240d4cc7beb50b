/* summary_file.h -- reads the JSON summary of a load test back, ours or one of
 * k6's --summary-export.
 *
 * Path: a file -> [summary_file] -> compare.c
 */
#ifndef REPORT_SUMMARY_FILE_H
#define REPORT_SUMMARY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "record/profile_kind.h"
#include "measure/window.h"

/* Of http_req_duration, in ms. */
#define SUMMARY_FILE_TRENDS 8
extern const char *const summary_file_trends[SUMMARY_FILE_TRENDS];

struct summary_function {
    char *name;
    double own;       /* a part of the profile's total */
    double n_samples; /* of own; 0 where the profile does not count them */
};

struct summary_profile {
    bool is_there;
    char *error; /* it was asked for, but there is none: why */
    double total, n_samples;
    struct summary_function *functions; /* in the file's order: falling */
    size_t n_functions;
};

struct summary_file {
    const char *path; /* the caller's */
    double n_requests, rate;
    double n_failed;                    /* requests */
    double trends[SUMMARY_FILE_TRENDS]; /* NaN: it is not there */

    size_t n_windows; /* 0: it has none */
    double *seconds, *requests, *failed, *columns[WINDOW_COLUMNS];

    struct summary_profile profiles[PROFILE_N_KINDS];
};

/* False and err, which names the path: there is no such file, it is not JSON
 * (with line and column), or not a summary, and what is missing. */
bool summary_file_read(struct summary_file *file, const char *path,
                       struct err *err);
void summary_file_fini(struct summary_file *file);

#endif
