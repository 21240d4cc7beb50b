/* safepoint.h -- gives pending samples their Lua stack.
 *
 * A signal handler must not walk a Lua stack that Lua may be changing. Lua's
 * frames are at rest only while a C function runs that Lua has called, or a
 * finalizer; cpu.c lets the handler walk the stack then in two cases: for a
 * sample in a finalizer, where no hook fires, and for samples that have waited
 * for 1 s of CPU time, until the ring was half full or until a session ended
 * (safepoint_try_at_rest). In all other cases the handler arms a debug hook on
 * the coroutine that it interrupted. The hook fires at the next instruction,
 * call or return, while the sampled frame is still there, walks the stack and
 * completes every pending sample of the thread. A sample that no hook completed
 * is completed when lua_resume or lua_pcall returns (safepoint_leave). A
 * session that ends waits 70 ms for the samples that are still pending; after
 * that the threads publish them without a Lua stack.
 *
 * The user's hook of a coroutine is the one that a script or a C module has
 * set. While a hook of the sampler is on the coroutine, t->armed keeps the
 * user's hook, and the API (lua_gethook, lua_sethook) shows the user's hook
 * only.
 *
 * Path: cpu.c -> [safepoint] -> vm_stack.c -> ring.c
 */
#ifndef SAMPLE_WALK_SAFEPOINT_H
#define SAMPLE_WALK_SAFEPOINT_H

#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sample/walk/entry.h"
#include "sample/walk/thread.h"

/* Makes the hook fire on L as soon as possible. Does nothing if the hooks of
 * THREAD_MAX_ARMED other coroutines are in use; the samples are then completed
 * when lua_resume returns. [signal, or an allocation with the handler kept
 * away] */
void safepoint_arm(struct sampler_thread *t, lua_State *L);

/* Returns true if Lua's frames are at rest, as this native stack (leaf first)
 * shows: the innermost native frame of the core is the function that calls C
 * functions, so a C function runs and has not called Lua again. [signal] */
bool safepoint_is_at_rest(const uintptr_t *native, unsigned n);

/* Completes the pending samples if Lua is at rest below a C function, as this
 * native stack (leaf first) shows. [signal] */
void safepoint_try_at_rest(struct sampler_thread *t, const uintptr_t *native,
                           unsigned n_native);

/* The user's hook of L, for lua_sethook, lua_gethook and lua_newthread of
 * hooks/lua_api.c. Called on the thread of L, with the handler kept away if `t`
 * is not NULL.
 *
 * safepoint_replace_user_hook replaces the user's hook if a hook of the
 * sampler stands in for it. Returns false if none does: the caller then sets
 * L's hook itself.
 *
 * safepoint_get_user_hook returns the user's hook; its field `hook` is NULL
 * if there is none.
 *
 * safepoint_unhook_child gives a new coroutine, which inherits its parent's
 * hook, the user's hook of the parent instead of the sampler's. */
bool safepoint_replace_user_hook(struct sampler_thread *t, lua_State *L,
                                 lua_Hook hook, int mask, int count);
struct armed_hook safepoint_get_user_hook(struct sampler_thread *t,
                                          lua_State *L);
void safepoint_unhook_child(struct sampler_thread *t, lua_State *parent,
                            lua_State *child);

/* Called by safepoint_leave if samples are pending or a hook of the sampler is
 * set: completes the samples, removes the hooks and ends the entry, with those
 * inside it. */
void safepoint_finish(struct sampler_thread *t, struct entry *entry);

/* Called in a forked child, whose thread is not watched any more: gives the
 * users' hooks back to their coroutines. */
void safepoint_forget_thread(void);

/* Drops the entries of the thread that a jump has left (entry.h). `sp` is a
 * stack pointer of the code that runs, or that the handler has interrupted.
 * Called before `active` is used. [signal, any call on the thread, while it is
 * not busy] */
void safepoint_settle(struct sampler_thread *t, uintptr_t sp);

/* Returns the innermost entry that a jump has not left, or NULL. `sp` as above.
 * [signal; another thread, while this one sleeps, under fault_guard_run] */
struct entry *safepoint_settled(const struct sampler_thread *t, uintptr_t sp);

/* Drops what the calling thread's record has of a coroutine that Lua frees. */
void safepoint_forget_coroutine(const lua_State *L);

/* Does the work of safepoint_enter where the chain has entries already. */
void safepoint_enter_inside(struct sampler_thread *t, struct entry_place *place,
                            lua_State *L);

/* These two functions do what entry_begin and entry_end do (entry.h), for a
 * caller that knows the thread's record `t`, which may be NULL. Each request
 * calls them several times, so they are inline and take a dozen instructions
 * where no entry is outside. */
static inline void safepoint_enter(struct sampler_thread *t,
                                   struct entry_place *place, lua_State *L)
{
    if (t && t->active) {
        safepoint_enter_inside(t, place, L);
        return;
    }
    place->depth = t != NULL;
    if (!t)
        return;
    t->entries[0] = (struct entry){.L = L, .place = (uintptr_t)place};
    /* The handler must not see the entry before its fields are set. */
    atomic_signal_fence(memory_order_seq_cst);
    t->active = t->entries;
}

static inline void safepoint_leave(struct sampler_thread *t,
                                   const struct entry_place *place)
{
    if (!t || place->depth == 0)
        return;
    struct entry *entry = &t->entries[place->depth - 1];
    if (t->active < entry || entry->place != (uintptr_t)place)
        return; /* dropped */
    unsigned n_pending =
        atomic_load_explicit(&t->n_pending, memory_order_relaxed);
    if (__builtin_expect((n_pending | t->n_armed) != 0, 0))
        safepoint_finish(t, entry);
    else
        t->active = entry->outer;
}

#endif
