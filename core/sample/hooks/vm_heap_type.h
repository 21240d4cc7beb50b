/* vm_heap_type.h -- tells which kind of object a block of a Lua state belongs
 * to, for the label `type` of the heap profile.
 *
 * Lua tells its allocator the kind of a new object. It tells nothing for the
 * memory that belongs to an object (the slots of a table, the stack of a
 * coroutine), which is most of the bytes. There the function of Lua's core that
 * asked for the memory tells: the innermost known one on the native stack.
 *
 * Path: vm_heap.c -> [vm_heap_type] -> heap.c
 */
#ifndef SAMPLE_HOOKS_VM_HEAP_TYPE_H
#define SAMPLE_HOOKS_VM_HEAP_TYPE_H

#include <stddef.h>

struct current_stack;

/* Returns the label `type` of a block, a constant string: "table", "string",
 * "function", "userdata", "coroutine", "prototype", "string table", "buffer" or
 * "compiler"; "internal" if no function on the stack tells. `kind` is the osize
 * that Lua passes with a NULL pointer, the type of a new object, or 0 for
 * memory that belongs to an object. `stack` may be NULL. [any thread] */
const char *vm_heap_type(size_t kind, const struct current_stack *stack);

#endif
