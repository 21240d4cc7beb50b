/* safepoint.h -- gives pending samples their Lua stack.
 *
 * The handler arms a hook on the coroutine it interrupted. The hook fires at
 * the next instruction, call or return, while the sampled frame is still
 * there, and completes every pending sample of the thread. lua_resume's and
 * lua_pcall's returns complete what no hook came for.
 *
 * Path: cpu.c (signal) -> [safepoint] -> ring.c
 */
#ifndef SAMPLE_WALK_SAFEPOINT_H
#define SAMPLE_WALK_SAFEPOINT_H

#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sample/walk/entry.h"
#include "sample/walk/thread.h"

/* [signal, allocator] Make the hook fire on L as soon as it can. */
void safepoint_arm(struct sampler_thread *t, lua_State *L);

/* [signal] Complete what is pending if Lua is at rest below a C function, as
 * this native stack (leaf first) tells. */
void safepoint_try_at_rest(struct sampler_thread *t, const uintptr_t *native,
                           unsigned n_native);

/* The hook that a coroutine had before it was armed, to be kept in mind on the
 * thread's behalf: lua_sethook, lua_gethook and lua_newthread of lua_api.c. */
bool safepoint_replace_user_hook(struct sampler_thread *t, lua_State *L,
                                 lua_Hook hook, int mask, int count);
struct armed_hook safepoint_get_user_hook(struct sampler_thread *t,
                                          lua_State *L);
void safepoint_unhook_child(struct sampler_thread *t, lua_State *parent,
                            lua_State *child);

/* A sample of the allocator is near: from now on the interpreter is to note at
 * each instruction where it is, which else it does before some calls only, a
 * new table's not among them. It does so while there is a hook: a coroutine
 * whose hook is free gets one that does nothing. [allocator] */
void safepoint_watch_lines(bool is_wanted);

/* safepoint_leave where something is not over: samples that wait, hooks of
 * ours. */
void safepoint_finish(struct sampler_thread *t, struct entry *entry);

/* entry_begin and entry_end, of which each request has several: inline,
 * and a dozen instructions. `t` may be NULL. */
static inline void safepoint_enter(struct sampler_thread *t,
                                   struct entry *entry, lua_State *L)
{
    entry->L = L;
    entry->outer = t ? t->active : NULL;
    atomic_signal_fence(memory_order_seq_cst);
    if (t)
        t->active = entry;
}

static inline void safepoint_leave(struct sampler_thread *t,
                                   struct entry *entry)
{
    if (!t)
        return;
    unsigned n_pending =
        atomic_load_explicit(&t->n_pending, memory_order_relaxed);
    if (__builtin_expect((n_pending | t->n_armed) != 0, 0))
        safepoint_finish(t, entry);
    else
        t->active = entry->outer;
}

#endif
