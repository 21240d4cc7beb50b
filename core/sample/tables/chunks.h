/* chunks.h -- the functions of the chunks that are loaded, shared by all
 * states.
 *
 * A chunk that is loaded again with the same text, by another worker or at a
 * reload, is the chunk that is there. Each prototype (prototypes.h) is a use of
 * its function, and the last use frees the chunk.
 *
 *     +--------------------------------+
 *     | source "@lua/data.lua", n_users|
 *     | main chunk, line 0             |
 *     | data.sort_rows, line 12        |
 *     | anonymous, line 12, "#2"       |
 *     +--------------------------------+
 *
 * Path: prototypes.c -> [chunks] -> chunk_names.c
 */
#ifndef SAMPLE_TABLES_CHUNKS_H
#define SAMPLE_TABLES_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

struct vm_function;

/* A prototype of a chunk, and what tells it from others. */
struct loaded_prototype {
    const void *prototype;
    int line;      /* prototype_line */
    uint32_t code; /* prototype_code_hash */
};

/* A chunk that lua_load has compiled. */
struct loaded_chunk {
    const char *source; /* as in struct vm_function */
    const char *text;   /* the text; NULL: precompiled, or too large to keep */
    size_t n_bytes;
    const struct loaded_prototype *prototypes; /* in the order of the text, each
                                                  before those inside it */
    uint32_t n;
};

/* Returns the first function of the chunk, with one more use for each function,
 * or NULL if the functions cannot be named or memory is short. A chunk without
 * text has the names of the text that it was dumped from, if that is still
 * loaded and only one function of it fits. Otherwise its functions have none.
 * [any thread, not in a handler] */
const struct vm_function *chunks_use(const struct loaded_chunk *chunk);

/* Returns the function behind this one, which is not the chunk's last. */
const struct vm_function *chunks_next(const struct vm_function *function);

/* Ends one use of a function. [any thread, not in a handler] */
void chunks_release(const struct vm_function *function);

/* Returns the number of chunks in use, and sets *n_bytes to their memory. For
 * tests and benchmarks. [any thread, not in a handler] */
size_t chunks_count(size_t *n_bytes);

#endif
