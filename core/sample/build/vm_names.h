/* vm_names.h -- names Lua functions as a person would.
 *
 * Lua itself knows a function only by the name of the variable that the caller
 * used. Here a function has one name whoever calls it: the name that stands in
 * its source file where the function is defined.
 *
 *     in data.lua                      name
 *     local function sort_rows()       data.sort_rows
 *     function Cache:get()             Cache:get
 *     a function without a name        anonymous@data.lua:41
 *     the main chunk                   main@data.lua
 *
 * Path: locations.c -> [vm_names]
 */
#ifndef SAMPLE_BUILD_VM_NAMES_H
#define SAMPLE_BUILD_VM_NAMES_H

#include <stddef.h>

struct vm_function;
struct vm_names;

/* Makes an empty cache of source files. A cache serves one profile, so that
 * each profile reads a file as it is then. Returns NULL if out of memory. The
 * caller frees it with vm_names_free, which ignores NULL. */
struct vm_names *vm_names_new(void);
void vm_names_free(struct vm_names *names);

/* Writes the name of the function and its file: an absolute path if the source
 * is a file, the name of the chunk otherwise. May read the file. If the file
 * cannot be read, the function is anonymous. */
void vm_names_get(struct vm_names *names, const struct vm_function *function,
                  char *name, size_t name_size, char *file, size_t file_size);

#endif
