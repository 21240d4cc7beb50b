/* vm_functions.h -- the Lua and C functions in the stacks of one thread.
 *
 * A Lua frame of a captured stack is an id in this table and a line. The names
 * of a function and its source live only as long as the function does
 * (prototypes.h), so they are copied here, once per function. Two functions are
 * the same if source, line, name and text are equal. Each watched thread has a
 * table (thread.h); frames.c has one more for all threads together.
 *
 * A table has room for 262,144 functions. A frame of a further function has the
 * id FUNCTION_FULL.
 *
 * One thread writes: it adds entries at safe points and in its signal handler,
 * which never overlap. The handler allocates nothing: it fills memory that
 * vm_functions_reserve got at an earlier safe point. The collector only reads
 * entries whose ids came to it through the ring, and entries never move or
 * change, so the table needs no lock.
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
#define FUNCTION_UNKNOWN UINT32_MAX        /* the function could not be read */
#define FUNCTION_LEFT_OUT (UINT32_MAX - 1) /* frames of a deep stack */
#define FUNCTION_FULL (UINT32_MAX - 2)     /* the table had no room */

struct vm_function {
    lua_CFunction c;    /* the C function; NULL: a Lua function */
    const char *source; /* of a Lua function: lua_Debug.source if that is a
                           file or a chosen name (@, =), else short_src */
    const char *name;   /* of a Lua function, from the text that was loaded
                           (chunk_names.h); NULL: it has no record */
    int line_defined;   /* of a Lua function; 0: a main chunk */
    uint32_t text;      /* chunk_name.text; 0: not known */
    uint64_t hash;      /* vm_function_hash */
};

/* Returns the hash of the other fields. [signal, hook] */
uint64_t vm_function_hash(const struct vm_function *function);

/* Describes a Lua function that has no record. The result points to the texts
 * of `ar`, which is filled with "S". [signal, hook] */
struct vm_function vm_function_without_record(const lua_Debug *ar);

/* Returns NULL if out of memory. The table's owner frees it with
 * vm_functions_free, which accepts NULL. */
struct vm_functions *vm_functions_new(void);
void vm_functions_free(struct vm_functions *functions);

/* Allocates room for the functions of the next stacks. If out of memory, later
 * functions may get FUNCTION_FULL. [the writing thread, not in a handler] */
void vm_functions_reserve(struct vm_functions *functions);

/* Each returns the id of a function, which it adds if the table does not have
 * it, or FUNCTION_FULL if there is no room. The texts of `function` are copied.
 * [signal, hook] */
uint32_t vm_functions_add(struct vm_functions *functions,
                          const struct vm_function *function);
uint32_t vm_functions_add_c(struct vm_functions *functions, lua_CFunction c);

/* Returns true if the table has the C function. [signal, hook] */
bool vm_functions_has_c(const struct vm_functions *functions, lua_CFunction c);

/* Returns the id of a Lua function, or FUNCTION_UNKNOWN if the table does not
 * have it. [signal, hook] */
uint32_t vm_functions_find(const struct vm_functions *functions,
                           const struct vm_function *function);

/* Returns the entry of an id. [the collector, for an id that came through the
 * ring; the writing thread] */
const struct vm_function *vm_functions_get(const struct vm_functions *functions,
                                           uint32_t id);

#endif
