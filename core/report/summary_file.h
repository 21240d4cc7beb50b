/* summary_file.h -- reads the JSON summary of a load test, ours or one of k6's
 * --summary-export.
 *
 * Path: cli/load_compare.c -> [summary_file] -> compare.c
 */
#ifndef REPORT_SUMMARY_FILE_H
#define REPORT_SUMMARY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "record/profile_kind.h"
#include "measure/window.h"

/* The statistics of http_req_duration, in ms. */
#define SUMMARY_FILE_TRENDS 8
extern const char *const summary_file_trends[SUMMARY_FILE_TRENDS];

struct summary_function {
    char *name;
    double own;       /* a part of the profile's total */
    double n_samples; /* samples of `own`, 0 if the profile has no counts */
};

struct summary_profile {
    bool is_there;
    char *error; /* why a requested profile is missing, or NULL */
    double total, n_samples;
    struct summary_function *functions; /* in the file's order: descending */
    size_t n_functions;
};

struct summary_file {
    const char *path; /* belongs to the caller */
    double n_requests, rate;
    double n_failed;                    /* requests */
    double trends[SUMMARY_FILE_TRENDS]; /* NaN if missing */

    size_t n_windows; /* 0 if the file has none */
    double *seconds, *requests, *failed, *columns[WINDOW_COLUMNS];

    struct summary_profile profiles[PROFILE_N_KINDS];
};

/* Reads the file. Returns false and sets err, which names the path, if there is
 * no such file, if it is not JSON (with line and column), or if it is not a
 * summary (with the missing field). */
bool summary_file_read(struct summary_file *file, const char *path,
                       struct err *err);
void summary_file_fini(struct summary_file *file);

#endif
