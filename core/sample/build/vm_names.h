/* vm_names.h -- the name of a Lua function, as a person would call it.
 *
 * One name per function, that is per source and line, whoever calls it: from
 * the text of its source file, `local function sort_rows` in data.lua is
 * data.sort_rows, `function Cache:get` is Cache:get, a function without a name
 * anonymous@data.lua:41, a main chunk main@data.lua.
 */
#ifndef SAMPLE_BUILD_VM_NAMES_H
#define SAMPLE_BUILD_VM_NAMES_H

#include <stddef.h>

struct vm_function;
struct vm_names;

/* Remembers the files it has read; make one per profile, so that it sees a
 * file as it is now. NULL when out of memory. */
struct vm_names *vm_names_new(void);
void vm_names_free(struct vm_names *names);

/* Write the function's name, and the file it is in: an absolute path where the
 * source is a file, else the chunk's name. */
void vm_names_get(struct vm_names *names, const struct vm_function *function,
                  char *name, size_t name_size, char *file, size_t file_size);

#endif
