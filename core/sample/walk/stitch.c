#include "sample/walk/stitch.h"

#include <stdbool.h>

#include "sample/platform/code_map.h"
#include "sample/tables/frames.h"
#include "sample/tables/vm_functions.h"
#include "sample/platform/symbolize.h"

struct stitching {
    const struct sample *sample;
    const struct vm_functions *functions;
    uint32_t *out;
    unsigned n;
};

/* Returns an address inside frame i's instruction: a return address is that of
 * the next instruction. */
static uintptr_t pc_of(const struct sample *s, unsigned i)
{
    return s->native[i] - (i > 0);
}

static enum code_kind kind_of_frame(const struct sample *s, unsigned i)
{
    return code_map_kind(pc_of(s, i));
}

static void put_id(struct stitching *st, uint32_t frame)
{
    if (frame != FRAME_FULL)
        st->out[st->n++] = frame;
}

/* Returns true if frames are missing behind frame i. */
static bool is_gap(const struct sample *s, unsigned i)
{
    return (s->flags & SAMPLE_NATIVE_TRUNCATED) && i + 1 == s->n_native_inner;
}

static void put_native(struct stitching *st, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        put_id(st, frames_native(pc_of(st->sample, i)));
        if (is_gap(st->sample, i))
            put_id(st, frames_note("(truncated)"));
    }
}

/* Returns the position, from `first` on, of the native frame of a C function
 * that Lua called, which is the one that the core's CODE_C_CALL code called.
 * Returns n_native if there is none. */
static unsigned next_c_function(const struct sample *s, unsigned first)
{
    for (unsigned i = first; i + 1 < s->n_native; i++)
        if (kind_of_frame(s, i) == CODE_OTHER && !is_gap(s, i) &&
            kind_of_frame(s, i + 1) == CODE_C_CALL)
            return i;
    return s->n_native;
}

/* Returns the position, from `first` on, of a frame of this kind, or n_native
 * if there is none. */
static unsigned next_kind(const struct sample *s, unsigned first,
                          enum code_kind kind)
{
    unsigned i = first;
    while (i < s->n_native && kind_of_frame(s, i) != kind)
        i++;
    return i;
}

/* Returns true if no frame of Lua's core is among the native frames, although
 * Lua called them: a C function runs code on a stack of its own. */
static bool is_apart(const struct sample *s)
{
    unsigned i = 0;
    while (i < s->n_native && kind_of_frame(s, i) == CODE_OTHER)
        i++;
    return i == s->n_native;
}

static void put_vm(struct stitching *st, const struct vm_frame *frame)
{
    if (frame->function == FUNCTION_FULL) {
        put_id(st, frames_note("(too many functions)"));
        return;
    }
    if (frame->function == FUNCTION_LEFT_OUT) {
        put_id(st, frames_note("(truncated)"));
        return;
    }
    if (frame->function == FUNCTION_UNKNOWN) {
        put_id(st, frames_note("(tail call)"));
        return;
    }
    const struct vm_function *f =
        vm_functions_get(st->functions, frame->function);
    put_id(st, f->c ? frames_c(f->c, 0) : frames_lua(f, frame->line));
}

static bool is_c_frame(const struct stitching *st, const struct vm_frame *frame)
{
    return frame->function < FUNCTION_FULL &&
           vm_functions_get(st->functions, frame->function)->c;
}

/* Puts the C function `c` that Lua called, or NULL if its Lua frame was gone at
 * the safe point. `pc` is the native frame of the function, which tells which
 * function it is, and at which instruction. */
static void put_c_function(struct stitching *st, lua_CFunction c, uintptr_t pc)
{
    uintptr_t start = c ? (uintptr_t)c : symbolize_function_start(pc);
    intptr_t offset = (intptr_t)(pc - start);
    bool fits = offset == (int32_t)offset;
    put_id(st, frames_c((lua_CFunction)start, fits ? (int32_t)offset : 0));
}

/* Puts the native frames that were called by the innermost Lua or C function,
 * and that function itself if it is a C function. Returns the number of Lua
 * frames that it put: 0 or 1. */
static unsigned put_leaf(struct stitching *st, unsigned first)
{
    const struct sample *s = st->sample;
    bool is_allocation = s->flags & SAMPLE_ALLOCATION;
    unsigned vm = next_kind(s, first, CODE_VM);
    unsigned c = next_c_function(s, first);
    if (is_apart(s)) {
        put_native(st, first, s->n_native);
        return 0;
    }
    if (c >= vm) { /* the interpreter itself runs, no C function */
        if (vm < s->n_native && !is_allocation)
            put_native(st, first, vm);
        return 0;
    }
    if (!is_allocation)
        put_native(st, first, c);
    bool has_frame = s->n_lua > 0 && is_c_frame(st, &s->lua[0]);
    const struct vm_function *f =
        has_frame ? vm_functions_get(st->functions, s->lua[0].function) : NULL;
    put_c_function(st, f ? f->c : NULL, pc_of(s, c));
    return has_frame;
}

/* Puts the native frames that called into Lua first. */
static void put_root(struct stitching *st)
{
    const struct sample *s = st->sample;
    unsigned i = s->n_native;
    if (is_apart(s)) { /* put_leaf has put all of them */
        if (!(s->flags & SAMPLE_NATIVE_TRUNCATED))
            put_id(st, frames_note("(truncated)"));
        return;
    }
    while (i > 0 && kind_of_frame(s, i - 1) == CODE_OTHER && !is_gap(s, i - 1))
        i--;
    if (i > 0 && is_gap(s, i - 1))
        put_id(st, frames_note("(truncated)"));
    put_native(st, i, s->n_native);
}

unsigned stitch(const struct sample *sample,
                const struct vm_functions *functions, uint32_t *out)
{
    struct stitching st = {sample, functions, out, 0};
    if (!(sample->flags & SAMPLE_LUA_STACK)) {
        unsigned first = 0;
        if (sample->flags & SAMPLE_ALLOCATION)
            while (first < sample->n_native && kind_of_frame(sample, first))
                first++;
        put_native(&st, first, sample->n_native);
        return st.n;
    }
    unsigned first = 0;
    if (sample->flags & SAMPLE_FINALIZER) {
        put_id(&st, frames_note("(finalizer)"));
        first = next_kind(sample, 0, CODE_COLLECTOR);
    }
    for (unsigned i = put_leaf(&st, first); i < sample->n_lua; i++)
        put_vm(&st, &sample->lua[i]);
    put_root(&st);
    return st.n;
}
