/* gathering.h -- a question to all Lua states about their coroutines.
 *
 * Only the thread of a state may look at its coroutines, so each thread is
 * asked to do it when it next waits. A worker that is stuck answers late, or
 * never: nobody waits longer than GATHERING_MAX_NS for an answer to begin, and
 * the gathering lives until the last thread that may still write to it has let
 * go.
 *
 * A kind embeds this struct at the beginning of what it gathers.
 *
 * Path: pprof/capture.c -> serve/worker.c -> [gathering] -> profile_kind_*.c ->
 *       script/observe.c
 */
#ifndef RECORD_GATHERING_H
#define RECORD_GATHERING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lua_State;

#define GATHERING_MAX_NS INT64_C(1000000000)

struct gathering {
    /* Takes what is wanted of one state. [the state's thread, several at the
     * same time] */
    void (*take)(struct gathering *gathering, struct lua_State *L);
    /* Frees all of it, the struct included. [any thread] */
    void (*free)(struct gathering *gathering);
    atomic_int n_users;     /* how many may still use it */
    atomic_int n_waiting;   /* how many have been asked and have not answered */
    atomic_int n_taking;    /* how many are at it */
    atomic_bool has_missed; /* a state was not asked */
};

/* Begins a gathering that its maker holds. */
void gathering_init(struct gathering *gathering,
                    void (*take)(struct gathering *gathering,
                                 struct lua_State *L),
                    void (*free)(struct gathering *gathering));
void gathering_hold(struct gathering *gathering);
void gathering_release(struct gathering *gathering);

/* A thread is asked: the gathering is held for it until it answers. [any
 * thread] */
void gathering_ask(struct gathering *gathering);

/* A state cannot be asked: what is gathered lacks it. [any thread] */
void gathering_miss(struct gathering *gathering);

/* Takes what is wanted of a state. [the state's thread] */
void gathering_take(struct gathering *gathering, struct lua_State *L);

/* The thread that was asked has taken all that it has, and lets go. */
void gathering_answer(struct gathering *gathering);

/* Asks all threads that scripts have spawned. [any thread] */
void gathering_ask_threads(struct gathering *gathering);

/* Returns true if all that were asked have answered. */
bool gathering_is_complete(const struct gathering *gathering);

/* Returns true if all states were asked and have answered. */
bool gathering_is_whole(const struct gathering *gathering);

/* Returns true if a thread takes what is wanted right now. */
bool gathering_is_at_work(const struct gathering *gathering);

#endif
