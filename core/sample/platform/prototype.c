#include "sample/platform/prototype.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "base/index.h"

/* The parts that are read here of Lua's Proto, LClosure and CallInfo, with the
 * value that it points to. */
struct prototype {
    void *next;
    unsigned char tag, mark, n_parameters, is_vararg, stack_size;
    int n_upvalues, n_constants, n_code, n_line_info, n_inner;
    int n_locals, n_absolute_lines, line, last_line;
    void *constants;
    const uint32_t *code;
    const struct prototype *const *inner;
    void *rest[6];
};
_Static_assert(sizeof(struct prototype) == PROTOTYPE_BYTES, "Lua's Proto");

struct lua_closure {
    void *next;
    unsigned char tag, mark, n_upvalues;
    void *gray;
    const struct prototype *prototype;
};

struct frame_head {
    const struct {
        const struct lua_closure *closure;
        unsigned char tag;
    } * function;
};

enum {
    OBJECT_CLOSURE = LUA_TFUNCTION,
    OBJECT_PROTOTYPE = LUA_NUMTYPES + 1,
    VALUE_CLOSURE = 0x40 | OBJECT_CLOSURE,
};

static bool is_readable;

bool prototype_is_readable(void) { return is_readable; }

static bool is_aligned(const void *p)
{
    return (uintptr_t)p % sizeof(void *) == 0;
}

/* Returns the closure's prototype, or NULL if what is there has not the headers
 * of a closure and a prototype. The memory may be any, so a sanitizer must not
 * check the reads. */
__attribute__((no_sanitize("address", "undefined"))) static const void *
prototype_of_closure(const struct lua_closure *closure)
{
    if (!closure || !is_aligned(closure) || closure->tag != OBJECT_CLOSURE)
        return NULL;
    const struct prototype *p = closure->prototype;
    return p && is_aligned(p) && p->tag == OBJECT_PROTOTYPE ? p : NULL;
}

const void *prototype_at(lua_State *L, int index)
{
    if (!is_readable || !lua_isfunction(L, index) || lua_iscfunction(L, index))
        return NULL;
    return prototype_of_closure(lua_topointer(L, index));
}

__attribute__((no_sanitize("address", "undefined"))) const void *
prototype_of_frame(const void *ci)
{
    const struct frame_head *frame = ci;
    if (!is_readable || frame->function->tag != VALUE_CLOSURE)
        return NULL;
    return prototype_of_closure(frame->function->closure);
}

uint32_t prototype_n_inner(const void *prototype)
{
    return (uint32_t)((const struct prototype *)prototype)->n_inner;
}

const void *prototype_inner(const void *prototype, uint32_t i)
{
    return ((const struct prototype *)prototype)->inner[i];
}

int prototype_line(const void *prototype)
{
    return ((const struct prototype *)prototype)->line;
}

const uint32_t *prototype_code(const void *prototype, int *n)
{
    const struct prototype *p = prototype;
    *n = p->n_code;
    return p->code;
}

uint32_t prototype_code_hash(const void *prototype)
{
    const struct prototype *p = prototype;
    uint64_t hash =
        index_hash(p->code, (size_t)p->n_code * sizeof *p->code,
                   (uint64_t)p->line << 32 | (uint32_t)p->last_line);
    return (uint32_t)(hash ^ hash >> 32);
}

/* The self-test: a chunk with known functions, one of which calls a C function
 * that looks at its caller's frame; and the size with which a prototype is
 * freed. */

static const char known_code[] = "local check = ...\n"
                                 "local function outer()\n"
                                 "  local function inner() end\n"
                                 "  return check(outer), inner\n"
                                 "end\n"
                                 "check(outer) return outer, check\n";

/* The allocator of the self-test's state. */
struct watch {
    const void *prototype;
    size_t freed_bytes;
};

static void *watching_allocator(void *ud, void *ptr, size_t osize, size_t nsize)
{
    struct watch *watch = ud;
    if (nsize > 0)
        return realloc(ptr, nsize);
    if (ptr && ptr == watch->prototype)
        watch->freed_bytes = osize;
    free(ptr);
    return NULL;
}

static bool is_known(const struct prototype *p, int line, int last_line,
                     int n_inner)
{
    return p && p->line == line && p->last_line == last_line &&
           p->n_inner == n_inner && p->n_code > 0 && p->n_code < 64;
}

/* Called by the chunk and by its function `outer`: compares the caller's frame
 * with the function that the API gives. */
static int check_caller(lua_State *L)
{
    lua_Debug ar;
    if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "f", &ar))
        return luaL_error(L, "no caller");
    const void *expected = prototype_of_closure(lua_topointer(L, -1));
    if (!expected || prototype_of_frame(ar.i_ci) != expected)
        return luaL_error(L, "another prototype");
    if (lua_getstack(L, 0, &ar) && prototype_of_frame(ar.i_ci))
        return luaL_error(L, "a prototype of a C function");
    return 0;
}

/* Returns true if the chunk on top of the stack has the known functions, and
 * sets *chunk to its prototype. */
static bool test_tree(lua_State *L, const void **chunk)
{
    const struct prototype *p = prototype_at(L, -1);
    *chunk = p;
    if (!is_known(p, 0, 0, 1) || !is_aligned(p->inner))
        return false;
    const struct prototype *outer = p->inner[0];
    return is_known(outer, 2, 5, 1) && is_known(outer->inner[0], 3, 3, 0);
}

static bool test_frames(lua_State *L)
{
    lua_pushcfunction(L, check_caller);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK)
        return false;
    lua_pop(L, 1);
    return lua_pcall(L, 0, 0, 0) == LUA_OK; /* outer */
}

bool prototype_self_test(void)
{
    struct watch watch = {0};
    lua_State *L = lua_newstate(watching_allocator, &watch);
    if (!L)
        return false;
    is_readable = true; /* for the functions under test */
    bool passed = luaL_loadstring(L, known_code) == LUA_OK &&
                  test_tree(L, &watch.prototype) && test_frames(L);
    lua_close(L);
    is_readable = passed && watch.freed_bytes == PROTOTYPE_BYTES;
    return is_readable;
}
