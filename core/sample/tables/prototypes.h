/* prototypes.h -- which function of which text each Lua prototype is, as it was
 * when its chunk was loaded.
 *
 * A file may change while functions of its old text still run, and while the
 * memory that they allocated still lives. So a function gets its record when
 * lua_load has compiled it, and keeps the name that it had in that text.
 *
 *     table of a state                     chunk (chunks.h)
 *     | prototype | function |             +-----------------------------+
 *     | 0x55d0... |    ------|--------+    | source, n_users             |
 *     | 0x55d8... |    ------|--+     +--> | main chunk, line 0          |
 *     | (free)    |          |  +--------> | data.sort_rows, line 12     |
 *                                          | anonymous, line 12, "#2"    |
 *
 * The allocator of a state tells the table when a prototype is freed, so that
 * no address stands for a function that is gone.
 *
 * Path: hooks/recorded_load.c -> [prototypes] -> walk/vm_stack.c
 */
#ifndef SAMPLE_TABLES_PROTOTYPES_H
#define SAMPLE_TABLES_PROTOTYPES_H

#include <lua.h>
#include <stddef.h>

struct loaded_chunk;
struct prototypes;
struct vm_function;

/* Tells which allocator has, at the start of its `ud`, a pointer to the table
 * of its state: vm_heap_realloc. Called once, before states are made. */
void prototypes_use_allocator(lua_Alloc allocator);

/* Returns where the state keeps its table, or NULL if another allocator serves
 * the state, which then has no table. The pointer there is NULL until the
 * first chunk is loaded. [signal, on the state's thread; the state's thread] */
struct prototypes **prototypes_of(lua_State *L);

/* Gives each prototype of the chunk its record, in the table at `*table`, which
 * this function makes if it is NULL. If memory is short, the prototypes have no
 * record. [the state's thread, with its handler kept away] */
void prototypes_add(struct prototypes **table,
                    const struct loaded_chunk *chunk);

/* Takes a prototype that is being freed out of the table. Does nothing if the
 * block is no prototype of the table. [the state's thread] */
void prototypes_forget(struct prototypes *table, const void *block);

/* Frees the table of a state that is closed. Ignores NULL. */
void prototypes_free(struct prototypes *table);

/* Returns the record of a prototype, or NULL if there is none. The record lives
 * as long as the prototype. `table` may be NULL. [the state's thread, in a
 * signal handler too; walk/outside.c, under fault_guard_run] */
const struct vm_function *prototypes_find(const struct prototypes *table,
                                          const void *prototype);

/* Returns the number of bytes that the table takes, without the chunks, and
 * sets *n to the number of its prototypes. For tests and benchmarks. */
size_t prototypes_size_bytes(const struct prototypes *table, size_t *n);

#endif
