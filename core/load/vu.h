/* vu.h -- a virtual user: iterates, one wait at a time.
 *
 * What it does in an iteration is its behaviour: request one URL (vu_url.c,
 * no Lua) or run a function of the script in a coroutine (vu_script.c).
 *
 * Path: scenario.c -> [vu] -> behaviour -> client/ -> behaviour -> [vu] ...
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

struct behaviour {
    /* Before the run. False and err: the run cannot begin. */
    bool (*open)(struct vu *vu, struct err *err);
    void (*close)(struct vu *vu);

    /* Begin an iteration. vu_finish is called at its end, later or at once. */
    void (*begin)(struct vu *vu);

    /* Break the iteration off; vu_finish is not called. */
    void (*interrupt)(struct vu *vu);
};

struct vu {
    struct generator *generator;
    struct scenario_run *run;
    uint32_t number;   /* from 1, of all generators; 0: setup, teardown */
    int64_t iteration; /* from 0, its own */
    int64_t due_ns;    /* when the iteration should have begun; 0: when it
                          did, in a closed model */
    int64_t begun_ns;
    bool busy;      /* within an iteration */
    bool beginning; /* within behaviour->begin */
    bool ready;     /* in the generator's list of those */
    struct vu *next_ready;
    struct vu *next_free; /* of arrival.c */

    struct client client;
    struct cookie_jar jar;
    struct http_expected expected;
    struct chain chain; /* its request, but for those of a batch */
    uv_timer_t timer;   /* of its sleep */

    /* Of vu_script.c. */
    struct lua_State *co;
    int co_ref, exec_ref; /* in the registry */
    uint32_t group;       /* in load->results.checks */
    bool waiting;         /* its yield is one of ours */
};

void vu_init(struct vu *vu, struct scenario_run *run, uint32_t number);

/* Close its connections and its timer; its memory stays until the loop has
 * run to its end; then fini. */
void vu_close(struct vu *vu);
void vu_fini(struct vu *vu);

/* It is free: begin an iteration if the scenario has one for it. */
void vu_advance(struct vu *vu);

/* The same, if it is free; else it asks by itself. */
void vu_wake(struct vu *vu);

/* Begin an iteration: scenario.c has counted it. */
void vu_begin(struct vu *vu);

/* Where the tags of what it records come from. */
struct tags vu_tags(const struct vu *vu);

/* Its transfer is done: count it, with how late its iteration began. */
void vu_count(struct vu *vu, const struct transfer *transfer);

/* A request could not be sent: fail its transfer, and count it. */
void vu_count_failure(struct vu *vu, struct transfer *transfer,
                      enum client_error error);

/* The behaviour's word that the iteration has come to its end. */
void vu_finish(struct vu *vu);

/* Break off its iteration, if it is in one. */
void vu_interrupt(struct vu *vu);

/* The same of one that waits for nothing. */
void vu_break_off(struct vu *vu);

extern const struct behaviour vu_url;
extern const struct behaviour vu_script;

#endif
