/* vm_heap_type.c -- tells which kind of object a block belongs to. */
#include "sample/hooks/vm_heap_type.h"

#include <lua.h>
#include <string.h>

#include "sample/platform/code_map.h"
#include "sample/walk/current_stack.h"

/* Lua's types of objects that scripts never see (lobject.h of Lua). */
enum { KIND_UPVALUE = LUA_NUMTYPES, KIND_PROTOTYPE };

/* So many native frames are searched, from the leaf. */
enum { MAX_FRAMES = 12 };

/* Returns NULL if `kind` is no type of object. */
static const char *type_of_object(size_t kind)
{
    switch (kind) {
    case LUA_TSTRING:
        return "string";
    case LUA_TTABLE:
        return "table";
    case LUA_TFUNCTION:
    case KIND_UPVALUE:
        return "function";
    case LUA_TUSERDATA:
        return "userdata";
    case LUA_TTHREAD:
        return "coroutine";
    case KIND_PROTOTYPE:
        return "prototype";
    }
    return NULL;
}

/* Returns NULL if memory for any kind of object may come from this function of
 * Lua's core. */
static const char *type_of_function(const char *name)
{
    static const struct {
        const char *function, *type;
    } known[] = {
        {"luaH_resize", "table"},           {"luaH_resizearray", "table"},
        {"luaD_reallocstack", "coroutine"}, {"luaE_extendCI", "coroutine"},
        {"stack_init", "coroutine"},        {"luaS_resize", "string table"},
        {"luaS_init", "string table"},      {"resizebox", "buffer"},
        {"luaM_growaux_", "compiler"},      {"luaM_shrinkvector_", "compiler"},
        {"luaF_newproto", "prototype"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].function, name) == 0)
            return known[i].type;
    return NULL;
}

const char *vm_heap_type(size_t kind, const struct current_stack *stack)
{
    const char *type = type_of_object(kind);
    if (type)
        return type;
    for (unsigned i = 0; stack && i < stack->n_native && i < MAX_FRAMES; i++)
        if ((type = type_of_function(code_map_name(stack->native[i] - 1))))
            return type;
    return "internal";
}
