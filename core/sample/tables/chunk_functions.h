/* chunk_functions.h -- finds the functions in the text of a chunk, and the
 * expression that each is assigned to.
 *
 * The functions are in the order of the keyword `function` in the text. That is
 * the order of Lua's prototypes, each before those inside it.
 *
 * Path: chunk_names.c -> [chunk_functions] -> base/lexer.c
 */
#ifndef SAMPLE_TABLES_CHUNK_FUNCTIONS_H
#define SAMPLE_TABLES_CHUNK_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What core/script/chunk.c writes around the text of a script, so that the
 * script is a function of its globals. In such a chunk, that function is the
 * main chunk of the script too. */
#define CHUNK_HEAD "return function(_ENV, ...) "
#define CHUNK_TAIL "\nend"

/* A range of the text, such as `a.b["key"]`. */
struct chunk_path {
    const char *start, *end; /* start NULL: none */
};

struct chunk_function {
    struct chunk_path path; /* its name, or the target that it is assigned to */
    const char *start;      /* the keyword; of a main chunk, the text */
    int line;               /* its lua_Debug.linedefined; 0: a main chunk */
    uint32_t text;          /* a hash of its own text, never 0 */
};

struct chunk_functions {
    uint32_t n;
    struct chunk_function *functions; /* the first is the main chunk */
    struct chunk_path returned; /* NAME in the `return NAME` that ends the text
                                 */
};

/* Finds the functions of a text, which must live as long as the result. Returns
 * false if out of memory, or if Lua does not compile the text. The caller frees
 * the result with chunk_functions_free. [any thread, not in a handler] */
bool chunk_functions_read(struct chunk_functions *functions, const char *text,
                          size_t n);
void chunk_functions_free(struct chunk_functions *functions);

#endif
