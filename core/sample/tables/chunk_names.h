/* chunk_names.h -- names the functions in the text of a chunk as a person
 * would.
 *
 * Lua itself knows a function only by the variable that the caller used. Here a
 * function has one name whoever calls it: the name that stands in the text
 * where the function is defined.
 *
 *     in data.lua                       name
 *     local function sort_rows()        data.sort_rows
 *     M.sort = function()               data.sort    (data.lua returns M)
 *     function Cache:get()              Cache:get
 *     { run = function() end }          data.run
 *     the second `run` of that line     data.run#2
 *     a function without a name         "" (shown as anonymous@data.lua:41)
 *     the second one of that line       #2 (anonymous@data.lua:41#2)
 *
 * Path: prototypes.c, build/vm_names.c -> [chunk_names] -> chunk_functions.c
 */
#ifndef SAMPLE_TABLES_CHUNK_NAMES_H
#define SAMPLE_TABLES_CHUNK_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function of the text. */
struct chunk_name {
    const char *name; /* "" or "#2": without a name */
    int line;         /* its lua_Debug.linedefined; 0: the main chunk */
    uint32_t text;    /* chunk_function.text */
};

struct chunk_names {
    uint32_t n;
    struct chunk_name *functions; /* in the order of chunk_functions.h */
    char *text;                   /* holds the names */
};

/* Reads the functions of a chunk. `source` is as in lua_Debug, and its file or
 * chosen name (@, =) gives the name of the module. Returns false if out of
 * memory, or if the text is not one that Lua compiles. The caller frees
 * `names` with chunk_names_free. [any thread, not in a handler] */
bool chunk_names_read(struct chunk_names *names, const char *source,
                      const char *text, size_t n);
void chunk_names_free(struct chunk_names *names);

#endif
