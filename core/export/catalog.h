/* catalog.h -- which exporters there are.
 *
 * The folders are looked at anew at every call, so that a file dropped in is
 * there at once; a file that has not changed is not loaded again. A file that
 * does not load or does not check is refused with its name and the reason,
 * and the others go on.
 */
#ifndef EXPORT_CATALOG_H
#define EXPORT_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct catalog;

struct export_info {
    char name[64];         /* "folded"; of a refused file its base name */
    char extension[32];    /* ".folded" */
    char content_type[64]; /* "text/plain; charset=utf-8" */
    char description[256];
    char path[512];     /* of its file */
    char problem[1024]; /* why it was refused; empty: it works */
};

/* The folder of the exporters that come with the program. */
const char *catalog_default_dir(void);

/* `dirs` is a NULL-terminated list of folders (copied), of which a later one's
 * exporter replaces an earlier one's of the same name. */
struct catalog *catalog_new(const char *const *dirs, struct err *err);
void catalog_free(struct catalog *catalog);

/* All exporters, sorted by name, refused ones included; free the array with
 * free(). [any thread] */
bool catalog_list(struct catalog *catalog, struct export_info **infos,
                  size_t *n, struct err *err);

/* Is there a working exporter of this name? Fills `info`. If not, err says so
 * and lists the ones there are, or why the one of this name was refused. */
bool catalog_find(struct catalog *catalog, const char *name,
                  struct export_info *info, struct err *err);

#endif
