#include "sample/walk/vm_stack.h"

#include <string.h>

#include "sample/platform/call_info.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/prototype.h"
#include "sample/tables/c_names.h"
#include "sample/tables/prototypes.h"
#include "sample/walk/vm_line.h"

/* The number of frames that a walk keeps, set once, before the first walk: some
 * from the leaf on, and the outermost ones. */
enum { MAX_OUTER = SAMPLE_MAX_LUA / 4 };
static unsigned max_inner = SAMPLE_MAX_LUA - MAX_OUTER, max_outer = MAX_OUTER;

void vm_stack_set_max_depth(unsigned frames)
{
    max_outer = frames / 4;
    max_inner = frames - max_outer;
}

/* A frame of a coroutine. */
struct place {
    lua_State *L;
    const void *ci; /* lua_Debug.i_ci; NULL: there is no such frame */
    int level;      /* as lua_getstack counts */
};

/* Returns the frame at this level. i_ci is the only private field of lua_Debug
 * that is read: an opaque mark that lua_getstack fills in. It is NULL in a
 * coroutine under construction. */
static struct place place_at(lua_State *L, int level)
{
    lua_Debug ar;
    bool found = lua_getstack(L, level, &ar);
    return (struct place){L, found ? (const void *)ar.i_ci : NULL, level};
}

static struct place outer_place(const struct place *place)
{
    if (!call_info_is_readable())
        return place_at(place->L, place->level + 1);
    return (struct place){place->L, call_info_outer(place->L, place->ci),
                          place->level + 1};
}

/* Returns lua_Debug for the frame, as lua_getstack makes it. */
static lua_Debug debug_of(const struct place *place)
{
    lua_Debug ar;
    ar.i_ci = (void *)place->ci;
    return ar;
}

static bool is_c(const lua_Debug *ar) { return ar->what[0] == 'C'; }

/* Returns the record of a prototype of L's state, or NULL. */
static const struct vm_function *find_record(lua_State *L,
                                             const void *prototype)
{
    struct prototypes **table = prototypes_of(L);
    return table ? prototypes_find(*table, prototype) : NULL;
}

struct vm_function vm_stack_function(lua_State *L, const void *prototype,
                                     const lua_Debug *ar)
{
    const struct vm_function *known = find_record(L, prototype);
    return known ? *known : vm_function_without_record(ar);
}

/* A Lua function that has no record, as a handler reads it. */
struct copied_function {
    struct vm_function function; /* its source is the field below, or that of
                                    lua_Debug.short_src */
    lua_Debug ar;
    char source[512];
};

/* A walk that is being made. */
struct walking {
    struct vm_functions *functions;
    struct vm_walk *walk;
    const struct entry *entry; /* the innermost coroutine */
    bool skips_finalizer;      /* begin just outside the finalizer that runs */
    struct vm_frame (*read)(struct walking *w, const struct place *place);
    bool is_finished;
    struct copied_function copy; /* for read_at_rest */
};

/* Reads the frame of a Lua function. Sets *is_c and reads nothing if it is a C
 * function's. */
static struct vm_frame read_lua(struct walking *w, const struct place *place,
                                bool *is_c_frame)
{
    const struct vm_function *known =
        find_record(place->L, prototype_of_frame(place->ci));
    lua_Debug ar = debug_of(place);
    lua_getinfo(place->L, known ? "l" : "Sl", &ar);
    *is_c_frame = !known && is_c(&ar);
    if (*is_c_frame)
        return (struct vm_frame){FUNCTION_UNKNOWN, -1};
    struct vm_function other;
    if (!known) {
        other = vm_function_without_record(&ar);
        known = &other;
    }
    return (struct vm_frame){vm_functions_add(w->functions, known),
                             ar.currentline};
}

/* Reads a frame at a safe point. Pushes one value and pops it: the stack has
 * room for it at a hook, and in a coroutine that waits in lua_resume. */
static struct vm_frame read_at_safe_point(struct walking *w,
                                          const struct place *place)
{
    bool is_c_frame;
    struct vm_frame frame = read_lua(w, place, &is_c_frame);
    if (!is_c_frame)
        return frame;
    lua_State *L = place->L;
    lua_Debug ar = debug_of(place);
    lua_getinfo(L, "f", &ar);
    lua_CFunction c = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    if (!vm_functions_has_c(w->functions, c) && !c_names_has(c))
        c_names_learn(L); /* a script may have required a library meanwhile */
    return (struct vm_frame){vm_functions_add_c(w->functions, c), -1};
}

/* Reads a frame while the state allocates. */
static struct vm_frame read_in_allocator(struct walking *w,
                                         const struct place *place)
{
    bool is_c_frame;
    struct vm_frame frame = read_lua(w, place, &is_c_frame);
    if (!is_c_frame)
        return frame;
    lua_CFunction c =
        call_info_is_readable() ? call_info_c_function(place->ci) : NULL;
    if (!c)
        return (struct vm_frame){FUNCTION_UNKNOWN, -1};
    if (!vm_functions_has_c(w->functions, c) && !c_names_has(c))
        w->walk->has_unnamed = true;
    return (struct vm_frame){vm_functions_add_c(w->functions, c), -1};
}

/* Returns the frame's Lua function, and sets *line. Without a record it is
 * described in *copy: lua_getinfo may have returned an invalid pointer, which
 * faults here. */
static const struct vm_function *
get_function(const struct place *place, struct copied_function *copy, int *line)
{
    const struct vm_function *known =
        find_record(place->L, prototype_of_frame(place->ci));
    copy->ar = debug_of(place);
    lua_getinfo(place->L, known ? "l" : "Sl", &copy->ar);
    *line = copy->ar.currentline;
    if (known)
        return known;
    bool fits = copy->ar.srclen < sizeof copy->source;
    strncpy(copy->source, fits ? copy->ar.source : copy->ar.short_src,
            sizeof copy->source - 1);
    copy->source[sizeof copy->source - 1] = '\0';
    copy->ar.source = copy->source;
    copy->function = vm_function_without_record(&copy->ar);
    return &copy->function;
}

/* Returns true if the frame is a Lua function's and can be read, also in a
 * signal handler: no other frame is being made or left in its place. */
static bool is_whole(const struct place *place)
{
    return call_info_is_lua(place->ci) && vm_line_is_settled(place->ci);
}

/* Reads a frame in a handler, within the fault guard. */
static struct vm_frame read_at_rest(struct walking *w,
                                    const struct place *place)
{
    if (is_whole(place)) {
        int line;
        const struct vm_function *f = get_function(place, &w->copy, &line);
        return (struct vm_frame){vm_functions_add(w->functions, f), line};
    }
    lua_CFunction c =
        call_info_is_lua(place->ci) ? NULL : call_info_c_function(place->ci);
    return (struct vm_frame){
        c ? vm_functions_add_c(w->functions, c) : FUNCTION_UNKNOWN, -1};
}

static void append(struct walking *w, const struct place *place)
{
    struct vm_walk *walk = w->walk;
    walk->frames[walk->n] = w->read(w, place);
    walk->ci[walk->n] = place->ci;
    walk->L[walk->n] = place->L;
    walk->n++;
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

/* The outermost frames of a chain, from the outermost one on. */
struct outermost {
    struct place places[MAX_OUTER];
    unsigned n;
    bool is_all; /* `places` has all frames from the place to stop at on */
};

/* Adds the frames of one coroutine. Returns false if that was enough. */
static bool add_outermost(struct outermost *o, lua_State *L,
                          const struct place *stop)
{
    for (const void *ci = call_info_outermost(L); ci;
         ci = call_info_inner(L, ci)) {
        if (o->n == max_outer)
            return false;
        o->places[o->n++] = (struct place){L, ci, 0};
        if (L == stop->L && ci == stop->ci) {
            o->is_all = true;
            return false;
        }
    }
    return true;
}

/* Finds the outermost frames of the chain from `entry` on, or all of them from
 * the frame `stop` on. */
static void find_outermost(struct outermost *o, const struct entry *entry,
                           const struct place *stop)
{
    enum { MAX_ENTRIES = MAX_OUTER };
    const struct entry *entries[MAX_ENTRIES]; /* the last ones, as a ring */
    unsigned n = 0;
    for (; entry; entry = outer_coroutine(entry))
        entries[n++ % MAX_ENTRIES] = entry;
    unsigned first = n > MAX_ENTRIES ? n - MAX_ENTRIES : 0;
    o->n = 0;
    o->is_all = false;
    for (unsigned i = n; i > first; i--)
        if (!add_outermost(o, entries[(i - 1) % MAX_ENTRIES]->L, stop))
            return;
}

/* Appends the outermost frames of the chain from `entry` on, where `next` is
 * the next frame. A FUNCTION_LEFT_OUT stands for those between. */
static void append_outermost(struct walking *w, const struct entry *entry,
                             const struct place *next)
{
    struct vm_walk *walk = w->walk;
    struct outermost o;
    find_outermost(&o, entry, next);
    if (!o.is_all) {
        walk->truncated = true;
        walk->frames[walk->n] = (struct vm_frame){FUNCTION_LEFT_OUT, -1};
        walk->ci[walk->n] = walk->L[walk->n] = NULL;
        walk->n++;
    }
    while (o.n > 0)
        append(w, &o.places[--o.n]);
}

/* Moves `place`, the innermost frame, to the frame just outside the finalizer
 * that runs; leaves it if the finalizer's own frame is not made yet or is gone
 * already. Returns false if the finalizer's stack is too deep. */
static bool skip_finalizer(struct place *place)
{
    struct place at = *place;
    for (int i = 0; at.ci && i < SAMPLE_MAX_LUA; i++) {
        lua_Debug ar = debug_of(&at);
        lua_getinfo(at.L, "n", &ar);
        bool is_finalizer = ar.name && strcmp(ar.name, "__gc") == 0;
        at = outer_place(&at);
        if (is_finalizer) {
            *place = at;
            return true;
        }
    }
    return at.ci == NULL;
}

/* Reads all that it reads itself, so that the fault guard holds for the first
 * frame too. */
static void walk_chain(void *ctx)
{
    struct walking *w = ctx;
    const struct entry *entry = w->entry;
    while (entry) {
        struct place place = place_at(entry->L, 0);
        if (w->skips_finalizer && entry == w->entry && !skip_finalizer(&place))
            return;
        for (; place.ci; place = outer_place(&place)) {
            if (w->walk->n == max_inner) {
                append_outermost(w, entry, &place);
                w->is_finished = true;
                return;
            }
            append(w, &place);
        }
        entry = outer_coroutine(entry);
    }
    w->is_finished = true;
}

static struct walking begin_walk(struct vm_functions *functions,
                                 const struct entry *entry,
                                 struct vm_walk *walk)
{
    walk->n = 0;
    walk->truncated = walk->has_unnamed = false;
    return (struct walking){
        .functions = functions, .walk = walk, .entry = entry};
}

void vm_stack_read(struct vm_functions *functions, const struct entry *entry,
                   struct vm_walk *walk)
{
    struct walking w = begin_walk(functions, entry, walk);
    w.read = read_at_safe_point;
    walk_chain(&w);
}

void vm_stack_read_in_allocator(struct vm_functions *functions,
                                const struct entry *entry, struct vm_walk *walk)
{
    struct walking w = begin_walk(functions, entry, walk);
    w.read = read_in_allocator;
    walk_chain(&w);
}

bool vm_stack_read_at_rest(struct vm_functions *functions,
                           const struct entry *entry, bool finalizer,
                           struct vm_walk *walk)
{
    if (!call_info_is_readable())
        return false;
    struct walking w = begin_walk(functions, entry, walk);
    w.read = read_at_rest;
    w.skips_finalizer = finalizer;
    return fault_guard_run(walk_chain, &w) && w.is_finished;
}

/* Frames that a handler notes. */
struct noting {
    const struct vm_functions *functions;
    lua_State *L;
    struct place place; /* the frame that is read */
    const struct unwind_cursor *vm;
    struct noted_frame *noted;
    unsigned n;
    struct copied_function copy;
};

/* Reads what can be read of the frame at `place`. */
static void note_frame(struct noting *noting, struct noted_frame *noted)
{
    const struct place *place = &noting->place;
    if (!is_whole(place))
        return;
    const struct vm_function *f =
        get_function(place, &noting->copy, &noted->frame.line);
    noted->frame.function = vm_functions_find(noting->functions, f);
    int line = place->level == 0 && noting->vm
                   ? vm_line_at(place->L, place->ci, noting->vm)
                   : -1;
    noted->is_exact = line > 0;
    if (line > 0)
        noted->frame.line = line;
}

/* A fault leaves what was noted. */
static void note_frames(void *ctx)
{
    struct noting *noting = ctx;
    noting->place = place_at(noting->L, 0);
    while (noting->place.ci && noting->n < SAMPLE_MAX_NOTED) {
        struct noted_frame *noted = &noting->noted[noting->n++];
        *noted = (struct noted_frame){
            noting->place.ci, {FUNCTION_UNKNOWN, -1}, false};
        if (call_info_is_readable())
            note_frame(noting, noted);
        noting->place = outer_place(&noting->place);
    }
}

unsigned vm_stack_note(const struct vm_functions *functions, lua_State *L,
                       const struct unwind_cursor *vm,
                       struct noted_frame *noted)
{
    struct noting noting = {
        .functions = functions, .L = L, .vm = vm, .noted = noted};
    fault_guard_run(note_frames, &noting);
    return noting.n;
}
