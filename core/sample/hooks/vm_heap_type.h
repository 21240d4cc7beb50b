/* vm_heap_type.h -- what kind of object memory of a Lua state is for. */
#ifndef SAMPLE_HOOKS_VM_HEAP_TYPE_H
#define SAMPLE_HOOKS_VM_HEAP_TYPE_H

#include <stddef.h>

struct current_stack;

/* The label `type` of a block: "table", "string", "function", "userdata",
 * "coroutine", "prototype", "string table", "buffer", "compiler"; "object" and
 * "internal" where the symbol table does not tell. `kind` is what Lua passes
 * to its allocator for a new object, 0 for what belongs to one. A constant. */
const char *vm_heap_type(size_t kind, const struct current_stack *stack);

#endif
