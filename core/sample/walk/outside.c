#include "sample/walk/outside.h"

#include <lua.h>
#include <string.h>

#include "base/clock.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/thread_state.h"
#include "sample/tables/c_names.h"
#include "sample/tables/vm_functions.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/sample.h"
#include "sample/walk/thread.h"
#include "sample/walk/native_stack.h"
#include "sample/walk/vm_stack.h"

/* Reads of another thread's memory, which may go away at any moment. */
#define NO_SANITIZE __attribute__((no_sanitize("address", "thread")))

/* Coroutines deeper than this are left out. */
enum { MAX_ENTRIES = 32 };

struct vm_functions *outside_functions;

bool outside_init(void)
{
    outside_functions = vm_functions_new();
    return outside_functions;
}

/* What is read within the fault guard. */
struct reading {
    struct sampler_thread *thread;
    uintptr_t sp;
    struct sample *sample;
    struct entry entries[MAX_ENTRIES]; /* a copy of the thread's chain */
    unsigned n_entries;
    bool is_c; /* the innermost function is a C function */
};

static void read_native(struct sample *s, const struct thread_place *place)
{
    struct native_stack native = {.pcs = s->native, .max = SAMPLE_MAX_NATIVE};
    native_stack_outside(place, &native);
    s->n_native = (uint16_t)native.n;
    s->n_native_inner = (uint16_t)native.n_inner;
    if (native.truncated)
        s->flags |= SAMPLE_NATIVE_TRUNCATED;
}

NO_SANITIZE static void read_context(void *ctx)
{
    struct reading *r = ctx;
    const struct context_request *request = r->thread->request;
    r->sample->request = request ? request->number : 0;
    const struct entry *e = safepoint_settled(r->thread, r->sp);
    for (; e && r->n_entries < MAX_ENTRIES; e = e->outer) {
        r->entries[r->n_entries] = (struct entry){.L = e->L};
        if (r->n_entries > 0)
            r->entries[r->n_entries - 1].outer = &r->entries[r->n_entries];
        r->n_entries++;
    }
}

NO_SANITIZE static void read_leaf(void *ctx)
{
    struct reading *r = ctx;
    lua_Debug ar;
    r->is_c = lua_getstack(r->entries[0].L, 0, &ar) && ar.i_ci &&
              lua_getinfo(r->entries[0].L, "S", &ar) && ar.what[0] == 'C';
}

/* Returns true if Lua's frames do not change while the thread sleeps. If the
 * native stack could not be followed to Lua, a C function as Lua's innermost
 * frame is enough: a thread does not sleep while it enters or leaves one. */
static bool is_at_rest(struct reading *r)
{
    const struct sample *s = r->sample;
    if (safepoint_is_at_rest(s->native, s->n_native))
        return true;
    return (s->flags & SAMPLE_NATIVE_TRUNCATED) &&
           fault_guard_run(read_leaf, r) && r->is_c;
}

/* Lets the thread's next safe point learn the names of C functions that are not
 * known. */
static void note_unnamed(struct sampler_thread *t, const struct vm_walk *walk)
{
    for (unsigned i = 0; i < walk->n; i++) {
        if (walk->frames[i].function >= FUNCTION_FULL)
            continue;
        lua_CFunction c =
            vm_functions_get(outside_functions, walk->frames[i].function)->c;
        if (c && !c_names_has(c))
            t->wants_names = true;
    }
}

static void read_lua(struct reading *r)
{
    static struct vm_walk walk; /* [sampling_lock] */
    struct sample *s = r->sample;
    vm_functions_reserve(outside_functions);
    if (r->n_entries == 0 || !is_at_rest(r) ||
        !vm_stack_read_at_rest(outside_functions, r->entries, false, &walk))
        return;
    memcpy(s->lua, walk.frames, walk.n * sizeof *s->lua);
    note_unnamed(r->thread, &walk);
    s->n_lua = (uint16_t)walk.n;
    s->flags |= SAMPLE_IN_LUA | SAMPLE_LUA_STACK;
    if (walk.truncated)
        s->flags |= SAMPLE_LUA_TRUNCATED;
}

enum outside_result outside_take(struct sampler_thread *t, int64_t cpu_ns,
                                 uint16_t flags, struct sample *s)
{
    struct thread_place place;
    if (t == thread_self || !thread_state_sleeps(t->state, &place))
        return OUTSIDE_RUNS;
    struct reading r = {.thread = t, .sp = place.sp, .sample = s};
    s->weight_ns = 0;
    s->count = 1;
    s->labels = t->labels;
    s->flags = flags;
    s->n_lua = s->n_noted = 0;
    read_native(s, &place);
    if (!fault_guard_run(read_context, &r))
        return OUTSIDE_MOVED;
    read_lua(&r);
    return clock_read_ns(t->clock) == cpu_ns ? OUTSIDE_TAKEN : OUTSIDE_MOVED;
}
