#include "sample/walk/vm_stack.h"

#include <lauxlib.h>
#include <string.h>

#include "sample/tables/c_names.h"
#include "sample/platform/fault_guard.h"
#include "sample/walk/vm_line.h"

/* The beginning of a CallInfo, to which lua_Debug.i_ci points, and of the value
 * to which it points: these hold a C function's address in Lua 5.4.0 to 5.4.6.
 * The API gives the address only by a push on the stack, which a handler must
 * not do. */
struct peeked_call {
    const struct peeked_value {
        union {
            lua_CFunction light;
            const struct peeked_closure *closure;
        };
        unsigned char tag;
    } * function;
};

struct peeked_closure {
    void *next;
    unsigned char header[8];
    void *gray;
    lua_CFunction function;
};

enum { TAG_LIGHT = LUA_TFUNCTION | 1 << 4, TAG_CLOSURE = 0x40 | 6 | 2 << 4 };

static bool self_test_passed;

/* Returns the C function of the frame, or NULL if it has none. */
static lua_CFunction peek_c_function(const void *call)
{
    const struct peeked_value *value =
        ((const struct peeked_call *)call)->function;
    if (value->tag == TAG_LIGHT)
        return value->light;
    return value->tag == TAG_CLOSURE ? value->closure->function : NULL;
}

static bool is_c(const lua_Debug *ar) { return ar->what[0] == 'C'; }

/* Returns false if there is no such level. i_ci is the only private field of
 * lua_Debug that is read: an opaque mark that lua_getstack fills in. It is NULL
 * in a coroutine under construction. */
static bool get_level(lua_State *L, int level, lua_Debug *ar)
{
    return lua_getstack(L, level, ar) && ar->i_ci;
}

/* Returns the id of the C function at this level, for vm_stack_read. Pushes one
 * value and pops it: the stack has room for it at a hook, and in a coroutine
 * that waits in lua_resume. */
static uint32_t c_function(struct vm_functions *functions, lua_State *L,
                           lua_Debug *ar, struct vm_walk *walk)
{
    (void)walk;
    lua_getinfo(L, "f", ar);
    lua_CFunction c = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if (!vm_functions_has_c(functions, c) && !c_names_has(c))
        c_names_learn(L); /* a script may have required a library meanwhile */
    return vm_functions_add_c(functions, c);
}

/* Set once, before the first walk. */
static unsigned max_depth = SAMPLE_MAX_LUA;

void vm_stack_set_max_depth(unsigned frames) { max_depth = frames; }

/* Appends a frame. Returns false if the walk is full. */
static bool append_level(struct vm_walk *walk, const lua_State *L,
                         const lua_Debug *ar, uint32_t function)
{
    if (walk->n == max_depth) {
        walk->truncated = true;
        return false;
    }
    walk->frames[walk->n] = (struct vm_frame){function, ar->currentline};
    walk->ci[walk->n] = ar->i_ci;
    walk->L[walk->n] = L;
    walk->n++;
    return true;
}

/* Returns the entry of the next outer coroutine, or NULL. A coroutine that C
 * code has called again, by script_call, has two entries, and its frames are
 * read once. */
static const struct entry *outer_coroutine(const struct entry *entry)
{
    const struct entry *outer = entry->outer;
    while (outer && outer->L == entry->L)
        outer = outer->outer;
    return outer;
}

/* Returns the id of the C function at this level, for
 * vm_stack_read_in_allocator. */
static uint32_t peeked_function(struct vm_functions *functions, lua_State *L,
                                lua_Debug *ar, struct vm_walk *walk)
{
    (void)L;
    lua_CFunction c = self_test_passed ? peek_c_function(ar->i_ci) : NULL;
    if (!c)
        return FUNCTION_UNKNOWN;
    if (!vm_functions_has_c(functions, c) && !c_names_has(c))
        walk->has_unnamed = true;
    return vm_functions_add_c(functions, c);
}

typedef uint32_t (*c_function_fn)(struct vm_functions *functions, lua_State *L,
                                  lua_Debug *ar, struct vm_walk *walk);

static void read_chain(struct vm_functions *functions,
                       const struct entry *entry, struct vm_walk *walk,
                       c_function_fn c_function_of)
{
    walk->n = 0;
    walk->truncated = walk->has_unnamed = false;
    for (; entry; entry = outer_coroutine(entry)) {
        lua_Debug ar;
        for (int level = 0; get_level(entry->L, level, &ar); level++) {
            lua_getinfo(entry->L, "Sl", &ar);
            uint32_t function =
                is_c(&ar) ? c_function_of(functions, entry->L, &ar, walk)
                          : vm_functions_add(functions, &ar);
            if (!append_level(walk, entry->L, &ar, function))
                return;
        }
    }
}

void vm_stack_read(struct vm_functions *functions, const struct entry *entry,
                   struct vm_walk *walk)
{
    read_chain(functions, entry, walk, c_function);
}

void vm_stack_read_in_allocator(struct vm_functions *functions,
                                const struct entry *entry, struct vm_walk *walk)
{
    read_chain(functions, entry, walk, peeked_function);
}

/* One level, as a handler reads it. The strings are copied within the fault
 * guard, because lua_getinfo may have returned an invalid pointer. */
struct guarded_level {
    lua_State *L;
    int level;
    bool want_name;
    const struct unwind_cursor *vm; /* for the exact line of level 0; NULL: not
                                       wanted, or not known */
    /* The results. */
    bool found;
    bool is_c;
    int exact_line;    /* -1: not known */
    lua_CFunction c;   /* NULL: not a C function, or not readable */
    bool is_finalizer; /* runs as a __gc metamethod; set if want_name */
    lua_Debug ar;      /* its `source` points to the field below */
    char source[512];
};

static void read_level(void *ctx)
{
    struct guarded_level *g = ctx;
    g->found = get_level(g->L, g->level, &g->ar);
    if (!g->found)
        return;
    bool settled = vm_line_is_settled(g->ar.i_ci);
    lua_getinfo(g->L, g->want_name ? "Sn" : "S", &g->ar);
    g->ar.currentline = -1;
    if (settled)
        lua_getinfo(g->L, "l", &g->ar);
    g->is_c = is_c(&g->ar);
    g->exact_line = g->vm && g->level == 0 && !g->is_c
                        ? vm_line_at(g->L, g->ar.i_ci, g->vm)
                        : -1;
    g->c = g->is_c ? peek_c_function(g->ar.i_ci) : NULL;
    g->is_finalizer =
        g->want_name && g->ar.name && strcmp(g->ar.name, "__gc") == 0;
    bool fits = g->ar.srclen < sizeof g->source;
    strncpy(g->source, fits ? g->ar.source : g->ar.short_src,
            sizeof g->source - 1);
    g->source[sizeof g->source - 1] = '\0';
    g->ar.source = g->source;
}

/* Returns the level just outside the finalizer that runs on L; 0 if the
 * finalizer's own frame is not made yet or is gone already; -1 if the stack is
 * not readable. */
static int below_finalizer(lua_State *L)
{
    struct guarded_level g = {.L = L, .want_name = true};
    for (; g.level < SAMPLE_MAX_LUA; g.level++) {
        if (!fault_guard_run(read_level, &g))
            return -1;
        if (!g.found)
            return 0;
        if (g.is_finalizer)
            return g.level + 1;
    }
    return -1;
}

bool vm_stack_read_at_rest(struct vm_functions *functions,
                           const struct entry *entry, bool finalizer,
                           struct vm_walk *walk)
{
    walk->n = 0;
    walk->truncated = false;
    if (!self_test_passed)
        return false;
    int level = finalizer ? below_finalizer(entry->L) : 0;
    if (level < 0)
        return false;
    for (; entry; entry = outer_coroutine(entry), level = 0) {
        struct guarded_level g = {.L = entry->L, .level = level};
        for (;; g.level++) {
            if (!fault_guard_run(read_level, &g))
                return false;
            if (!g.found)
                break;
            uint32_t function = g.is_c ? vm_functions_add_c(functions, g.c)
                                       : vm_functions_add(functions, &g.ar);
            if (!append_level(walk, entry->L, &g.ar, function))
                return true;
        }
    }
    return true;
}

unsigned vm_stack_note(const struct vm_functions *functions, lua_State *L,
                       const struct unwind_cursor *vm,
                       struct noted_frame *noted)
{
    unsigned n = 0;
    struct guarded_level g = {.L = L, .vm = vm};
    for (; n < SAMPLE_MAX_NOTED; n++, g.level++) {
        lua_Debug ar;
        if (!get_level(L, g.level, &ar))
            break;
        noted[n] = (struct noted_frame){ar.i_ci, {FUNCTION_UNKNOWN, -1}, false};
        if (!self_test_passed || !fault_guard_run(read_level, &g))
            continue;
        noted[n].is_exact = g.exact_line > 0;
        noted[n].frame.line =
            g.exact_line > 0 ? g.exact_line : g.ar.currentline;
        if (!g.is_c)
            noted[n].frame.function = vm_functions_find(functions, &g.ar);
    }
    return n;
}

/* For the self-test: a function that Lua calls and that reads its own frame as
 * a handler would. */
static int check_peek(lua_State *L)
{
    struct guarded_level g = {.L = L};
    bool found = fault_guard_run(read_level, &g) && g.found && g.is_c &&
                 g.c == check_peek;
    lua_pushboolean(L, found);
    return 1;
}

bool vm_stack_self_test(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return false;
    bool passed = true;
    for (int n_upvalues = 0; n_upvalues < 2; n_upvalues++) {
        for (int i = 0; i < n_upvalues; i++)
            lua_pushinteger(L, i);
        lua_pushcclosure(L, check_peek, n_upvalues);
        passed =
            passed && lua_pcall(L, 0, 1, 0) == LUA_OK && lua_toboolean(L, -1);
        lua_settop(L, 0);
    }
    lua_close(L);
    self_test_passed = passed;
    return passed;
}
