/* export_profile.h -- writes a profile in an export format, for the commands
 * that write profiles: finds the exporter, runs it and writes the result.
 *
 * Path: convert.c, run_profiles.c -> [export_profile] -> export/export_queue.c,
 * result_file.c
 */
#ifndef CLI_EXPORT_PROFILE_H
#define CLI_EXPORT_PROFILE_H

#include <stdbool.h>

#include "base/err.h"

struct export_queue;
struct profile;

/* Makes the queue of the program's exporters and, unless it is NULL, of those
 * in `extra_dir`, which replace exporters of the same name. Returns NULL and
 * sets err on failure. The caller frees it with export_queue_free. */
struct export_queue *export_profile_queue(const char *extra_dir,
                                          struct err *err);

/* Checks, before the profile is made, that export_profile_write can succeed.
 * Returns false and sets err if there is no such format, or if `path` cannot be
 * written. Leaves an existing file as it is. */
bool export_profile_check(struct export_queue *queue, const char *format,
                          const char *path, struct err *err);

/* Exports the profile, which is freed, and writes the result to `path` as
 * result_file_write does. `options` is as in export_queue_run. Returns false
 * and sets err on failure. */
bool export_profile_write(struct export_queue *queue, struct profile *profile,
                          const char *format, const char *options,
                          const char *path, struct err *err);

#endif
