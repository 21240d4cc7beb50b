/* vm_functions.h -- the functions that a thread's Lua stacks were made of.
 *
 * A frame of a captured stack is an id in this table and a line: the strings
 * that Lua lends us may be collected, so they are copied here, once. Only the
 * thread itself adds, at safe points and in its handler, out of memory that was
 * reserved outside the handler. The collector reads entries whose ids came to
 * it through the ring. Entries never move or change.
 *
 * Path: vm_stack.c -> [vm_functions] -> stitch.c
 */
#ifndef SAMPLE_TABLES_VM_FUNCTIONS_H
#define SAMPLE_TABLES_VM_FUNCTIONS_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

struct vm_functions;

/* Ids that stand for no entry. */
#define FUNCTION_UNKNOWN UINT32_MAX    /* not readable */
#define FUNCTION_FULL (UINT32_MAX - 1) /* the table is full */

struct vm_function {
    lua_CFunction c;    /* the C function; NULL: a Lua function */
    const char *source; /* Lua: as lua_Debug.source when that is a file or a
                           chosen name (@, =), else short_src */
    int line_defined;   /* Lua: 0 is a main chunk */
};

struct vm_functions *vm_functions_new(void);
void vm_functions_free(struct vm_functions *functions);

/* [hook] Make room for what the next stacks may add. Out of memory: the table
 * is full then, later. */
void vm_functions_reserve(struct vm_functions *functions);

/* [signal, hook] The id of the Lua function described by `ar` (filled with
 * "S"). FUNCTION_FULL when there is no room. */
uint32_t vm_functions_add(struct vm_functions *functions, const lua_Debug *ar);
/* [signal, hook] The id of a C function. */
uint32_t vm_functions_add_c(struct vm_functions *functions, lua_CFunction c);

/* [hook] Is it there already? */
bool vm_functions_has_c(const struct vm_functions *functions, lua_CFunction c);

/* [signal, hook] The id of an equal entry; copies its source. */
uint32_t vm_functions_add_entry(struct vm_functions *functions,
                                const struct vm_function *entry);

/* [signal] As vm_functions_add, but only finds. FUNCTION_UNKNOWN: none. */
uint32_t vm_functions_find(const struct vm_functions *functions,
                           const lua_Debug *ar);

/* [collector] The entry of an id that came through the ring. */
const struct vm_function *vm_functions_get(const struct vm_functions *functions,
                                           uint32_t id);

#endif
