/* catalog.h -- finds the exporters in their folders.
 *
 * Every call reads the folders again, so a file that was dropped in is there at
 * once. A file is loaded and checked again only if its time or size has
 * changed; a change of a module that it requires is not noticed here. A file
 * that fails to load, or whose table is wrong, is refused with its name and the
 * reason; the other exporters go on working.
 *
 * A call loads all files that are new or changed, whichever exporter is wanted,
 * and holds the catalog's lock meanwhile: up to a second for each file
 * (exporter.h). So no thread that answers requests calls it.
 *
 * Path: exporters/NAME.lua -> [catalog] -> exporter.c
 */
#ifndef EXPORT_CATALOG_H
#define EXPORT_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct catalog;

struct export_info {
    char name[64];         /* "folded"; for a refused file, its base name */
    char extension[32];    /* ".folded" */
    char content_type[64]; /* "text/plain; charset=utf-8" */
    char description[256];
    char path[512];     /* of the Lua file */
    char problem[1024]; /* why the file was refused; "" if it works */
};

/* Returns the folder of the exporters that come with the program. */
const char *catalog_default_dir(void);

/* Makes a catalog of the folders `dirs`, a NULL-terminated list that is copied.
 * An exporter of a later folder replaces one of the same name in an earlier
 * folder. Returns NULL and sets err if out of memory. */
struct catalog *catalog_new(const char *const *dirs, struct err *err);
void catalog_free(struct catalog *catalog);

/* Lists all exporters, sorted by name, refused ones included. The caller frees
 * the array with free(). Returns false and sets err if a folder cannot be read
 * or if out of memory. [any thread that may wait] */
bool catalog_list(struct catalog *catalog, struct export_info **infos,
                  size_t *n, struct err *err);

/* Fills `info` with the exporter `name`. Returns false and sets err if there is
 * no exporter of this name (the message lists those that exist) or if it was
 * refused (the message says why). [any thread that may wait] */
bool catalog_find(struct catalog *catalog, const char *name,
                  struct export_info *info, struct err *err);

#endif
