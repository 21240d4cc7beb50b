/* gathering.h -- a question to all Lua states about their coroutines.
 *
 * Only the thread of a state may look at its coroutines, so the asker posts the
 * question to each thread, which answers when its task next waits. A worker
 * that is stuck answers late or never. So the asker waits GATHERING_MAX_NS at
 * most for an answer to begin, and the gathering has a count of users: the last
 * user that releases it frees it.
 *
 *   asker          gathering_init; per thread gathering_ask; gathering_release
 *   each thread    gathering_take for each of its states; gathering_answer
 *
 * A kind embeds this struct at the start of the struct that holds its answers.
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
    /* Adds the answer of one state. [the state's thread; several threads call
     * it at the same time] */
    void (*take)(struct gathering *gathering, struct lua_State *L);
    /* Frees the answers and the struct. [any thread] */
    void (*free)(struct gathering *gathering);
    atomic_int n_users;     /* holds that are not released */
    atomic_int n_waiting;   /* threads that were asked and have not answered */
    atomic_int n_taking;    /* threads that are inside `take` now */
    atomic_bool has_missed; /* a state was not asked */
};

/* Initializes a gathering, which the caller holds: it calls gathering_release
 * later. */
void gathering_init(struct gathering *gathering,
                    void (*take)(struct gathering *gathering,
                                 struct lua_State *L),
                    void (*free)(struct gathering *gathering));
void gathering_hold(struct gathering *gathering);
void gathering_release(struct gathering *gathering);

/* Called before a thread is asked. Holds the gathering until gathering_answer.
 * [any thread] */
void gathering_ask(struct gathering *gathering);

/* Notes that a state cannot be asked, so that the answers are incomplete. [any
 * thread] */
void gathering_miss(struct gathering *gathering);

/* Calls `take` for a state. [the state's thread] */
void gathering_take(struct gathering *gathering, struct lua_State *L);

/* Called by the thread that was asked, after gathering_take for all of its
 * states. Releases the hold of gathering_ask. */
void gathering_answer(struct gathering *gathering);

/* Asks all threads that scripts have spawned. [any thread] */
void gathering_ask_threads(struct gathering *gathering);

/* Returns true if all that were asked have answered. */
bool gathering_is_complete(const struct gathering *gathering);

/* Returns true if all states were asked and have answered. */
bool gathering_is_whole(const struct gathering *gathering);

/* Returns true while a thread is inside gathering_take. */
bool gathering_is_at_work(const struct gathering *gathering);

#endif
