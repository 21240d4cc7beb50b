/* vm_heap_type.c -- Lua says what a new object is. What belongs to one, most
 * of the bytes, is told by the function that asks for it: the innermost of
 * those below on the native stack. */
#include "sample/hooks/vm_heap_type.h"

#include <lua.h>
#include <string.h>

#include "sample/platform/code_map.h"
#include "sample/walk/current_stack.h"

/* Kinds of objects that scripts never see (lobject.h). */
enum { KIND_UPVALUE = LUA_NUMTYPES, KIND_PROTOTYPE };

enum { MAX_LOOKED_AT = 12 };

static const char *of_object(size_t kind)
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

static const char *of_function(const char *name)
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
    const char *type = of_object(kind);
    if (type)
        return type;
    for (unsigned i = 0; stack && i < stack->n_native && i < MAX_LOOKED_AT; i++)
        if ((type = of_function(code_map_name(stack->native[i] - 1))))
            return type;
    return "internal";
}
