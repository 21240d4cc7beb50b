/* vu.h -- a virtual user: iterates, one wait at a time.
 *
 * The behaviour says what an iteration does: request one URL (vu_url.c, without
 * Lua), or run a function of the script in a coroutine (vu_script.c).
 *
 *   resting -- vu_advance: the executor agrees --> busy (behaviour->begin)
 *    ^  ^                                            |  |
 *    |  |  the executor declines                     |  | vu_finish
 *    |  +------------------- vu_advance <------------|--+
 *    +-------------------- vu_interrupt, vu_break_off
 *
 * An iteration that never waits ends within behaviour->begin. Then the virtual
 * user advances in the loop's next round, so that it does not keep the loop
 * from the others.
 *
 * Called on the generator's thread, except vu_init, vu_close and vu_fini (main
 * thread).
 *
 * Path: scenario.c -> [vu] -> vu_url.c or vu_script.c ->
 *       client/client.c -> [vu]
 */
#ifndef LOAD_VU_H
#define LOAD_VU_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "client/chain.h"
#include "client/client.h"
#include "client/cookie_jar.h"
#include "measure/tags.h"
#include "modules/module_http.h"

struct generator;
struct lua_State;
struct scenario_run;
struct vu;

/* The behaviour that all virtual users of a test share. */
struct behaviour {
    /* Prepares the virtual user, before the run. Returns false and sets err if
     * the run cannot begin. [main thread] */
    bool (*open)(struct vu *vu, struct err *err);
    /* Frees what `open` made. [main thread] */
    void (*close)(struct vu *vu);

    /* Begins an iteration. The behaviour calls vu_finish when the iteration
     * ends, later or within the call. */
    void (*begin)(struct vu *vu);

    /* Breaks the iteration off. vu_finish is not called. */
    void (*interrupt)(struct vu *vu);
};

struct vu {
    struct generator *generator;
    struct scenario_run *run;
    uint32_t number;   /* from 1, unique among all generators; 0: setup,
                          teardown */
    int64_t iteration; /* number of the virtual user's iteration, from 0 */
    int64_t due_ns;    /* when the iteration was due, in the open model; 0 in a
                          closed model */
    int64_t begun_ns;
    bool busy;      /* within an iteration */
    bool beginning; /* within behaviour->begin */
    bool ready;     /* in the generator's list of those that advance in the next
                       round */
    struct vu *next_ready;
    struct vu *next_free; /* the stack of free virtual users of arrival.c */

    struct client client;
    struct cookie_jar jar;
    struct http_expected expected;
    struct chain chain; /* its request; the requests of a batch have others */
    uv_timer_t timer;   /* of sleep */

    /* Used by vu_script.c. */
    struct lua_State *co;
    int co_ref, exec_ref; /* registry references of the coroutine and the
                             script's function */
    uint32_t group; /* current group, an id of the generator's results.checks */
    bool waiting;   /* the coroutine's yield is a wait of a module, not of the
                       script */
};

/* Makes the virtual user with this number. The behaviour opens it later. */
void vu_init(struct vu *vu, struct scenario_run *run, uint32_t number);

/* Closes its connections and its timer. The caller runs the loop to its end,
 * then calls vu_fini. */
void vu_close(struct vu *vu);
void vu_fini(struct vu *vu);

/* Begins an iteration if the scenario has one for the virtual user, which is
 * free. Otherwise the virtual user rests. */
void vu_advance(struct vu *vu);

/* Calls vu_advance if the virtual user rests. One that is busy advances by
 * itself. */
void vu_wake(struct vu *vu);

/* Begins an iteration that scenario.c has counted. */
void vu_begin(struct vu *vu);

/* Returns the tags of the samples that the virtual user records now. */
struct tags vu_tags(const struct vu *vu);

/* Counts the finished transfer, with the delay of its iteration. */
void vu_count(struct vu *vu, const struct transfer *transfer);

/* Fails the transfer of a request that could not be sent, and counts it. */
void vu_count_failure(struct vu *vu, struct transfer *transfer,
                      enum client_error error);

/* Ends the iteration and advances the virtual user. Called by the behaviour. */
void vu_finish(struct vu *vu);

/* Breaks off the iteration if the virtual user is busy: aborts its transfers,
 * stops its timer and calls vu_break_off. */
void vu_interrupt(struct vu *vu);

/* Breaks off the iteration of a virtual user that waits for nothing. */
void vu_break_off(struct vu *vu);

/* The two behaviours. */
extern const struct behaviour vu_url;
extern const struct behaviour vu_script;

#endif
