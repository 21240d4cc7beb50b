/* app.h -- one generation of a worker's scripts: a Lua state with its routes
 * and its scheduler, and the requests that the state is answering.
 *
 * A reload makes a new app beside the old one. Loading and freeing run scripts
 * and may take long, so at a reload both happen on a thread of libuv's pool.
 * (At the start of the server the admin thread loads, at its end the worker
 * frees.) In between the app belongs to its worker's thread. The order of calls
 * is app_load, app_start, requests, app_stop_timers, app_stop, app_free.
 *
 *     app -- lua_State: the scripts, their `req`s and coroutines
 *         |- routes: which handler answers which request
 *         |- scheduler: the coroutines that wait
 *         |- exchanges: the requests under way
 *         '- outbound: the requests that handlers send
 *
 * Path: reloader.c -> worker.c -> [app] -> routes.c, exchange.c
 */
#ifndef HANDLER_APP_H
#define HANDLER_APP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"

struct app;
struct mailbox;
struct network;
struct traffic;
struct request;
struct route_traffic;
struct vm_heap;

struct app_options {
    const char *dir; /* the folder of routes.lua */
    int worker;      /* the worker's number, from 1 */
    bool dev;        /* clients get tracebacks */
};

/* Loads DIR/routes.lua into a new state. Returns NULL and sets err, with file
 * and line if they are known, if that fails. [any thread] */
struct app *app_load(const struct app_options *options, struct err *err);

/* Frees an app that was not started, or that was stopped. [any thread] */
void app_free(struct app *app);

/* Returns the memory counters of the state, which live as long as the app.
 * [any thread] */
const struct vm_heap *app_heap(const struct app *app);

/* The parts of its worker that an app uses. */
struct app_env {
    uv_loop_t *loop;
    struct mailbox *mailbox; /* of the loop */
    struct network *network; /* for requests that handlers send */
    struct traffic *traffic; /* counts the requests */
    bool logs_access;        /* access_log.h */
    bool trusts_baggage;     /* baggage.h */
};

/* Makes the app ready to answer requests on the calling thread. `env` is
 * copied. Returns false and sets err if out of memory. This function and all
 * below are called on the worker's thread. */
bool app_start(struct app *app, const struct app_env *env, struct err *err);

/* Answers the request, at once or later. */
void app_answer(struct app *app, struct request *request);

/* Frees what belongs to a request of app_answer that is over, answered or not.
 * Returns the counters of its route, or NULL if it has no route. */
struct route_traffic *app_end(struct request *request, const char *worker);

/* Cancels the timers of scripts, because the app gets no more requests. */
void app_stop_timers(struct app *app);

/* Returns true if no request is under way and no coroutine that scripts have
 * spawned is left. Called after app_stop_timers. */
bool app_is_idle(const struct app *app);

/* Returns the app's Lua state. */
struct lua_State *app_state(const struct app *app);

/* Collects all garbage of the state. */
void app_collect(struct app *app);

/* Answers the requests that are under way with 503 and ends all coroutines. The
 * loop must run once more afterwards, before or after app_free. */
void app_stop(struct app *app);

#endif
