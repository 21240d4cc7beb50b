/* safepoint.c -- the hooks, and the completion of samples.
 *
 * The hook asks for three events, because the interpreter rereads its hook flag
 * only at jumps, calls and slow paths: COUNT fires at the next instruction
 * after that; CALL and RET fire when a C function or a tiny Lua function is
 * entered or left, while its frame is still on the stack. With COUNT alone, the
 * time of C functions would go to their callers.
 *
 * A coroutine may have one of two hooks of the sampler:
 *
 *   safepoint_hook   waits for a safe point        in t->armed, waits == true
 *   remainder_hook   stands in for a user's count hook until that is due
 *                                                  in t->armed, waits == false
 */
#include "sample/walk/safepoint.h"

#include "base/random.h"
#include "sample/platform/call_info.h"
#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/hook_fields.h"
#include "sample/platform/lua_archive.h"
#include "sample/tables/c_names.h"
#include "sample/walk/vm_stack.h"
#include "sample/walk/ring.h"
#include "sample/walk/thread.h"

/* Returns the bit of a hook mask that asks for this event. */
static int event_mask(int event)
{
    return event == LUA_HOOKTAILCALL ? LUA_MASKCALL : 1 << event;
}

/* Returns L's entry in t->armed, or NULL. */
static struct armed_hook *find_armed(struct sampler_thread *t,
                                     const lua_State *L)
{
    for (unsigned i = 0; i < t->n_armed; i++)
        if (t->armed[i].L == L)
            return &t->armed[i];
    return NULL;
}

static void safepoint_hook(lua_State *L, lua_Debug *ar);
static void remainder_hook(lua_State *L, lua_Debug *ar);

static bool is_sampler_hook(lua_Hook hook)
{
    return hook == safepoint_hook || hook == remainder_hook;
}

/* Returns the user's hook of an L that is not in t->armed. */
static struct armed_hook user_hook_of(lua_State *L)
{
    lua_Hook hook = archive_lua_gethook(L);
    if (is_sampler_hook(hook))
        return (struct armed_hook){.L = L};
    return (struct armed_hook){L, hook, archive_lua_gethookmask(L),
                               archive_lua_gethookcount(L), false};
}

void safepoint_arm(struct sampler_thread *t, lua_State *L)
{
    struct armed_hook *armed = find_armed(t, L);
    if (armed && armed->waits)
        return;
    if (!armed) {
        if (t->n_armed == THREAD_MAX_ARMED)
            return;
        armed = &t->armed[t->n_armed++];
        *armed = user_hook_of(L);
    }
    armed->waits = true;
    hook_fields_arm(L, safepoint_hook,
                    LUA_MASKCOUNT | LUA_MASKCALL | LUA_MASKRET | armed->mask,
                    1);
}

/* Gives the user's hook back to its coroutine and removes the entry. */
static void restore_hook(struct sampler_thread *t, struct armed_hook *armed)
{
    archive_lua_sethook(armed->L, armed->hook, armed->mask, armed->count);
    *armed = t->armed[--t->n_armed];
}

/* Ends the wait for a safe point on L. Returns the user's hook, which L has
 * again.
 *
 * Lua has lost how far the user's count hook had counted. If the count began
 * anew at each sample, a count that is longer than the distance between samples
 * would never end. A sample comes at each point of a count with the same
 * probability, so remainder_hook waits for a remainder drawn evenly from the
 * count: on average the user's hook runs as often as the user asked. */
static struct armed_hook disarm_hook(struct sampler_thread *t, lua_State *L)
{
    struct armed_hook *armed = find_armed(t, L);
    if (!armed) {
        archive_lua_sethook(L, NULL, 0, 0);
        return (struct armed_hook){.L = L};
    }
    struct armed_hook user = *armed;
    if ((user.mask & LUA_MASKCOUNT) && user.count > 1) {
        armed->waits = false;
        int remainder = 1 + (int)random_below(&t->random, user.count);
        archive_lua_sethook(L, remainder_hook, user.mask, remainder);
    } else {
        restore_hook(t, armed);
    }
    return user;
}

/* Stands in for a user's count hook until the remainder is counted. Passes
 * each event on to it. */
static void remainder_hook(lua_State *L, lua_Debug *ar)
{
    struct sampler_thread *t = thread_self;
    struct armed_hook user = {0};
    if (t) {
        thread_block(t);
        struct armed_hook *armed = find_armed(t, L);
        if (armed)
            user = *armed;
        if (armed && ar->event == LUA_HOOKCOUNT)
            restore_hook(t, armed);
        thread_unblock(t);
    }
    if (user.hook)
        user.hook(L, ar);
    else
        archive_lua_sethook(L, NULL, 0, 0);
}

bool safepoint_replace_user_hook(struct sampler_thread *t, lua_State *L,
                                 lua_Hook hook, int mask, int count)
{
    struct armed_hook *armed = find_armed(t, L);
    if (!armed)
        return false;
    bool off = !hook || !mask;
    armed->hook = off ? NULL : hook;
    armed->mask = off ? 0 : mask;
    armed->count = count;
    if (!armed->waits)
        restore_hook(t, armed);
    return true;
}

struct armed_hook safepoint_get_user_hook(struct sampler_thread *t,
                                          lua_State *L)
{
    const struct armed_hook *armed = t ? find_armed(t, L) : NULL;
    return armed ? *armed : user_hook_of(L);
}

void safepoint_unhook_child(struct sampler_thread *t, lua_State *parent,
                            lua_State *child)
{
    if (!is_sampler_hook(archive_lua_gethook(child)))
        return;
    const struct armed_hook *armed = t ? find_armed(t, parent) : NULL;
    if (armed)
        archive_lua_sethook(child, armed->hook, armed->mask, armed->count);
    else
        archive_lua_sethook(child, NULL, 0, 0);
}

/* Returns the position of frame `ci` of L in the walk, or walk->n. */
static unsigned find_frame(const struct vm_walk *walk, const lua_State *L,
                           const void *ci)
{
    unsigned i = 0;
    while (i < walk->n && !(walk->ci[i] == ci && walk->L[i] == L))
        i++;
    return i;
}

/* Returns the position of the first frame that is not L's. A sample that was
 * taken while L had no frame goes there. */
static unsigned first_outside(const struct vm_walk *walk, const lua_State *L)
{
    unsigned i = 0;
    while (i < walk->n && walk->L[i] == L)
        i++;
    return i;
}

/* Appends a frame to the sample's Lua stack, if there is room. */
static void put_frame(struct sample *s, struct vm_frame frame)
{
    if (s->n_lua < SAMPLE_LUA_SLOTS)
        s->lua[s->n_lua++] = frame;
}

/* Appends the walk from frame `first` on, which ends the sample's stack. */
static void put_walk(struct sampler_thread *t, struct sample *s,
                     const struct vm_walk *walk, unsigned first)
{
    for (unsigned i = first; i < walk->n; i++)
        put_frame(s, walk->frames[i]);
    if (walk->truncated) {
        s->flags |= SAMPLE_LUA_TRUNCATED;
        thread_count_sample(t, s, COUNT_LUA_TRUNCATED);
    }
    s->flags |= SAMPLE_LUA_STACK;
}

/* Completes a sample whose frame was replaced by a tail call. The frame that
 * the handler noted stands in for it. */
static void put_tail_called(struct sampler_thread *t, struct sample *s,
                            const struct vm_walk *walk, unsigned at)
{
    put_frame(s, s->noted[0].frame);
    s->flags |= SAMPLE_TAIL_CALLED;
    thread_count_sample(t, s, COUNT_TAIL_CALLED);
    put_walk(t, s, walk, at + 1);
}

/* Completes a sample whose frame is gone: it was returning when the signal
 * came, or an error or a yield ended it. Keeps the noted frames down to the
 * first one that is still in the walk. If none is, `surviving` is the innermost
 * frame of the walk that can have called the sampled code. */
static void put_skidded(struct sampler_thread *t, struct sample *s,
                        const struct vm_walk *walk, unsigned surviving)
{
    int line = -1; /* that the surviving frame had at the sample */
    for (unsigned i = 0; i < s->n_noted; i++) {
        const struct noted_frame *noted = &s->noted[i];
        unsigned at = find_frame(walk, s->L, noted->ci);
        if (at < walk->n) {
            surviving = at;
            /* The frame has run on since the sample. */
            line = noted->frame.line;
            break;
        }
        if (noted->frame.function != FUNCTION_UNKNOWN)
            put_frame(s, noted->frame);
    }
    unsigned n = s->n_lua;
    s->flags |= SAMPLE_SKIDDED;
    thread_count_sample(t, s, COUNT_SKIDDED);
    put_walk(t, s, walk, surviving);
    if (line > 0 && n < s->n_lua)
        s->lua[n].line = line;
}

/* Completes a sample whose frame is at position `at` of the walk. The function
 * has run on since the sample, so the leaf's line is the noted one if that is
 * exact. */
static void put_found(struct sampler_thread *t, struct sample *s,
                      const struct vm_walk *walk, unsigned at)
{
    put_walk(t, s, walk, at);
    if (s->noted[0].is_exact)
        s->lua[0].line = s->noted[0].frame.line;
}

/* Completes one sample from a walk made at hook event `ar`; NULL: no event. */
static void complete_sample(struct sampler_thread *t, struct sample *s,
                            const struct vm_walk *walk, const lua_Debug *ar)
{
    /* At a call event the entered function's frame is on top of the walk. */
    bool entered =
        ar && (ar->event == LUA_HOOKCALL || ar->event == LUA_HOOKTAILCALL);
    if (s->flags & SAMPLE_FINALIZER) {
        put_skidded(t, s, walk, 0);
        return;
    }
    if (s->n_noted == 0) {
        put_walk(t, s, walk, first_outside(walk, s->L));
        return;
    }
    const void *ci = s->noted[0].ci;
    unsigned at = find_frame(walk, s->L, ci);
    if (at == walk->n)
        put_skidded(t, s, walk, entered && walk->n > 0 ? 1 : 0);
    else if (ar && ar->event == LUA_HOOKTAILCALL && at == 0)
        put_tail_called(t, s, walk, at);
    else
        put_found(t, s, walk, at);
}

/* Completes all pending samples from one walk and publishes them. */
static void complete_pending(struct sampler_thread *t,
                             const struct vm_walk *walk, const lua_Debug *ar)
{
    uint32_t n = ring_n_pending(t->ring);
    for (uint32_t i = 0; i < n; i++) {
        struct sample *s = ring_pending(t->ring, i);
        if ((s->flags & SAMPLE_IN_LUA) && !(s->flags & SAMPLE_LUA_STACK))
            complete_sample(t, s, walk, ar);
    }
    ring_publish(t->ring);
    atomic_store_explicit(&t->n_pending, 0, memory_order_relaxed);
}

/* [hook] */
static void complete_at_safe_point(struct sampler_thread *t,
                                   const struct entry *entry,
                                   const lua_Debug *ar)
{
    vm_functions_reserve(t->functions);
    vm_stack_read(t->functions, entry, &t->walk);
    complete_pending(t, &t->walk, ar);
}

static void safepoint_hook(lua_State *L, lua_Debug *ar)
{
    struct sampler_thread *t = thread_self;
    if (!t) {
        archive_lua_sethook(L, NULL, 0, 0);
        return;
    }
    thread_block(t);
    safepoint_settle(t, (uintptr_t)__builtin_frame_address(0));
    struct armed_hook user = disarm_hook(t, L);
    if (ring_n_pending(t->ring) > 0) {
        /* C code may have called a function on a coroutine that it has not
         * resumed: L is then not in the chain of entries. */
        struct entry here = {.L = L, .outer = t->active};
        bool known = t->active && t->active->L == L;
        complete_at_safe_point(t, known ? t->active : &here, ar);
    }
    if (t->wants_names) {
        t->wants_names = false;
        c_names_learn(L);
    }
    thread_unblock(t);
    bool wanted = user.hook && (user.mask & event_mask(ar->event)) &&
                  (ar->event != LUA_HOOKCOUNT || user.count == 1);
    if (wanted)
        user.hook(L, ar);
}

bool safepoint_is_at_rest(const uintptr_t *native, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        enum code_kind kind = code_map_kind(native[i] - (i > 0));
        if (kind != CODE_OTHER)
            return kind == CODE_C_CALL && i > 0;
    }
    return false;
}

void safepoint_try_at_rest(struct sampler_thread *t, const uintptr_t *native,
                           unsigned n_native)
{
    if (t->active && safepoint_is_at_rest(native, n_native) &&
        vm_stack_read_at_rest(t->functions, t->active, false, &t->walk))
        complete_pending(t, &t->walk, NULL);
}

void safepoint_forget_thread(void)
{
    struct sampler_thread *t = thread_self;
    if (!t)
        return;
    thread_self = NULL;
    while (t->n_armed > 0)
        restore_hook(t, &t->armed[0]);
    /* Calls of lua_resume that began before the fork end with `t`. */
    atomic_store(&t->n_pending, 0);
}

/* Returns true if the stack pointer shows that a jump has left the entry. Code
 * on the thread's own stack has left all entries of stacks that a C module has
 * made. Between two such stacks, only entries close by are surely of the same
 * stack. */
static bool is_off_stack(const struct sampler_thread *t,
                         const struct entry *entry, uintptr_t sp)
{
    enum { SMALL_STACK_BYTES = 256 << 10 };
    bool on_own = sp - t->stack_low < t->stack_bytes;
    if (entry->place - t->stack_low < t->stack_bytes)
        return on_own && entry->place < sp;
    return on_own ||
           (entry->place < sp && sp - entry->place < SMALL_STACK_BYTES);
}

/* Ends the entries inside `entry`. Their coroutines may be freed already, so
 * the hooks of these are forgotten and not restored. [busy] */
static void drop_entries(struct sampler_thread *t, struct entry *entry)
{
    struct entry *dropped = t->active;
    t->active = entry;
    for (; dropped != entry; dropped = dropped->outer) {
        const struct entry *e = entry;
        while (e && e->L != dropped->L)
            e = e->outer;
        struct armed_hook *armed = e ? NULL : find_armed(t, dropped->L);
        if (armed)
            *armed = t->armed[--t->n_armed];
    }
}

/* Returns true if L is still inside the call, as far as its innermost frames
 * tell. [under fault_guard_run] */
static bool is_in_call(lua_State *L, const struct entry_call *call)
{
    enum { MAX_LEVELS = 16 };
    lua_Debug ar;
    if (!call->ci)
        return true;
    const void *ci = lua_getstack(L, 0, &ar) ? (const void *)ar.i_ci : NULL;
    for (int i = 0; ci && i < MAX_LEVELS; i++) {
        if (ci == call->ci)
            return call_info_c_function(ci) == call->function;
        ci = call_info_outer(L, ci);
    }
    return ci;
}

/* Goes from the outermost entry inwards, because the state of an entry may be
 * read only if the entry was not left. */
struct entry *safepoint_settled(const struct sampler_thread *t, uintptr_t sp)
{
    struct entry *active = t->active;
    /* The entries lie side by side. The caller reads them only. */
    struct entry *e = active ? (struct entry *)t->entries : NULL;
    for (; e; e++) {
        if (is_off_stack(t, e, sp) ||
            (e->outer && !is_in_call(e->outer->L, &e->call)))
            return e->outer;
        if (e == active)
            return e;
    }
    return NULL;
}

struct settling {
    struct sampler_thread *t;
    uintptr_t sp;
    struct entry *entry; /* the result */
};

static void settle(void *ctx)
{
    struct settling *s = ctx;
    s->entry = safepoint_settled(s->t, s->sp);
}

void safepoint_settle(struct sampler_thread *t, uintptr_t sp)
{
    struct settling s = {t, sp, t->active};
    if (!t->active)
        return;
    if (!fault_guard_run(settle, &s))
        s.entry = NULL; /* a state of the chain is gone: none can be trusted */
    if (s.entry == t->active)
        return;
    thread_block(t);
    drop_entries(t, s.entry);
    thread_unblock(t);
}

/* Returns the innermost call of L. */
static struct entry_call call_of(lua_State *L)
{
    lua_Debug ar;
    if (call_info_is_readable() && lua_getstack(L, 0, &ar))
        return (struct entry_call){ar.i_ci, call_info_c_function(ar.i_ci)};
    return (struct entry_call){0};
}

void safepoint_enter_inside(struct sampler_thread *t, struct entry_place *place,
                            lua_State *L)
{
    enum { NEAR_BYTES = 64 << 10 };
    struct entry *outer = t->active;
    /* A place close below that of the outer entry is surely on its stack. The
     * same place is free again. */
    bool is_inside =
        outer->place - (uintptr_t)place - 1 < NEAR_BYTES &&
        (!outer->outer || is_in_call(outer->outer->L, &outer->call));
    if (!is_inside)
        safepoint_settle(t, (uintptr_t)place + 1);
    outer = t->active;
    struct entry *entry = outer ? outer + 1 : t->entries;
    place->depth = 0;
    if (entry == t->entries + ENTRY_MAX)
        return;
    entry->L = L;
    entry->outer = outer;
    entry->place = (uintptr_t)place;
    entry->call = outer ? call_of(outer->L) : (struct entry_call){0};
    place->depth = (unsigned)(entry - t->entries) + 1;
    /* The handler must not see the entry before its fields are set. */
    atomic_signal_fence(memory_order_seq_cst);
    t->active = entry;
}

void safepoint_forget_coroutine(const lua_State *L)
{
    struct sampler_thread *t = thread_self;
    if (!t)
        return;
    thread_block(t);
    for (struct entry *e = t->active; e; e = e->outer)
        if (e->L == L)
            drop_entries(t, e->outer);
    struct armed_hook *armed = find_armed(t, L);
    if (armed)
        *armed = t->armed[--t->n_armed];
    thread_unblock(t);
}

void safepoint_finish(struct sampler_thread *t, struct entry *entry)
{
    thread_block(t);
    drop_entries(t, entry);
    struct armed_hook *armed = find_armed(t, entry->L);
    if (armed)
        restore_hook(t, armed);
    if (ring_n_pending(t->ring) > 0)
        complete_at_safe_point(t, entry, NULL);
    thread_unblock(t);
    t->active = entry->outer;
}
