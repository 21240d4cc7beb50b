/* export_profile.h -- what commands that write a profile share: find the
 * exporter, run it, write the result. */
#ifndef CLI_EXPORT_PROFILE_H
#define CLI_EXPORT_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct export_queue;
struct profile;

/* A queue of the program's own exporters and, later and so winning, those of
 * `extra_dir` (NULL: none). */
struct export_queue *export_profile_queue(const char *extra_dir,
                                          struct err *err);

/* Could export_profile_write do it? For what is to be known before the profile
 * is made: false and err when there is no such format, or `path` cannot be
 * written to. Leaves what is there as it is. */
bool export_profile_check(struct export_queue *queue, const char *format,
                          const char *path, struct err *err);

/* Export the profile, which is freed, in `format` and write it to `path`
 * (output_write). `options` as in export_queue_run. */
bool export_profile_write(struct export_queue *queue, struct profile *profile,
                          const char *format, const char *options,
                          const char *path, struct err *err);

#endif
