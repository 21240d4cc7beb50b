/* vm_names.h -- writes the names and files of Lua functions for a profile, and
 * finds functions whose file has changed since it was loaded.
 *
 * A name is that of the text that was loaded (tables/chunk_names.h). The file
 * is read only to compare: a profile's readers show its lines as they are now.
 *
 *     name of the record               name in the profile
 *     data.sort_rows                   data.sort_rows
 *     "", in line 41 of data.lua       anonymous@data.lua:41
 *     #2                               anonymous@data.lua:41#2
 *     "", the main chunk               main@data.lua
 *
 * Path: locations.c -> [vm_names] -> tables/chunk_names.c
 */
#ifndef SAMPLE_BUILD_VM_NAMES_H
#define SAMPLE_BUILD_VM_NAMES_H

#include <stddef.h>

struct profile;
struct vm_function;
struct vm_names;

/* Makes an empty cache of source files. A cache serves one profile, so that
 * each profile reads a file as it is then. Returns NULL if out of memory. The
 * caller frees it with vm_names_free, which ignores NULL. */
struct vm_names *vm_names_new(void);
void vm_names_free(struct vm_names *names);

/* Writes the name of the function and its file: an absolute path if the source
 * is a file, the name of the chunk otherwise. May read the file. `function`
 * must live as long as `names`. */
void vm_names_get(struct vm_names *names, const struct vm_function *function,
                  char *name, size_t name_size, char *file, size_t file_size);

/* Adds a comment for each file that is no longer what was loaded, with the
 * number of the functions concerned, and one if functions have no record. */
void vm_names_add_comments(const struct vm_names *names,
                           struct profile *profile);

#endif
